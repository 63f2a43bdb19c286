"""Every change of stock: compared and made in one statement, and kept as a row."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Integer, Row, bindparam, case, insert, select, update
from sqlmodel import col

from ..catalog.records import ProductRow, VariantRow
from ..context import Context
from .records import StockMovementRow, StockRow
from .refusals import OutOfStock, StockMoved, StockPromised, TooMuchStock

Quantities = Mapping[str, int]
"""How many by SKU."""


class Change(NamedTuple):
    """What one piece does to the two counts."""

    on_hand: int
    reserved: int


RESERVE = Change(0, +1)
RELEASE = Change(0, -1)
SHIP_OUT = Change(-1, -1)
TAKE_BACK = Change(+1, 0)
CORRECT = Change(+1, 0)
MAX_STOCK = 10**9


class ByHand(NamedTuple):
    """Why a person changes the stock."""

    reason: str
    note: str | None = None


CHANGE = (
    update(StockRow)
    .where(
        col(StockRow.sku) == bindparam("of"),
        col(StockRow.on_hand) - col(StockRow.reserved)
        >= bindparam("reserved_by", type_=Integer) - bindparam("on_hand_by", type_=Integer),
        col(StockRow.reserved) >= -bindparam("reserved_by", type_=Integer),
    )
    .values(
        on_hand=col(StockRow.on_hand) + bindparam("on_hand_by", type_=Integer),
        reserved=col(StockRow.reserved) + bindparam("reserved_by", type_=Integer),
    )
)


WRITE_DOWN = insert(StockMovementRow)
AVAILABLE = select(col(StockRow.on_hand) - col(StockRow.reserved)).where(col(StockRow.sku) == bindparam("sku"))
PRODUCTS = select(col(VariantRow.sku), col(VariantRow.product)).where(
    col(VariantRow.sku).in_(bindparam("skus", expanding=True))
)
SOLD = col(ProductRow.sold) + bindparam("by", type_=Integer)
COUNT_SOLD = (
    update(ProductRow).where(col(ProductRow.slug) == bindparam("of")).values(sold=case((SOLD < 0, 0), else_=SOLD))
)


async def reserve(ctx: Context, order: str, quantities: Quantities) -> None:
    """Promises the goods to an order, or refuses and promises none. SKU order keeps two orders from blocking each other."""
    for sku, quantity in sorted(quantities.items()):
        if not await _change(ctx, sku, quantity, RESERVE):
            raise OutOfStock(sku, quantity, await available(ctx, sku))
    await _write_down(ctx, quantities, RESERVE, "reserve", order)


async def release(ctx: Context, order: str, quantities: Quantities) -> None:
    """Gives up a promise: the order was cancelled or has expired before it was paid."""
    await _move_all(ctx, quantities, RELEASE, "release", order)


async def sell(ctx: Context, order: str, quantities: Quantities) -> None:
    """The promise is kept: the order is paid."""
    await _move_all(ctx, quantities, SHIP_OUT, "sell", order)
    await _count_sold(ctx, quantities, +1)


async def take_back(ctx: Context, order: str, quantities: Quantities) -> None:
    """Goods of a paid order that was cancelled can be sold again."""
    await _move_all(ctx, quantities, TAKE_BACK, "take_back", order)
    await _count_sold(ctx, quantities, -1)


async def uncount_sold(ctx: Context, quantities: Quantities) -> None:
    """Pieces came back that can't be sold again: they do not count as sold, and are not in stock either."""
    await _count_sold(ctx, quantities, -1)


async def receive(ctx: Context, quantities: Quantities) -> None:
    """The first goods of new variants come in."""
    stock = [{"sku": sku, "on_hand": quantity, "reserved": 0} for sku, quantity in quantities.items()]
    moved = [row | {"id": ctx.new_id("mov"), "reason": "receive", "at": ctx.now} for row in stock]
    if stock:
        await ctx.db.execute(insert(StockRow), stock)
        await ctx.db.execute(WRITE_DOWN, moved)


async def correct(ctx: Context, sku: str, by: int, why: ByHand) -> None:
    """Adds to what is on hand, or takes from it; never so much that promised goods would be missing."""
    held = await _locked(ctx, sku)
    if held.on_hand + by < held.reserved:
        raise StockPromised(sku, held.on_hand, held.reserved)
    if held.on_hand + by > MAX_STOCK:
        raise TooMuchStock(sku, MAX_STOCK)
    if by:
        moved = await _change(ctx, sku, by, CORRECT)
        assert moved, f"the stock of {sku} moved while it was locked"
        await _write_down(ctx, {sku: by}, CORRECT, why.reason, None, why.note)


async def count(ctx: Context, sku: str, counted: int, why: ByHand, expected: int | None = None) -> None:
    """Sets what is on hand to what was counted. `expected`: what it was when the counting began; refuses when it has moved."""
    held = await _locked(ctx, sku)
    if expected is not None and expected != held.on_hand:
        raise StockMoved(sku, expected, held.on_hand)
    await correct(ctx, sku, counted - held.on_hand, why)


async def _locked(ctx: Context, sku: str) -> Row[Any]:
    row = await ctx.row(select(StockRow).where(col(StockRow.sku) == sku).with_for_update())
    assert row is not None, f"{sku} has no stock row"
    return row


async def available(ctx: Context, sku: str) -> int:
    return await ctx.value(AVAILABLE, sku=sku) or 0


async def _move_all(ctx: Context, quantities: Quantities, change: Change, reason: str, order: str) -> None:
    for sku, quantity in sorted(quantities.items()):
        moved = await _change(ctx, sku, quantity, change)
        assert moved, f"{reason} of {quantity} {sku} for {order} found no such stock"
    await _write_down(ctx, quantities, change, reason, order)


async def _change(ctx: Context, sku: str, quantity: int, change: Change) -> bool:
    """Compared and changed in one statement; False when there is not enough."""
    moved = {"of": sku, "on_hand_by": change.on_hand * quantity, "reserved_by": change.reserved * quantity}
    return bool(await ctx.run(CHANGE, **moved))


async def _write_down(
    ctx: Context, quantities: Quantities, change: Change, reason: str, order: str | None, note: str | None = None
) -> None:
    common: dict[str, Any] = {"reason": reason, "order_number": order, "note": note, "at": ctx.now}
    account = None if order else ctx.caller.account or None
    rows = [
        common
        | {
            "id": ctx.new_id("mov"),
            "sku": sku,
            "on_hand": change.on_hand * quantity,
            "reserved": change.reserved * quantity,
            "account": account,
        }
        for sku, quantity in sorted(quantities.items())
    ]
    await ctx.add(WRITE_DOWN, rows)


async def _count_sold(ctx: Context, quantities: Quantities, sign: int) -> None:
    """Best sellers are sorted by it."""
    pieces: dict[str, int] = {}
    for row in await ctx.rows(PRODUCTS, skus=list(quantities)):
        pieces[row.product] = pieces.get(row.product, 0) + sign * quantities[row.sku]
    for product, by in sorted(pieces.items()):
        await ctx.run(COUNT_SOLD, of=product, by=by)
