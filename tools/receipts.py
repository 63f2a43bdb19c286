"""Receipts: what was done, in the shop's own words and never in the model's."""

from collections.abc import Callable
from typing import Any, NamedTuple

from .fence import fenced


class Receipt(NamedTuple):
    """Proof that an operation ran."""

    operation: str
    summary: str
    view: dict[str, Any]


def _cart(view: Any) -> str:
    return f"the cart holds {sum(item.quantity for item in view.items)} item(s) for {view.subtotal}"


def _checkout(view: Any) -> str:
    total = next(part for part in view.totals if part.type == "total")
    ready = "ready to be ordered" if view.status == "ready_for_complete" else "something is missing"
    return f"total {total}, {ready}"


def _order(view: Any) -> str:
    state = view.status.replace("_", " ")
    if view.payment is None:
        return f"{view.order} is {state}, total {view.total}"
    return f"{view.order} is {state}, total {view.total}, payment {view.payment.status.replace('_', ' ')}"


def _variant(asked: Any, view: Any) -> Any:
    return next(variant for variant in view.variants if variant.sku == asked.sku)


def _on_sale(asked: Any, view: Any) -> str:
    seen = "shoppers see it" if view.listed else "shoppers do not see it"
    return f"{asked.sku or view.product}; {view.product}: {seen}"


def _part(view: Any) -> str:
    tracking = f" with {view.carrier}, tracking {view.tracking}" if view.tracking else ""
    return f"Part {view.fulfillment} of the order {view.order} is {view.status}{tracking}."


def _stock(view: Any) -> str:
    return f"{view.on_hand} of {view.sku} on hand, {view.available} can be bought"


def _refund(view: Any) -> str:
    pieces = ", ".join(f"{line.quantity} × {line.sku}" for line in view.lines) or "no goods"
    amount = view.amount if view.given is None else view.given
    return f"{view.refund_request} of the order {view.order} ({pieces}, {amount}) is {view.status}"


SUMMARIES: dict[str, Callable[[Any, Any], str]] = {
    "add_to_cart": lambda asked, view: f"Added {asked.quantity} × {asked.sku}; {_cart(view)}.",
    "change_cart_item": lambda asked, view: f"Set {asked.sku} to {asked.quantity}; {_cart(view)}.",
    "remove_from_cart": lambda asked, view: f"Removed {asked.sku}; {_cart(view)}.",
    "save_for_later": lambda asked, view: f"Saved {asked.sku} for later; {_cart(view)}.",
    "move_to_cart": lambda asked, view: f"Moved {asked.sku} to the cart; {_cart(view)}.",
    "remove_saved_item": lambda asked, view: f"Removed {asked.sku} from what is saved for later.",
    "reorder": lambda asked, view: (
        f"Put {sum(line.added for line in view.lines)} of {sum(line.ordered for line in view.lines)} piece(s) of the order "
        f"{asked.order} into the cart; {_cart(view.cart)}."
    ),
    "clear_cart": lambda asked, view: "Emptied the cart.",
    "claim_coupon": lambda asked, view: f"Claimed the coupon {view.coupon}.",
    "add_address": lambda asked, view: f"Saved the address {view.address}.",
    "choose_default_payment_method": lambda asked, view: f"{view.label} is the default payment method now.",
    "remove_payment_method": lambda asked, view: (
        f"Forgot the payment method {asked.payment_method}; {len(view.items)} left."
    ),
    "update_address": lambda asked, view: f"Changed the address {view.address}.",
    "delete_address": lambda asked, view: f"Deleted the address {view.address}.",
    "change_name": lambda asked, view: f"The shop now says {view.name}.",
    "create_checkout": lambda asked, view: f"Quote: {_checkout(view)}.",
    "update_checkout": lambda asked, view: f"Quote: {_checkout(view)}.",
    "place_order": lambda asked, view: f"Order {_order(view)}.",
    "pay_order": lambda asked, view: f"Order {_order(view)}.",
    "change_price": lambda asked, view: f"Set the price of {asked.sku} to {_variant(asked, view).price}.",
    "put_on_sale": lambda asked, view: f"Put on sale: {_on_sale(asked, view)}.",
    "take_off_sale": lambda asked, view: f"Took off sale: {_on_sale(asked, view)}.",
    "adjust_stock": lambda asked, view: f"Corrected the stock: {_stock(view)}.",
    "set_low_stock": lambda asked, view: f"{view.sku} counts as low from {view.low_stock_at} pieces on.",
    "remember_preference": lambda asked, view: f"Remembered {fenced(asked.said)}.",
    "forget_preference": lambda asked, view: f"Forgot one thing; {len(view.items)} are remembered.",
    "forget_all_preferences": lambda asked, view: "Forgot all that was remembered.",
    "watch_stock": lambda asked, view: f"Waiting for {view.sku} to be back in stock.",
    "unwatch_stock": lambda asked, view: f"Waiting for {asked.sku} no longer.",
    "cancel_order": lambda asked, view: f"Order {_order(view)}.",
    "cancel_order_line": lambda asked, view: (
        f"Cancelled {asked.quantity or 'all'} × {asked.sku}. Order {_order(view)}, {view.refunded} given back so far."
    ),
    "change_order_address": lambda asked, view: (
        f"The order {view.order} goes to {view.address.line1}, {view.address.city}."
    ),
    "confirm_receipt": lambda asked, view: f"Order {_order(view)}.",
    "hide_order": lambda asked, view: f"Took the order {view.order} off the list.",
    "unhide_order": lambda asked, view: f"Put the order {view.order} back on the list.",
    "request_refund": lambda asked, view: f"Asked for a refund: {'; '.join(_refund(item) for item in view.items)}.",
    "withdraw_refund_request": lambda asked, view: f"The refund request {_refund(view)}.",
    "approve_refund": lambda asked, view: f"The refund request {_refund(view)}.",
    "reject_refund": lambda asked, view: f"The refund request {_refund(view)}.",
    "refund_fulfillment": lambda asked, view: f"The refund {_refund(view)}.",
    "ship_fulfillment": lambda asked, view: _part(view),
    "correct_tracking": lambda asked, view: _part(view),
    "cancel_fulfillment": lambda asked, view: _part(view),
    "deliver_fulfillment": lambda asked, view: _part(view),
}
