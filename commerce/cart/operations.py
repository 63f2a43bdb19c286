"""Use cases of the cart."""

from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlmodel import col

from ..catalog.goods import line_of, sellable
from ..catalog.refusals import VariantNotFound
from ..context import Context
from ..inventory.refusals import OutOfStock
from ..operation import Effect, operation
from ..views import Message, Nothing
from .records import CartItemRow
from .refusals import CartFull, NotInCart, TooManyOfOne
from .schemas import MAX_QUANTITY, AddToCart, CartItemView, CartView, ChangeCartItem, RemoveFromCart

MAX_ITEMS = 100


@operation(Effect.READ, "GET /cart")
async def view_cart(ctx: Context, asked: Nothing) -> CartView:
    """What is in the shopper's cart, at the prices of now."""
    return await cart_view(ctx)


@operation(Effect.WRITE, "POST /cart/items")
async def add_to_cart(ctx: Context, asked: AddToCart) -> CartView:
    """Put a variant into the shopper's cart, on top of what is there, and return the whole cart."""
    held = await _quantity(ctx, asked.sku)
    await _set(ctx, asked.sku, (held or 0) + asked.quantity, held)
    return await cart_view(ctx)


@operation(Effect.WRITE, "PATCH /cart/items/{sku}")
async def change_cart_item(ctx: Context, asked: ChangeCartItem) -> CartView:
    """Set how many of a variant the cart holds; 0 takes it out. Returns the whole cart."""
    held = await _quantity(ctx, asked.sku)
    if held is None:
        raise NotInCart(asked.sku)
    if asked.quantity == 0:
        await _remove(ctx, asked.sku)
    else:
        await _set(ctx, asked.sku, asked.quantity, held)
    return await cart_view(ctx)


@operation(Effect.WRITE, "DELETE /cart/items/{sku}")
async def remove_from_cart(ctx: Context, asked: RemoveFromCart) -> CartView:
    """Take a variant out of the cart and return what is left."""
    if not await _remove(ctx, asked.sku):
        raise NotInCart(asked.sku)
    return await cart_view(ctx)


@operation(Effect.WRITE, "DELETE /cart")
async def clear_cart(ctx: Context, asked: Nothing) -> CartView:
    """Take everything out of the cart."""
    await ctx.run(delete(CartItemRow).where(col(CartItemRow.account) == ctx.caller.account))
    return await cart_view(ctx)


async def cart_view(ctx: Context) -> CartView:
    rows = await cart_rows(ctx)
    known = await sellable(ctx, [row.sku for row in rows]) if rows else {}
    goods = {sku: row for sku, row in known.items() if row.for_sale}
    items = [_item(ctx, row, goods[row.sku]) for row in rows if row.sku in goods]
    return CartView(
        items=items,
        subtotal=ctx.money(sum(item.total.amount for item in items)),
        messages=[message for row in rows for message in _messages(ctx, row, goods.get(row.sku))],
    )


async def cart_rows(ctx: Context) -> list[Row[Any]]:
    mine = select(CartItemRow).where(col(CartItemRow.account) == ctx.caller.account)
    return list(await ctx.rows(mine.order_by(col(CartItemRow.added_at), col(CartItemRow.sku))))


async def take_bought(ctx: Context, bought: dict[str, int]) -> None:
    """What was ordered leaves the cart; what was added to it meanwhile stays."""
    for sku, quantity in sorted(bought.items()):
        mine = _mine(ctx, sku)
        await ctx.run(delete(CartItemRow).where(*mine, col(CartItemRow.quantity) <= quantity))
        await ctx.run(update(CartItemRow).where(*mine).values(quantity=col(CartItemRow.quantity) - quantity))


def _mine(ctx: Context, sku: str) -> tuple[Any, Any]:
    return col(CartItemRow.account) == ctx.caller.account, col(CartItemRow.sku) == sku


async def _quantity(ctx: Context, sku: str) -> int | None:
    held: int | None = await ctx.value(select(col(CartItemRow.quantity)).where(*_mine(ctx, sku)).with_for_update())
    return held


async def _remove(ctx: Context, sku: str) -> int:
    return await ctx.run(delete(CartItemRow).where(*_mine(ctx, sku)))


async def _set(ctx: Context, sku: str, quantity: int, held: int | None) -> None:
    """Refuses what does not exist, what is not left, and more than one line may hold."""
    goods = (await sellable(ctx, [sku])).get(sku)
    if goods is None or not goods.for_sale:
        raise VariantNotFound(sku)
    if quantity > goods.available and quantity > (held or 0):
        raise OutOfStock(sku, quantity, goods.available)
    if quantity > MAX_QUANTITY:
        raise TooManyOfOne(sku, MAX_QUANTITY)
    if held is not None:
        await ctx.run(update(CartItemRow).where(*_mine(ctx, sku)).values(quantity=quantity, price_seen=goods.price))
        return
    if await ctx.value(select(func.count()).where(col(CartItemRow.account) == ctx.caller.account)) >= MAX_ITEMS:
        raise CartFull(MAX_ITEMS)
    row = {
        "account": ctx.caller.account,
        "sku": sku,
        "quantity": quantity,
        "price_seen": goods.price,
        "added_at": ctx.now,
    }
    await ctx.run(insert(CartItemRow).values(**row))


def _item(ctx: Context, row: Row[Any], goods: Row[Any]) -> CartItemView:
    return CartItemView(**dict(line_of(ctx, goods, row.quantity)), available=goods.available)


def _messages(ctx: Context, row: Row[Any], goods: Row[Any] | None) -> list[Message]:
    if goods is None:
        gone = f"{row.sku} is not sold any more and was left out."
        return [Message(type="warning", code="not_sold", content=gone, severity="requires_buyer_review", sku=row.sku)]
    found = []
    if goods.price != row.price_seen:
        told = f"The price of {row.sku} was {ctx.money(row.price_seen)} and is {ctx.money(goods.price)}."
        found.append(
            Message(type="warning", code="price_changed", content=told, severity="requires_buyer_review", sku=row.sku)
        )
    if goods.available < row.quantity:
        told = f"Only {goods.available} of {row.sku} are left; {row.quantity} are in the cart."
        found.append(
            Message(type="warning", code="out_of_stock", content=told, severity="requires_buyer_input", sku=row.sku)
        )
    return found
