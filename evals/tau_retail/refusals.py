"""What the foreign shop will not do. `adapter.py` alone knows how τ words it."""

from dataclasses import dataclass

from commerce.errors import Conflict, Invalid, NotFound


class _Foreign:
    foreign = True


@dataclass(eq=False)
class UnknownThing(_Foreign, NotFound):
    """An order, a user, a product or an item."""

    thing: str
    id: str
    sentence = "There is no {thing} {id}."
    hint = "Check the id, or look it up."


@dataclass(eq=False)
class WrongState(_Foreign, Conflict):
    order_id: str
    needed: str
    status: str
    sentence = "The order {order_id} is {status} and not {needed}."
    hint = "Look at the order to see what can still be done."


@dataclass(eq=False)
class ReasonUnknown(_Foreign, Invalid):
    reason: str
    sentence = "{reason} is no reason that the shop accepts."
    hint = "Ask whether the order is no longer needed or was ordered by mistake."


@dataclass(eq=False)
class NotInOrder(_Foreign, Invalid):
    item_id: str
    sentence = "The order does not hold {item_id} as often as that."
    hint = "Look at the order's items."


@dataclass(eq=False)
class NoItems(_Foreign, Invalid):
    order_id: str
    sentence = "No item of the order {order_id} is named."
    hint = "Name the items."


@dataclass(eq=False)
class CountsDiffer(_Foreign, Invalid):
    old: int
    new: int
    sentence = "{old} item(s) can't be replaced by {new}."
    hint = "Name one new item for each old one."


@dataclass(eq=False)
class SameItem(_Foreign, Invalid):
    item_id: str
    sentence = "{item_id} can't be replaced by itself."
    hint = "Name another variant."


@dataclass(eq=False)
class OtherProduct(_Foreign, Invalid):
    new_item_id: str
    sentence = "{new_item_id} is no variant of the product that it is to replace."
    hint = "Look at the product's variants."


@dataclass(eq=False)
class NotAvailable(_Foreign, Conflict):
    new_item_id: str
    sentence = "{new_item_id} can't be had now."
    hint = "Choose a variant that is available."


@dataclass(eq=False)
class MethodUnknown(_Foreign, NotFound):
    payment_method_id: str
    sentence = "The user has no payment method {payment_method_id}."
    hint = "Look at the user's payment methods."


@dataclass(eq=False)
class BalanceTooLow(_Foreign, Conflict):
    payment_method_id: str
    sentence = "The gift card {payment_method_id} does not hold enough."
    hint = "Choose another payment method."


@dataclass(eq=False)
class NotOnePayment(_Foreign, Conflict):
    order_id: str
    sentence = "The order {order_id} was paid in more than one step, so its payment can't be moved any more."
    hint = "Leave the payment as it is."


@dataclass(eq=False)
class SameMethod(_Foreign, Invalid):
    payment_method_id: str
    sentence = "The order is paid with {payment_method_id} already."
    hint = "Name another payment method."


@dataclass(eq=False)
class NotRefundable(_Foreign, Invalid):
    payment_method_id: str
    sentence = "A refund can go to a gift card or to the method that paid, not to {payment_method_id}."
    hint = "Choose one of those."


@dataclass(eq=False)
class NotReckonable(_Foreign, Invalid):
    why: str
    sentence = "That can't be reckoned: {why}."
    hint = "Use numbers, + - * /, parentheses and spaces."
