"""Use cases of paying an order."""

from sqlalchemy import select
from sqlmodel import col

from ..confirmations.schemas import Terms
from ..context import Context
from ..operation import REST_ONLY, Effect, Who, operation
from ..orders.schemas import OrderView, PayOrder
from ..orders.viewing import order_view
from .charges import open_charge, outstanding, payable
from .operations import my_payment_method
from .records import PaymentRow
from .refusals import PaymentDeclined
from .schemas import CreatePaymentToken, PaymentTokenView, PayOrderByToken
from .settling import settling
from .tokens import create_token, pay_by_token


async def _order(ctx: Context, state: dict[str, str]) -> OrderView:
    return await order_view(ctx, state["order"])


async def _order_unless_declined(ctx: Context, state: dict[str, str]) -> OrderView:
    payment = await ctx.row(select(PaymentRow).where(col(PaymentRow.id) == state["payment"]))
    if payment is not None and payment.status == "declined":
        raise PaymentDeclined(state["order"], payment.reason or "no reason given")
    return await _order(ctx, state)


ORDER_SETTLED = settling(_order)
"""Sends what an operation opened, and tells how the order stands then."""


async def _pay_terms(ctx: Context, asked: PayOrder | PayOrderByToken) -> Terms:
    order = await payable(ctx, asked.order)
    method = await my_payment_method(ctx, asked.payment_method)
    view = await order_view(ctx, asked.order)
    charge = ctx.money(await outstanding(ctx, order))
    return Terms(
        operation="pay_order",
        summary=f"Pay {charge} for the order {view.order} with {method.label}.",
        charge=charge,
        lines=view.lines,
        totals=view.totals,
        payment_method=method.label,
        order=view.order,
        expires_at=order.pay_until,
    )


@operation(
    Effect.COMMIT, "POST /orders/{order}/pay", who=Who.CUSTOMER, terms=_pay_terms, then=settling(_order_unless_declined)
)
async def pay_order(ctx: Context, asked: PayOrder) -> dict[str, str]:
    """Pay an order that awaits payment with a saved method.

    `payment.status` of the answer tells when it is not finished: `processing` (the outcome is not known yet; nothing is
    charged twice) or `requires_action` (the shopper finishes it at `payment.action_url`).
    """
    return {"order": asked.order, "payment": await open_charge(ctx, asked.order, asked.payment_method)}


@operation(
    Effect.WRITE,
    "POST /orders/{order}/payment-tokens",
    who=Who.CUSTOMER,
    surfaces=REST_ONLY,
    creates=True,
    secret=True,
)
async def create_payment_token(ctx: Context, asked: CreatePaymentToken) -> PaymentTokenView:
    """Make a token that pays the order once within 15 minutes, for exactly what it costs now, and only as the same person."""
    return await create_token(ctx, asked.order)


@operation(
    Effect.COMMIT,
    "POST /orders/{order}/pay-by-token",
    who=Who.CUSTOMER,
    surfaces=REST_ONLY,
    terms=_pay_terms,
    then=settling(_order_unless_declined),
)
async def pay_order_by_token(ctx: Context, asked: PayOrderByToken) -> dict[str, str]:
    """Pay an order with a payment token. Refuses one that was used, has expired, or was made for another amount.

    A payment that fails uses the token up and leaves the order as it was: make a new token, or use pay_order.
    """
    payment = await pay_by_token(ctx, asked.order, asked.payment_token, asked.payment_method)
    return {"order": asked.order, "payment": payment}
