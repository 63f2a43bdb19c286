"""Use cases of saved payment methods."""

from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update
from sqlmodel import col

from ..adapters.gateway import SavedMethod
from ..context import Context
from ..operation import REST_ONLY, Effect, Who, operation
from ..views import ListView, Nothing
from .records import PaymentMethodRow
from .refusals import PaymentMethodNotFound, PaymentTokenRefused, TooManyPaymentMethods
from .schemas import AddPaymentMethod, PaymentMethodView

MAX_METHODS = 20


@operation(Effect.READ, "GET /account/payment-methods")
async def list_payment_methods(ctx: Context, asked: Nothing) -> ListView[PaymentMethodView]:
    """The shopper's saved payment methods, the default one first."""
    order = col(PaymentMethodRow.is_default).desc(), col(PaymentMethodRow.id)
    return ListView(items=[method_view(row) for row in await ctx.rows(_mine(ctx).order_by(*order))], next_cursor=None)


async def _attach(ctx: Context, asked: AddPaymentMethod) -> SavedMethod:
    saved = await ctx.shop.gateway.attach(asked.token.get_secret_value())
    if saved is None:
        raise PaymentTokenRefused()
    return saved


@operation(
    Effect.WRITE, "POST /account/payment-methods", who=Who.CUSTOMER, surfaces=REST_ONLY, creates=True, before=_attach
)
async def add_payment_method(ctx: Context, asked: AddPaymentMethod) -> PaymentMethodView:
    """Save a payment method by the provider's token. The first one becomes the default."""
    mine = col(PaymentMethodRow.account) == ctx.caller.account
    held = await ctx.value(select(func.count()).where(mine))
    if held >= MAX_METHODS:
        raise TooManyPaymentMethods(MAX_METHODS)
    default = asked.default or held == 0
    if default:
        await ctx.run(update(PaymentMethodRow).where(mine).values(is_default=False))
    method = ctx.new_id("pm")
    row = {"id": method, "label": ctx.prepared.label, "is_default": default, "created_at": ctx.now}
    token = asked.token.get_secret_value()
    await ctx.run(insert(PaymentMethodRow).values(**row, account=ctx.caller.account, token=token))
    return PaymentMethodView.model_validate(row | {"payment_method": method, "default": default})


async def my_payment_method(ctx: Context, payment_method: str) -> Row[Any]:
    """The saved method with its token; refuses one that is not the caller's."""
    row = await ctx.row(_mine(ctx).where(col(PaymentMethodRow.id) == payment_method))
    if row is None:
        raise PaymentMethodNotFound(payment_method)
    return row


def _mine(ctx: Context) -> Select[Any]:
    return select(PaymentMethodRow).where(col(PaymentMethodRow.account) == ctx.caller.account)


def method_view(row: Row[Any]) -> PaymentMethodView:
    return PaymentMethodView(payment_method=row.id, label=row.label, default=row.is_default, created_at=row.created_at)
