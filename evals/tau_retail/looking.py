"""Finding things of the foreign shop for whoever asks, and making views of them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Table, bindparam, select

from commerce.context import Context
from commerce.money import Money

from .refusals import UnknownThing
from .rules import status_of
from .schemas import (
    AddressView,
    FulfillmentView,
    LineView,
    MethodView,
    OrderView,
    PaymentView,
    RequestedLine,
    RequestView,
    UserView,
    VariantView,
)
from .tables import ADDRESS, CURRENCY, LINE, METHOD, ORDER, PAYMENT, REQUEST, USER, VARIANT


def _by(table: Table, column: str, *order: str) -> Any:
    found = select(table).where(table.c[column] == bindparam("of"))
    return found.order_by(*(table.c[name] for name in order)) if order else found


ORDER_OF = _by(ORDER, "order_id")
LINES_OF = _by(LINE, "order_id", "position")
PAYMENTS_OF = _by(PAYMENT, "order_id", "position")
REQUEST_OF = _by(REQUEST, "order_id")
USER_OF = _by(USER, "user_id")
METHODS_OF = _by(METHOD, "user_id", "position")
ORDERS_OF = select(ORDER.c.order_id).where(ORDER.c.user_id == bindparam("of")).order_by(ORDER.c.position)
VARIANT_OF = _by(VARIANT, "item_id")


def may_see(ctx: Context, user_id: str) -> bool:
    """Customers are users of the same id; staff see all."""
    return ctx.caller.role == "admin" or ctx.caller.account == user_id


async def order_row(ctx: Context, order_id: str) -> Row[Any]:
    """What belongs to somebody else does not exist."""
    row = await ctx.row(ORDER_OF, of=order_id)
    if row is None or not may_see(ctx, row.user_id):
        raise UnknownThing("order", order_id)
    return row


async def user_row(ctx: Context, user_id: str) -> Row[Any]:
    row = await ctx.row(USER_OF, of=user_id)
    if row is None or not may_see(ctx, row.user_id):
        raise UnknownThing("user", user_id)
    return row


async def lines(ctx: Context, order_id: str) -> Sequence[Row[Any]]:
    return await ctx.rows(LINES_OF, of=order_id)


async def payments(ctx: Context, order_id: str) -> Sequence[Row[Any]]:
    return await ctx.rows(PAYMENTS_OF, of=order_id)


async def variant(ctx: Context, item_id: str) -> Row[Any] | None:
    return await ctx.row(VARIANT_OF, of=item_id)


async def methods(ctx: Context, user_id: str) -> Sequence[Row[Any]]:
    return await ctx.rows(METHODS_OF, of=user_id)


async def order_view(ctx: Context, order_id: str) -> OrderView:
    row = await order_row(ctx, order_id)
    request = await ctx.row(REQUEST_OF, of=order_id)
    return order_from(row, await lines(ctx, order_id), await payments(ctx, order_id), request)


async def user_view(ctx: Context, user_id: str) -> UserView:
    row = await user_row(ctx, user_id)
    orders = [found.order_id for found in await ctx.rows(ORDERS_OF, of=user_id)]
    return user_from(row, await methods(ctx, user_id), orders)


def money(cents: int) -> Money:
    return Money(amount=cents, currency=CURRENCY)


def order_from(row: Any, lines: Sequence[Any], payments: Sequence[Any], request: Any | None) -> OrderView:
    return OrderView(
        order_id=row.order_id,
        user_id=row.user_id,
        address=_address(row),
        items=[
            LineView(
                name=at.name, product_id=at.product_id, item_id=at.item_id, price=money(at.price), options=at.options
            )
            for at in lines
        ],
        status=status_of(row.stage, row.items_modified, request.kind if request else None),
        fulfillments=[FulfillmentView(**part) for part in row.fulfillments],
        payments=[
            PaymentView(kind=paid.kind, amount=money(paid.amount), payment_method_id=paid.payment_method_id)
            for paid in payments
        ],
        cancel_reason=row.cancel_reason,
        request=_request(request) if request else None,
    )


def _request(row: Any) -> RequestView:
    return RequestView(
        kind=row.kind,
        lines=[RequestedLine(item_id=at["item_id"], new_item_id=at["new_item_id"]) for at in row.lines],
        payment_method_id=row.payment_method_id,
        difference=money(row.difference),
    )


def user_from(row: Any, methods: Sequence[Any], orders: Sequence[str]) -> UserView:
    return UserView(
        user_id=row.user_id,
        first_name=row.first_name,
        last_name=row.last_name,
        address=_address(row),
        email=row.email,
        payment_methods=[
            MethodView(
                payment_method_id=held.payment_method_id,
                source=held.source,
                brand=held.brand,
                last_four=held.last_four,
                balance=None if held.balance is None else money(held.balance),
            )
            for held in methods
        ],
        order_ids=list(orders),
    )


def variant_from(row: Any) -> VariantView:
    return VariantView(item_id=row.item_id, options=row.options, available=row.available, price=money(row.price))


def _address(row: Any) -> AddressView:
    return AddressView(**{name: getattr(row, name) for name in ADDRESS})
