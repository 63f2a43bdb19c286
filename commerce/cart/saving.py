"""Use cases of what is saved for later, and of buying again."""

from typing import Any

from sqlalchemy import Row, case, delete, func, insert, select, update
from sqlmodel import col

from ..catalog.goods import AVAILABLE, GOODS, joined_goods, sellable
from ..context import Context
from ..operation import Effect, Who, operation
from ..orders.records import OrderLineRow, OrderRow
from ..orders.refusals import OrderNotFound
from ..views import Nothing
from .operations import MAX_ITEMS, add
from .records import CartItemRow, SavedItemRow
from .refusals import NotInCart, NotSaved, SavedFull
from .schemas import (
    MAX_QUANTITY,
    CartView,
    MoveToCart,
    RemoveSavedItem,
    Reorder,
    ReorderedLine,
    ReorderView,
    SavedItems,
    SavedItemView,
    SaveForLater,
)
from .viewing import cart_view, contents, item_of, view_of
from .writing import lock_cart, mine, put_more, remove


@operation(Effect.READ, "GET /cart/saved")
async def list_saved_items(ctx: Context, asked: Nothing) -> SavedItems:
    """What the shopper has saved for later, at the prices of now; it is not in the cart and in no sum."""
    return await _saved_items(ctx)


@operation(Effect.WRITE, "POST /cart/items/{sku}/save")
async def save_for_later(ctx: Context, asked: SaveForLater) -> CartView:
    """Take a variant out of the cart and keep it for later (list_saved_items). Returns the cart."""
    await lock_cart(ctx)
    held = await ctx.value(select(col(CartItemRow.quantity)).where(*mine(ctx, asked.sku)).with_for_update())
    if held is None:
        raise NotInCart(asked.sku)
    await remove(ctx, asked.sku)
    both = col(SavedItemRow.quantity) + held
    together = case((both > MAX_QUANTITY, MAX_QUANTITY), else_=both)
    if not await ctx.run(update(SavedItemRow).where(*_saved(ctx, asked.sku)).values(quantity=together)):
        if await ctx.value(select(func.count()).where(col(SavedItemRow.account) == ctx.caller.account)) >= MAX_ITEMS:
            raise SavedFull(MAX_ITEMS)
        row = {"account": ctx.caller.account, "sku": asked.sku, "quantity": held, "saved_at": ctx.now}
        await ctx.run(insert(SavedItemRow).values(**row))
    return await cart_view(ctx)


@operation(Effect.WRITE, "POST /cart/saved/{sku}/move")
async def move_to_cart(ctx: Context, asked: MoveToCart) -> CartView:
    """Put a saved variant back into the cart, if it can still be bought. Returns the cart."""
    await lock_cart(ctx)
    held = await ctx.value(select(col(SavedItemRow.quantity)).where(*_saved(ctx, asked.sku)).with_for_update())
    if held is None:
        raise NotSaved(asked.sku)
    await ctx.run(delete(SavedItemRow).where(*_saved(ctx, asked.sku)))
    return await view_of(ctx, await add(ctx, asked.sku, held))


@operation(Effect.WRITE, "DELETE /cart/saved/{sku}")
async def remove_saved_item(ctx: Context, asked: RemoveSavedItem) -> SavedItems:
    """Forget a variant that was saved for later, and return what is still saved."""
    if not await ctx.run(delete(SavedItemRow).where(*_saved(ctx, asked.sku))):
        raise NotSaved(asked.sku)
    return await _saved_items(ctx)


@operation(Effect.WRITE, "POST /orders/{order}/reorder", who=Who.CUSTOMER)
async def reorder(ctx: Context, asked: Reorder) -> ReorderView:
    """Put the goods of an earlier order into the cart again, at the prices of now; what is not left is told line by line."""
    own = col(OrderRow.number) == asked.order, col(OrderRow.account) == ctx.caller.account
    statement = select(col(OrderLineRow.sku), col(OrderLineRow.quantity)).join(
        OrderRow, col(OrderRow.number) == col(OrderLineRow.order_number)
    )
    bought = await ctx.rows(statement.where(*own).order_by(col(OrderLineRow.sku)))
    if not bought:
        raise OrderNotFound(asked.order)
    await lock_cart(ctx)
    held = {row.held: row.quantity for row in await contents(ctx)}
    goods = await sellable(ctx, [line.sku for line in bought])
    lines = []
    for line in bought:
        told = _again(line, goods.get(line.sku), held)
        if told.added:
            await put_more(ctx, line.sku, told.added)
            held[line.sku] = held.get(line.sku, 0) + told.added
        lines.append(told)
    return ReorderView(lines=lines, cart=await cart_view(ctx))


def _again(line: Row[Any], goods: Row[Any] | None, held: dict[str, int]) -> ReorderedLine:
    """How many of a line still fit into the cart."""
    sku, ordered, there = line.sku, line.quantity, held.get(line.sku, 0)
    if goods is None or not goods.for_sale:
        return ReorderedLine(sku=sku, ordered=ordered, added=0, outcome="not_sold")
    room = MAX_QUANTITY - there if there or len(held) < MAX_ITEMS else 0
    added = max(0, min(ordered, goods.available - there, room))
    if added == ordered:
        return ReorderedLine(sku=sku, ordered=ordered, added=added, outcome="added")
    if added:
        return ReorderedLine(sku=sku, ordered=ordered, added=added, outcome="partly_added")
    outcome = "limit_reached" if room <= 0 else "out_of_stock"
    return ReorderedLine(sku=sku, ordered=ordered, added=0, outcome=outcome)


async def _saved_items(ctx: Context) -> SavedItems:
    own: tuple[Any, ...] = (col(SavedItemRow.sku).label("held"), col(SavedItemRow.quantity))
    statement = joined_goods(select(*own, *GOODS, AVAILABLE).select_from(SavedItemRow), col(SavedItemRow.sku))
    own_rows = statement.where(col(SavedItemRow.account) == ctx.caller.account)
    rows = await ctx.rows(own_rows.order_by(col(SavedItemRow.saved_at), col(SavedItemRow.sku)))
    items = [SavedItemView(**dict(item_of(ctx, row)), for_sale=bool(row.for_sale)) for row in rows if row.sku]
    return SavedItems(items=items, next_cursor=None)


def _saved(ctx: Context, sku: str) -> tuple[Any, Any]:
    return col(SavedItemRow.account) == ctx.caller.account, col(SavedItemRow.sku) == sku
