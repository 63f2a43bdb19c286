"""The foreign shop as τ speaks: its entities as τ's JSON, its refusals in τ's words. Nobody else knows how τ says things."""

import json
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from commerce.errors import Refusal
from commerce.money import Money
from tools.offer import Offer

from .operations import TAU
from .receipts import SUMMARIES
from .refusals import (
    BalanceTooLow,
    CountsDiffer,
    MethodUnknown,
    NotAvailable,
    NotInOrder,
    NotOnePayment,
    NotReckonable,
    NotRefundable,
    OtherProduct,
    ReasonUnknown,
    SameItem,
    SameMethod,
    UnknownThing,
    WrongState,
)
from .schemas import (
    FoundView,
    MethodView,
    OrderView,
    ProductTypesView,
    ProductView,
    SaidView,
    UserView,
    VariantView,
)

Form = dict[str, Any]
CANCEL, CHANGE_ITEMS = "cancel_pending_order", "modify_pending_order_items"
RETURN, EXCHANGE = "return_delivered_order_items", "exchange_delivered_order_items"
DONE = {CANCEL: "cancelled", RETURN: "returned", EXCHANGE: "exchanged"}
IDS = frozenset(
    {"order_id", "order_ids", "user_id", "product_id", "item_id", "item_ids", "new_item_ids", "payment_method_id"}
)


# Entities


def amount(money: Money) -> float:
    return money.amount / 100


def order_form(order: OrderView) -> Form:
    """With τ's nulls."""
    paid = [
        {"transaction_type": p.kind, "amount": amount(p.amount), "payment_method_id": p.payment_method_id}
        for p in order.payments
    ]
    return {
        "order_id": order.order_id,
        "user_id": order.user_id,
        "address": order.address.model_dump(),
        "items": [line.model_dump(exclude={"price", "options"}) | _goods(line) for line in order.items],
        "status": order.status,
        "fulfillments": [part.model_dump() for part in order.fulfillments],
        "payment_history": paid,
        "cancel_reason": order.cancel_reason,
        **_asked_for(order),
    }


def _goods(line: Any) -> Form:
    return {"price": amount(line.price), "options": line.options}


def _asked_for(order: OrderView) -> Form:
    """τ keeps the two sides of an exchange apart and sorted."""
    request = order.request
    old = sorted(line.item_id for line in request.lines) if request else None
    exchange = request if request and request.kind == "exchange" else None
    back = request if request and request.kind == "return" else None
    return {
        "exchange_items": old if exchange else None,
        "exchange_new_items": sorted(str(line.new_item_id) for line in exchange.lines) if exchange else None,
        "exchange_payment_method_id": exchange.payment_method_id if exchange else None,
        "exchange_price_difference": amount(exchange.difference) if exchange else None,
        "return_items": old if back else None,
        "return_payment_method_id": back.payment_method_id if back else None,
    }


def user_form(user: UserView) -> Form:
    return {
        "user_id": user.user_id,
        "name": {"first_name": user.first_name, "last_name": user.last_name},
        "address": user.address.model_dump(),
        "email": user.email,
        "payment_methods": {held.payment_method_id: _method(held) for held in user.payment_methods},
        "orders": user.order_ids,
    }


def _method(held: MethodView) -> Form:
    form: Form = {"source": held.source, "id": held.payment_method_id}
    if held.source == "credit_card":
        form |= {"brand": held.brand, "last_four": held.last_four}
    return form | ({"balance": amount(held.balance)} if held.balance is not None else {})


def variant_form(variant: VariantView) -> Form:
    return {
        "item_id": variant.item_id,
        "options": variant.options,
        "available": variant.available,
        "price": amount(variant.price),
    }


def product_form(product: ProductView) -> Form:
    variants = {variant.item_id: variant_form(variant) for variant in product.variants}
    return {"name": product.name, "product_id": product.product_id, "variants": variants}


def types_form(types: ProductTypesView) -> Form:
    return {kind.name: kind.product_id for kind in sorted(types.items, key=lambda kind: kind.name)}


FORMS: dict[type[BaseModel], Callable[[Any], Form]] = {
    OrderView: order_form,
    UserView: user_form,
    VariantView: variant_form,
    ProductView: product_form,
    ProductTypesView: types_form,
}


def told(view: BaseModel) -> str:
    """What τ's agent reads of an answer."""
    match view:
        case FoundView():
            return view.user_id
        case SaidView():
            return view.text
        case _:
            return json.dumps(FORMS[type(view)](view))


# Refusals


def error_text(operation: str, refused: Refusal) -> str:
    """`Error: …`, in τ's words; what τ does not know is said in ours."""
    return f"Error: {_words(operation, refused)}"


def _words(operation: str, refused: Refusal) -> str:
    match refused:
        case UnknownThing():
            return f"{refused.thing.capitalize()} not found"
        case WrongState():
            return f"Non-{refused.needed} order cannot be {DONE.get(operation, 'modified')}"
        case NotInOrder():
            return _not_in_order(operation, refused.item_id)
        case CountsDiffer():
            return "The number of items to be exchanged should match" + ("." if operation == EXCHANGE else "")
        case NotAvailable():
            return f"New item {refused.new_item_id} not found or available"
        case BalanceTooLow():
            return f"Insufficient gift card balance to pay for the {_dear(operation)}"
        case NotReckonable():
            return refused.why
        case _:
            return PLAIN.get(type(refused)) or f"{refused} {refused.advice}"


def _not_in_order(operation: str, item_id: str) -> str:
    if operation == RETURN:
        return "Some item not found"
    return f"Number of {item_id} not found." if operation == EXCHANGE else f"{item_id} not found"


def _dear(operation: str) -> str:
    return {CHANGE_ITEMS: "new item", EXCHANGE: "price difference"}.get(operation, "order")


PLAIN: dict[type[Refusal], str] = {
    ReasonUnknown: "Invalid reason",
    SameItem: "The new item id should be different from the old item id",
    OtherProduct: "Variant not found",
    MethodUnknown: "Payment method not found",
    NotOnePayment: "There should be exactly one payment for a pending order",
    SameMethod: "The new payment method should be different from the current one",
    NotRefundable: "Payment method should be the original payment method",
}

OFFER = Offer(TAU, SUMMARIES, IDS, told, error_text)
"""The foreign shop for an agent."""
