"""Use cases of saved payment methods."""

from typing import Any

from sqlalchemy import Row, Select, bindparam, insert, select, update
from sqlmodel import col

from ..accounts.records import AccountRow
from ..adapters.gateway import SavedMethod
from ..context import Context
from ..operation import REST_ONLY, Effect, Who, operation
from ..views import ListView, Nothing
from .records import PaymentMethodRow
from .refusals import PaymentMethodNotFound, PaymentTokenRefused, TooManyPaymentMethods
from .schemas import AddPaymentMethod, NamePaymentMethod, PaymentMethodView

MAX_METHODS = 20
MINE_NAMED = select(PaymentMethodRow).where(
    col(PaymentMethodRow.account) == bindparam("account"),
    col(PaymentMethodRow.forget_at).is_(None),
    col(PaymentMethodRow.id) == bindparam("method"),
)


@operation(Effect.READ, "GET /account/payment-methods")
async def list_payment_methods(ctx: Context, asked: Nothing) -> ListView[PaymentMethodView]:
    """The shopper's saved payment methods, the default one first."""
    return await _all_of_mine(ctx)


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
    await _lock_mine(ctx)
    held = len(await ctx.rows(_mine(ctx)))
    if held >= MAX_METHODS:
        raise TooManyPaymentMethods(MAX_METHODS)
    default = asked.default or held == 0
    if default:
        await _no_default(ctx)
    method = ctx.new_id("pm")
    row = {"id": method, "label": ctx.prepared.label, "is_default": default, "created_at": ctx.now}
    await ctx.run(insert(PaymentMethodRow).values(**row, account=ctx.caller.account, token=ctx.prepared.token))
    return PaymentMethodView.model_validate(row | {"payment_method": method, "default": default})


@operation(Effect.WRITE, "POST /account/payment-methods/{payment_method}/default", who=Who.CUSTOMER)
async def choose_default_payment_method(ctx: Context, asked: NamePaymentMethod) -> PaymentMethodView:
    """Make a saved payment method the default one."""
    await _lock_mine(ctx)
    await my_payment_method(ctx, asked.payment_method)
    await _no_default(ctx)
    await _make_default(ctx, asked.payment_method)
    return method_view(await my_payment_method(ctx, asked.payment_method))


@operation(Effect.WRITE, "DELETE /account/payment-methods/{payment_method}", who=Who.CUSTOMER)
async def remove_payment_method(ctx: Context, asked: NamePaymentMethod) -> ListView[PaymentMethodView]:
    """Forget a saved payment method, here and at the provider; answers with those that are left.

    Where it was the default, the newest of the others becomes it. Orders paid with it stay as they are.
    """
    await _lock_mine(ctx)
    removed = await my_payment_method(ctx, asked.payment_method)
    mine = col(PaymentMethodRow.id) == removed.id
    await ctx.run(update(PaymentMethodRow).where(mine).values(is_default=False, forget_at=ctx.now))
    left = await ctx.rows(_mine(ctx).order_by(col(PaymentMethodRow.id).desc()).limit(1))
    if removed.is_default and left:
        await _make_default(ctx, left[0].id)
    return await _all_of_mine(ctx)


async def _lock_mine(ctx: Context) -> None:
    """Two changes of the same person's methods wait for each other, so that there is one default."""
    await ctx.row(select(col(AccountRow.id)).where(col(AccountRow.id) == ctx.caller.account).with_for_update())


async def _no_default(ctx: Context) -> None:
    mine = col(PaymentMethodRow.account) == ctx.caller.account
    await ctx.run(update(PaymentMethodRow).where(mine).values(is_default=False))


async def _make_default(ctx: Context, payment_method: str) -> None:
    await ctx.run(update(PaymentMethodRow).where(col(PaymentMethodRow.id) == payment_method).values(is_default=True))


async def _all_of_mine(ctx: Context) -> ListView[PaymentMethodView]:
    order = col(PaymentMethodRow.is_default).desc(), col(PaymentMethodRow.id)
    return ListView(items=[method_view(row) for row in await ctx.rows(_mine(ctx).order_by(*order))], next_cursor=None)


async def my_payment_method(ctx: Context, payment_method: str) -> Row[Any]:
    """The saved method with its token; refuses one that is not the caller's."""
    row = await ctx.row(MINE_NAMED, account=ctx.caller.account, method=payment_method)
    if row is None:
        raise PaymentMethodNotFound(payment_method)
    return row


def _mine(ctx: Context) -> Select[Any]:
    kept = col(PaymentMethodRow.account) == ctx.caller.account, col(PaymentMethodRow.forget_at).is_(None)
    return select(PaymentMethodRow).where(*kept)


def method_view(row: Row[Any]) -> PaymentMethodView:
    return PaymentMethodView(payment_method=row.id, label=row.label, default=row.is_default, created_at=row.created_at)
