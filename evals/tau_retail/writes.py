"""What can be changed in the foreign shop. Each is one transaction; `checks` has looked at everything before it changes anything."""

from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from commerce.context import Context
from commerce.operation import Effect, Who, operation

from . import checks, looking
from .catalog import TAU
from .schemas import (
    Address,
    CancelOrder,
    ChangeItems,
    ChangeOrderAddress,
    ChangePayment,
    ChangeUserAddress,
    OrderView,
    ReturnItems,
    UserView,
)
from .tables import ADDRESS, LINE, METHOD, ORDER, PAYMENT, REQUEST, USER
from .terms import (
    terms_of_address,
    terms_of_cancelling,
    terms_of_changing_items,
    terms_of_exchanging,
    terms_of_payment,
    terms_of_returning,
)

CREDIT = (
    update(METHOD)
    .where(METHOD.c.payment_method_id == bindparam("method"))
    .values(balance=METHOD.c.balance + bindparam("by"))
)
PAID = insert(PAYMENT)
LAST_PAYMENT = select(func.max(PAYMENT.c.position)).where(PAYMENT.c.order_id == bindparam("of"))
ORDER_SET = ORDER.c.order_id == bindparam("of")


@operation(Effect.COMMIT, "POST /orders/{order_id}/cancel", who=Who.CUSTOMER, terms=terms_of_cancelling, catalog=TAU)
async def cancel_pending_order(ctx: Context, asked: CancelOrder) -> OrderView:
    """Cancel a whole pending order. What was paid goes back to the methods that paid it: to a gift card at once, else in 5 to 7 days.
    The user has to confirm the order and the reason."""
    plan = await checks.cancelling(ctx, asked)
    for refund in plan.refunds:
        await _enter(ctx, asked.order_id, "refund", refund.amount, refund.payment_method_id)
        if refund.payment_method_id in plan.cards:
            await ctx.run(CREDIT, method=refund.payment_method_id, by=refund.amount)
    await _set_order(ctx, asked.order_id, stage="cancelled", cancel_reason=asked.reason)
    return await looking.order_view(ctx, asked.order_id)


@operation(Effect.COMMIT, "POST /orders/{order_id}/items", who=Who.CUSTOMER, terms=terms_of_changing_items, catalog=TAU)
async def modify_pending_order_items(ctx: Context, asked: ChangeItems) -> OrderView:
    """Replace items of a pending order by other variants of the same products. Once for an order: collect all items first. The
    difference is paid by, or goes back to, the payment method that is named."""
    plan = await checks.changing_items(ctx, asked)
    kind = "payment" if plan.difference > 0 else "refund"
    await _enter(ctx, asked.order_id, kind, abs(plan.difference), asked.payment_method_id)
    if plan.method.source == checks.GIFT_CARD:
        await ctx.run(CREDIT, method=asked.payment_method_id, by=-plan.difference)
    for swap in plan.swaps:
        new = {"item_id": swap.new.item_id, "price": swap.new.price, "options": swap.new.options}
        here = LINE.c.order_id == asked.order_id, LINE.c.position == swap.line.position
        await ctx.run(update(LINE).where(*here).values(**new))
    await _set_order(ctx, asked.order_id, items_modified=True)
    return await looking.order_view(ctx, asked.order_id)


@operation(Effect.COMMIT, "POST /orders/{order_id}/payment", who=Who.CUSTOMER, terms=terms_of_payment, catalog=TAU)
async def modify_pending_order_payment(ctx: Context, asked: ChangePayment) -> OrderView:
    """Pay a pending order with another payment method of the user, and give back what the first one has paid."""
    plan = await checks.changing_payment(ctx, asked)
    amount, before = plan.paid.amount, plan.paid.payment_method_id
    await _enter(ctx, asked.order_id, "payment", amount, asked.payment_method_id)
    await _enter(ctx, asked.order_id, "refund", amount, before)
    if plan.method.source == checks.GIFT_CARD:
        await ctx.run(CREDIT, method=asked.payment_method_id, by=-amount)
    if plan.before is not None and plan.before.source == checks.GIFT_CARD:
        await ctx.run(CREDIT, method=before, by=amount)
    return await looking.order_view(ctx, asked.order_id)


@operation(Effect.COMMIT, "POST /orders/{order_id}/address", who=Who.CUSTOMER, terms=terms_of_address, catalog=TAU)
async def modify_pending_order_address(ctx: Context, asked: ChangeOrderAddress) -> OrderView:
    """Send a pending order to another address."""
    await checks.changeable(ctx, asked)
    await _set_order(ctx, asked.order_id, **_address(asked))
    return await looking.order_view(ctx, asked.order_id)


@operation(Effect.COMMIT, "POST /orders/{order_id}/return", who=Who.CUSTOMER, terms=terms_of_returning, catalog=TAU)
async def return_delivered_order_items(ctx: Context, asked: ReturnItems) -> OrderView:
    """Ask to return items of a delivered order. The refund goes to a gift card of the user or to the method that paid, once the
    items are back; the user gets an e-mail about how to send them."""
    plan = await checks.returning(ctx, asked)
    lines = [{"position": at.position, "item_id": at.item_id, "new_item_id": None} for at in plan.lines]
    await _request(ctx, asked, "return", lines, 0)
    return await looking.order_view(ctx, asked.order_id)


@operation(Effect.COMMIT, "POST /orders/{order_id}/exchange", who=Who.CUSTOMER, terms=terms_of_exchanging, catalog=TAU)
async def exchange_delivered_order_items(ctx: Context, asked: ChangeItems) -> OrderView:
    """Ask to exchange items of a delivered order for variants of the same products. Once for an order: collect all items first. The
    user gets an e-mail about how to send the old ones; no new order is needed."""
    plan = await checks.exchanging(ctx, asked)
    lines = [
        {"position": swap.line.position, "item_id": swap.line.item_id, "new_item_id": swap.new.item_id}
        for swap in plan.swaps
    ]
    await _request(ctx, asked, "exchange", lines, plan.difference)
    return await looking.order_view(ctx, asked.order_id)


@operation(Effect.WRITE, "POST /users/{user_id}/address", who=Who.CUSTOMER, catalog=TAU)
async def modify_user_address(ctx: Context, asked: ChangeUserAddress) -> UserView:
    """Change the user's default address. Orders keep theirs."""
    await looking.user_row(ctx, asked.user_id)
    await ctx.run(update(USER).where(USER.c.user_id == asked.user_id).values(**_address(asked)))
    return await looking.user_view(ctx, asked.user_id)


async def _enter(ctx: Context, order_id: str, kind: str, amount: int, method_id: str) -> None:
    """A payment or a refund, behind those that are there."""
    position = await ctx.value(LAST_PAYMENT, of=order_id) + 1
    entry = {"order_id": order_id, "position": position, "kind": kind, "amount": amount}
    await ctx.add(PAID, [entry | {"payment_method_id": method_id}])


async def _request(
    ctx: Context, asked: ReturnItems | ChangeItems, kind: str, lines: list[dict[str, Any]], difference: int
) -> None:
    facts = {"order_id": asked.order_id, "kind": kind, "lines": lines, "difference": difference}
    await ctx.add(insert(REQUEST), [facts | {"payment_method_id": asked.payment_method_id}])


async def _set_order(ctx: Context, order_id: str, **values: Any) -> None:
    await ctx.run(update(ORDER).where(ORDER_SET).values(**values), of=order_id)


def _address(asked: Address) -> dict[str, str]:
    return {name: getattr(asked, name) for name in ADDRESS}
