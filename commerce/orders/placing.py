"""Placing: the transaction in which a checkout becomes an order."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, insert, update
from sqlmodel import col

from ..cart.writing import take_bought
from ..checkout.operations import my_checkout, renewed_quote
from ..checkout.records import CheckoutRow
from ..checkout.refusals import CheckoutChanged, CheckoutClosed, CheckoutExpired, CheckoutIncomplete
from ..checkout.rules import amount_of, differences
from ..checkout.schemas import Quote, QuotedGroup, QuotedLine
from ..confirmations.schemas import Terms
from ..context import Context
from ..coupons.using import use_coupon
from ..faults import reached
from ..inventory import moves
from ..payments.charges import open_charge, pay_with_gift_card
from ..payments.outcomes import pay
from .history import note
from .records import FulfillmentRow, OrderLineRow, OrderRow
from .schemas import OrderView, PlaceOrder
from .viewing import view_of

CLOSE_CHECKOUT = (
    update(CheckoutRow)
    .where(col(CheckoutRow.id) == bindparam("of"))
    .values(status=bindparam("becomes"), order_number=bindparam("number"))
)
NOT_YET = {"paid_at": None, "hidden_at": None}
NOTHING_DONE = {"cancelled": 0, "returned": 0} | {
    f"part_{name}": None for name in ("carrier", "tracking", "shipped_at", "delivered_at")
}
"""What an order and its lines have when they are new."""
WRITE_ORDER, WRITE_PARTS, WRITE_LINES = insert(OrderRow), insert(FulfillmentRow), insert(OrderLineRow)


class Placed(NamedTuple):
    """An order, and whether something may have to be charged for it outside the transaction."""

    order: str
    charges: bool
    view: OrderView | None = None
    """Of an order that nothing was paid of yet: what was written says all."""


async def place_terms(ctx: Context, asked: PlaceOrder) -> Terms:
    """What a yes to placing buys: everything that the checkout shows."""
    row = await my_checkout(ctx, asked.checkout)
    if row.order_number:
        raise CheckoutClosed(asked.checkout, row.status)
    shown = await still_true(ctx, row)
    total = amount_of(shown.totals)
    method = shown.payment_method.label if shown.payment_method else None
    charge = shown.to_pay if method and shown.to_pay.amount else None
    return Terms(
        operation="place_order",
        summary=f"Order {sum(line.quantity for line in shown.lines)} item(s) for {total} {_paying(shown)}.",
        charge=charge,
        lines=shown.lines,
        totals=shown.totals,
        coupon_codes=shown.coupon_codes,
        address=shown.address,
        delivery_option=shown.delivery_option,
        payment_method=method,
        gift_card=shown.gift_card,
        checkout=asked.checkout,
        expires_at=row.expires_at,
    )


def _paying(shown: Quote) -> str:
    """How it is paid, in words."""
    parts = [f"{shown.gift_card.amount} of it with {shown.gift_card.label}"] if shown.gift_card else []
    if shown.payment_method and shown.to_pay.amount:
        parts.append(f"{shown.to_pay} with {shown.payment_method.label}")
    words = f"and pay {' and '.join(parts)}" if parts else ""
    if shown.payment_method or not shown.to_pay.amount:
        return words or "that cost nothing"
    return f"{words}, the rest to be paid later" if words else "to be paid later"


async def still_true(ctx: Context, row: Row[Any]) -> Quote:
    """The quote of a checkout, if it can be bought exactly as it was shown; refuses with what is in the way."""
    checkout = row.id
    if row.status == "canceled":
        raise CheckoutClosed(checkout, row.status)
    if row.expires_at <= ctx.now:
        raise CheckoutExpired(checkout)
    shown = Quote.model_validate(row.quote)
    if row.status == "incomplete":
        raise CheckoutIncomplete(checkout, [m.content for m in shown.messages if m.type == "error"])
    changed = differences(shown, await renewed_quote(ctx, shown))
    if changed:
        raise CheckoutChanged(checkout, changed)
    return shown


async def place(ctx: Context, checkout: str) -> Placed:
    """Makes the order, reserves its goods, counts its coupon, opens its charge. Placing a checkout again finds its order."""
    row = await my_checkout(ctx, checkout)
    if row.order_number:
        return Placed(str(row.order_number), charges=True)
    shown = await still_true(ctx, row)
    number = ctx.shop.ids.order_number()
    charges = shown.payment_method is not None and shown.to_pay.amount > 0
    closed = {"becomes": "complete_in_progress" if charges else "completed", "number": number}
    await ctx.run(CLOSE_CHECKOUT, of=checkout, **closed)
    order, lines = await _write_order(ctx, checkout, number, shown)
    await reached("order_written", "placing")
    quantities = {line.sku: line.quantity for line in shown.lines}
    await moves.reserve(ctx, number, quantities)
    await reached("reserved", "placing")
    for used in sorted(shown.coupons, key=lambda coupon: coupon.coupon):
        await use_coupon(ctx, used.coupon, number, used.amount.amount)
    await reached("coupons_used", "placing")
    await take_bought(ctx, quantities)
    await reached("cart_emptied", "placing")
    placed = await note(ctx, number, "placed", amount=amount_of(shown.totals).amount)
    await _pay(ctx, number, shown)
    if charges or shown.gift_card or not shown.to_pay.amount:
        return Placed(number, charges)
    return Placed(number, charges, view_of(ctx, order, lines, [SimpleNamespace(**placed)]))


async def _pay(ctx: Context, number: str, shown: Quote) -> None:
    """The gift card's part at once; the rest with the payment method, if there is one; nothing where nothing is left."""
    if shown.gift_card is not None:
        await pay_with_gift_card(ctx, number, shown.gift_card)
    if not shown.to_pay.amount:
        await pay(ctx, number, col(OrderRow.status) == "awaiting_payment")
    elif shown.payment_method is not None:
        await open_charge(ctx, number, shown.payment_method.payment_method)


