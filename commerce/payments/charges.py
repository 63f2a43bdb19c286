"""Taking money: one open charge of an order at a time, for what the order still costs.

A charge is opened in the transaction that wants it, sent to the gateway outside any (`settling`), and recorded in another.
With `SHOP_CAPTURE=shipment` it is authorised when the order is paid, and captured once, for all that is still wanted of
it, when the first part of the order is shipped.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update
from sqlmodel import col

from ..context import Context
from ..faults import reached
from ..gift_cards.balances import take
from ..gift_cards.schemas import GiftCardPart
from ..orders.records import OrderRow
from ..orders.refusals import OrderExpired, OrderNotFound, OrderNotPayable
from .operations import my_payment_method
from .records import PaymentRow
from .refusals import PaymentInProgress, PaymentLost, PaymentNeedsAction

ASK_AGAIN = timedelta(seconds=5)
MINE_LOCKED = (
    select(OrderRow)
    .where(col(OrderRow.number) == bindparam("order"), col(OrderRow.account) == bindparam("account"))
    .with_for_update()
)
PAID_BY_CARD = select(func.coalesce(func.sum(col(PaymentRow.captured) - col(PaymentRow.refunded)), 0)).where(
    col(PaymentRow.order_number) == bindparam("order"), col(PaymentRow.kind) == "gift_card"
)
OCCUPY = (
    update(OrderRow)
    .where(col(OrderRow.number) == bindparam("of"), col(OrderRow.active_payment).is_(None))
    .values(active_payment=bindparam("charge"))
)
WRITE = insert(PaymentRow)


async def my_order(ctx: Context, number: str) -> Row[Any]:
    """Locked where the database locks rows; somebody else's order does not exist."""
    row = await ctx.row(MINE_LOCKED, order=number, account=ctx.caller.account)
    if row is None:
        raise OrderNotFound(number)
    return row


async def payable(ctx: Context, number: str) -> Row[Any]:
    """The caller's order, if a charge for it can be opened now."""
    order = await my_order(ctx, number)
    if order.active_payment:
        open_charge = await ctx.row(select(PaymentRow).where(col(PaymentRow.id) == order.active_payment))
        if open_charge is not None and open_charge.status == "requires_action":
            raise PaymentNeedsAction(number, open_charge.action_url)
        raise PaymentInProgress(number)
    if order.status != "awaiting_payment":
        raise OrderNotPayable(number, order.status)
    if order.pay_until <= ctx.now:
        raise OrderExpired(number)
    return order


async def outstanding(ctx: Context, order: Row[Any]) -> int:
    """What an unpaid order still costs: its total without what a gift card has paid."""
    return int(order.total) - int(await ctx.value(PAID_BY_CARD, order=order.number))


async def open_charge(ctx: Context, number: str, payment_method: str) -> str:
    """Writes the charge that is to be sent. The order is locked to it: nothing else can be opened meanwhile."""
    method = await my_payment_method(ctx, payment_method)
    order = await payable(ctx, number)
    charge = await write_payment(
        ctx,
        number,
        kind="charge",
        amount=await outstanding(ctx, order),
        token=method.token,
        label=method.label,
        captures=ctx.shop.settings.capture == "payment",
        status="processing",
        send_until=order.pay_until,
    )
    if not await ctx.run(OCCUPY, of=number, charge=charge):
        raise PaymentInProgress(number)
    await reached("opened", "paying")
    return charge


async def pay_with_gift_card(ctx: Context, number: str, pays: GiftCardPart) -> None:
    """Takes the part of an order that a gift card pays, in the transaction that places it."""
    about = {"label": pays.label, "gateway": "", "gift_card": pays.gift_card}
    amount = pays.amount.amount
    payment = await write_payment(
        ctx, number, kind="gift_card", amount=amount, captured=amount, status="captured", **about
    )
    await take(ctx, payment, number, pays)


async def write_payment(ctx: Context, number: str, **facts: Any) -> str:
    payment = ctx.new_id("pay")
    row: dict[str, Any] = {
        "id": payment,
        "order_number": number,
        "currency": ctx.shop.settings.currency,
        "gateway": ctx.shop.gateway.name,
        "token": "",
        "captures": True,
        "released": 0,
        "captured": 0,
        "refunded": 0,
        "attempts": 0,
        "ask_at": ctx.now + ASK_AGAIN,
        "send_until": ctx.now,
        "created_at": ctx.now,
    }
    await ctx.add(WRITE, [row | facts])
    return payment


async def capture(ctx: Context, number: str) -> None:
    """To be called in the transaction that ships the first part of a paid order, and harmless at the later ones.

    Opens the capture of all that is still wanted of the order's authorised charge; `settle_order` in the follow-up, or
    the worker, sends it. Refuses to ship what will not be paid any more. Without an authorised charge it does nothing.
    """
    of_it = col(PaymentRow.order_number) == number, col(PaymentRow.kind) == "charge"
    if await ctx.value(select(col(PaymentRow.id)).where(*of_it, col(PaymentRow.status) == "lost").limit(1)):
        raise PaymentLost(number)
    wanted = PaymentRow.amount - PaymentRow.released
    await ctx.run(
        update(PaymentRow)
        .where(*of_it, col(PaymentRow.status) == "authorized")
        .values(status="capturing", captured=wanted, attempts=0, ask_at=ctx.now + ASK_AGAIN)
    )
