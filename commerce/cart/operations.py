"""Use cases of the cart."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlmodel import col

from ..catalog.goods import sellable
from ..catalog.refusals import VariantNotFound
from ..context import Context
from ..inventory.refusals import OutOfStock
from ..operation import Effect, operation
from ..views import Nothing
from .records import CartItemRow
from .refusals import CartFull, NotInCart, TooManyOfOne
from .schemas import MAX_QUANTITY, AddToCart, CartView, ChangeCartItem, RemoveFromCart
from .viewing import cart_view, contents, view_of
from .writing import mine, put_more, remove

MAX_ITEMS = 100


@operation(Effect.READ, "GET /cart")
async def view_cart(ctx: Context, asked: Nothing) -> CartView:
    """What is in the shopper's cart, at the prices of now."""
    return await cart_view(ctx)


@operation(Effect.WRITE, "POST /cart/items")
async def add_to_cart(ctx: Context, asked: AddToCart) -> CartView:
    """Put a variant into the shopper's cart, on top of what is there, and return the whole cart."""
    return await view_of(ctx, await add(ctx, asked.sku, asked.quantity))


async def add(ctx: Context, sku: str, quantity: int) -> Sequence[Row[Any]]:
    """Refuses what is not sold, what is not left, and more than a line or a cart may hold. Returns the cart's lines."""
    if not await put_more(ctx, sku, quantity):
        raise VariantNotFound(sku)
    rows = await contents(ctx)
    line = next(row for row in rows if row.held == sku)
    if not line.for_sale:
        raise VariantNotFound(sku)
    if line.quantity > line.available:
        raise OutOfStock(sku, line.quantity, line.available)
    if line.quantity > MAX_QUANTITY:
        raise TooManyOfOne(sku, MAX_QUANTITY)
    if len(rows) > MAX_ITEMS:
        raise CartFull(MAX_ITEMS)
    return rows


@operation(Effect.WRITE, "PATCH /cart/items/{sku}")
async def change_cart_item(ctx: Context, asked: ChangeCartItem) -> CartView:
    """Set how many of a variant the cart holds; 0 takes it out. Returns the whole cart."""
    held = await ctx.value(select(col(CartItemRow.quantity)).where(*mine(ctx, asked.sku)).with_for_update())
    if held is None:
        raise NotInCart(asked.sku)
    if asked.quantity == 0:
        await remove(ctx, asked.sku)
    else:
        await _set(ctx, asked.sku, asked.quantity, held)
    return await cart_view(ctx)


async def _set(ctx: Context, sku: str, quantity: int, held: int) -> None:
    goods = (await sellable(ctx, [sku])).get(sku)
    if goods is None or not goods.for_sale:
        raise VariantNotFound(sku)
    if quantity > goods.available and quantity > held:
        raise OutOfStock(sku, quantity, goods.available)
    await ctx.run(update(CartItemRow).where(*mine(ctx, sku)).values(quantity=quantity, price_seen=goods.price))


@operation(Effect.WRITE, "DELETE /cart/items/{sku}")
async def remove_from_cart(ctx: Context, asked: RemoveFromCart) -> CartView:
    """Take a variant out of the cart and return what is left."""
    if not await remove(ctx, asked.sku):
        raise NotInCart(asked.sku)
    return await cart_view(ctx)


@operation(Effect.WRITE, "DELETE /cart")
async def clear_cart(ctx: Context, asked: Nothing) -> CartView:
    """Take everything out of the cart."""
    await ctx.run(delete(CartItemRow).where(col(CartItemRow.account) == ctx.caller.account))
    return await cart_view(ctx)