async def _write_order(
    ctx: Context, checkout: str, number: str, shown: Quote
) -> tuple[SimpleNamespace, list[SimpleNamespace]]:
    """Returns the order and its lines, each with its part, as they would be read."""
    order = _order(ctx, checkout, number, shown)
    parts = {group.merchant: _part(ctx.new_id("ful"), number, group) for group in shown.groups}
    lines = [_line(number, line, parts[line.merchant]["id"]) for line in shown.lines]
    await ctx.add(WRITE_ORDER, [order])
    await ctx.add(WRITE_PARTS, list(parts.values()))
    await ctx.add(WRITE_LINES, lines)
    read = [NOTHING_DONE | line | _beside_its_line(parts[line["merchant"]]) for line in lines]
    return SimpleNamespace(**NOT_YET | order), [
        SimpleNamespace(**line) for line in sorted(read, key=lambda line: str(line["sku"]))
    ]


def _order(ctx: Context, checkout: str, number: str, shown: Quote) -> dict[str, Any]:
    return {
        "number": number,
        "account": ctx.caller.account,
        "checkout": checkout,
        "status": "awaiting_payment",
        "quote": shown.model_dump(mode="json", exclude={"delivery_options", "messages"}),
        "total": amount_of(shown.totals).amount,
        "pieces": sum(line.quantity for line in shown.lines),
        "words": _words(shown),
        "placed_at": ctx.now,
        "pay_until": ctx.now + timedelta(minutes=ctx.shop.settings.pay_minutes),
    }


def _part(id: str, number: str, group: QuotedGroup) -> dict[str, Any]:
    price = group.price.amount if group.price else 0
    about = {"merchant": group.merchant, "price": price, "tax": group.tax.amount}
    return {"id": id, "order_number": number, "status": "waiting", **about}


def _line(number: str, line: QuotedLine, part: str) -> dict[str, Any]:
    return {
        "order_number": number,
        "sku": line.sku,
        "product": line.product,
        "merchant": line.merchant,
        "fulfillment": part,
        "quantity": line.quantity,
        "unit_price": line.unit_price.amount,
        "discount": line.discount.amount,
        "tax": line.tax.amount,
    }


def _beside_its_line(part: dict[str, Any]) -> dict[str, Any]:
    """Named as in `contents.PART`."""
    return {f"part_{name}": value for name, value in part.items()}


def _words(shown: Quote) -> str:
    """What a search of one's orders looks at."""
    told = [word for line in shown.lines for word in (line.sku, line.name, *line.names.values())]
    return " ".join(told).casefold()
