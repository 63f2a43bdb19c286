"""Refusals of orders."""

from dataclasses import dataclass

from ..errors import Conflict, NotFound


@dataclass(eq=False)
class OrderNotFound(NotFound):
    order: str
    sentence = "There is no order {order}."
    hint = "List the orders to see which there are."


@dataclass(eq=False)
class OrderNotCancellable(Conflict):
    order: str
    status: str
    sentence = "The order {order} is {status} and can't be cancelled."
    hint = "Only orders that are not yet shipped can be cancelled."


@dataclass(eq=False)
class OrderNotPayable(Conflict):
    order: str
    status: str
    sentence = "The order {order} is {status} and can't be paid."
    hint = "Only an order that awaits payment can be paid."


@dataclass(eq=False)
class OrderExpired(Conflict):
    order: str
    sentence = "The time to pay the order {order} is over."
    hint = "Order again."


@dataclass(eq=False)
class OrderNotFinished(Conflict):
    order: str
    status: str
    sentence = "The order {order} is {status} and can't be taken off the list."
    hint = "Only orders that are delivered or cancelled can be hidden."


@dataclass(eq=False)
class NothingOnItsWay(Conflict):
    order: str
    status: str
    sentence = "The order {order} is {status}; nothing of it is on its way."
    hint = "Look at the order to see what is shipped and what has arrived."


@dataclass(eq=False)
class NotInOrder(NotFound):
    order: str
    sku: str
    sentence = "The order {order} holds no {sku}."
    hint = "Look at the order to see its lines."


@dataclass(eq=False)
class NotSoManyLeft(Conflict):
    order: str
    sku: str
    left: int
    sentence = "Of {sku} only {left} are left in the order {order}."
    hint = "Ask for at most that many."


@dataclass(eq=False)
class LineNotCancellable(Conflict):
    order: str
    sku: str
    status: str
    sentence = "{sku} of the order {order} is {status} and can't be cancelled."
    hint = "What is shipped can be sent back once it has arrived: request a refund."


@dataclass(eq=False)
class OrderNotRedirectable(Conflict):
    order: str
    status: str
    sentence = "The order {order} is {status} and can't be sent elsewhere."
    hint = "Only an order of which nothing is shipped can get another address."


@dataclass(eq=False)
class AddressElsewhere(Conflict):
    order: str
    address: str
    place: str
    sentence = (
        "The address {address} is not in {place}, for which delivery and tax of the order {order} were worked out."
    )
    hint = "Choose an address in {place}, or cancel the order and order again to the other address."
