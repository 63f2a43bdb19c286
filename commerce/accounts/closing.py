"""Closing an account: what is personal goes, what was bought stays for the books."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlmodel import col

from ..cart.records import CartItemRow, SavedItemRow
from ..checkout.records import CheckoutRow
from ..confirmations.records import ConfirmationRow
from ..confirmations.schemas import Terms
from ..context import Context
from ..inventory.records import StockAlertRow
from ..operation import REST_ONLY, Effect, Who, operation
from ..orders.records import FulfillmentRow, OrderRow
from ..payments.records import PaymentMethodRow, PaymentRow
from ..payments.settling import OPEN as OPEN_PAYMENTS
from ..preferences.records import PreferenceRow
from . import history, sessions
from .operations import Proven, prove, still_proven
from .records import AccountRow, AddressRow
from .refusals import OrdersOpen, StaffStays
from .schemas import AccountClosed, CloseAccount

NAME_OF_NOBODY = "Closed account"
MOST_NAMED = 10
PERSONAL = (CartItemRow, SavedItemRow, AddressRow, StockAlertRow, PreferenceRow)
"""Tables of what is of use to its owner alone."""


async def _terms(_ctx: Context, _asked: CloseAccount) -> Terms:
    return Terms(operation="close_account", summary="Close the account for good and forget what is personal in it.")


async def _prove(ctx: Context, asked: CloseAccount) -> Proven:
    return await prove(ctx, asked.password)


@operation(
    Effect.COMMIT,
    "POST /account/close",
    who=Who.CUSTOMER,
    surfaces=REST_ONLY,
    secret=True,
    terms=_terms,
    before=_prove,
)
async def close_account(ctx: Context, asked: CloseAccount) -> AccountClosed:
    """Close the account for good; needs the password.

    Name, e-mail address, password, saved addresses and payment methods, cart, things kept for later, what was to be remembered and conversations are deleted, and all sessions
    end. Orders stay as they were placed, because the shop's books need them. Refused while an order is open, and for merchants'
    people and admins.
    """
    if ctx.caller.role != "customer":
        raise StaffStays(str(ctx.caller.role))
    await still_proven(ctx, ctx.prepared)
    mine = ctx.caller.account
    unplaced = col(CheckoutRow.account) == mine, col(CheckoutRow.order_number).is_(None)
    await ctx.run(delete(CheckoutRow).where(*unplaced))  # first: one that is just being placed has its order after this
    if open_orders := await _open_orders(ctx):
        raise OrdersOpen(list(open_orders))
    for table in PERSONAL:
        await ctx.run(delete(table).where(col(table.account) == mine))
    methods = update(PaymentMethodRow).where(col(PaymentMethodRow.account) == mine)
    await ctx.run(
        methods.values(is_default=False, forget_at=ctx.now)
    )  # the worker tells the provider, then deletes them
    await ctx.run(delete(ConfirmationRow).where(col(ConfirmationRow.account) == mine, _unused))
    nobody = {"email": None, "name": NAME_OF_NOBODY, "password_hash": None, "closed_at": ctx.now}
    await ctx.run(update(AccountRow).where(col(AccountRow.id) == mine).values(**nobody))
    await sessions.end_all(ctx, mine)
    await history.note(ctx, mine, "closed")
    ctx.emit("account.closed", account=mine)
    return AccountClosed()


_unused: ColumnElement[bool] = col(ConfirmationRow.status) != "used"


async def _open_orders(ctx: Context) -> Sequence[str]:
    """Unpaid, not delivered, or with money on its way."""
    under_way = exists().where(
        col(FulfillmentRow.order_number) == col(OrderRow.number), col(FulfillmentRow.status).in_(("waiting", "shipped"))
    )
    money_moves = exists().where(
        col(PaymentRow.order_number) == col(OrderRow.number), col(PaymentRow.status).in_(OPEN_PAYMENTS)
    )
    unpaid = col(OrderRow.status) == "awaiting_payment"
    mine = select(col(OrderRow.number)).where(col(OrderRow.account) == ctx.caller.account)
    kept = col(OrderRow.status) != "cancelled"
    found = mine.where(or_(unpaid, and_(kept, under_way), money_moves)).order_by(col(OrderRow.number)).limit(MOST_NAMED)
    return [row.number for row in await ctx.rows(found)]
