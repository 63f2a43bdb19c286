"""What can be looked up in the foreign shop, and what changes nothing there."""

from sqlalchemy import bindparam, select

from commerce.context import Context
from commerce.operation import Effect, Who, operation

from . import looking
from .catalog import TAU
from .reckoning import reckoned
from .refusals import UnknownThing
from .schemas import (
    ByEmail,
    ByNameAndZip,
    FoundView,
    Nothing,
    OneItem,
    OneOrder,
    OneProduct,
    OneUser,
    OrderView,
    ProductType,
    ProductTypesView,
    ProductView,
    SaidView,
    Sum,
    Transfer,
    UserView,
    VariantView,
)
from .tables import PRODUCT, USER, VARIANT

TRANSFERRED = "Transfer successful"
BY_EMAIL = select(USER.c.user_id).where(USER.c.email_folded == bindparam("email"))
BY_NAME = select(USER.c.user_id).where(USER.c.name_folded == bindparam("name"), USER.c.zip == bindparam("zip"))
PRODUCT_OF = select(PRODUCT).where(PRODUCT.c.product_id == bindparam("of"))
VARIANTS_OF = select(VARIANT).where(VARIANT.c.product_id == bindparam("of")).order_by(VARIANT.c.position)
PRODUCTS = select(PRODUCT).order_by(PRODUCT.c.name)


def folded_name(first: str, last: str) -> str:
    return f"{first.casefold()} {last.casefold()}"


@operation(Effect.READ, "GET /users/by-email", who=Who.CUSTOMER, catalog=TAU)
async def find_user_id_by_email(ctx: Context, asked: ByEmail) -> FoundView:
    """Look up a user id by e-mail address; capitals do not matter."""
    return _found(ctx, await ctx.value(BY_EMAIL, email=asked.email.casefold()), asked.email)


@operation(Effect.READ, "GET /users/by-name", who=Who.CUSTOMER, catalog=TAU)
async def find_user_id_by_name_zip(ctx: Context, asked: ByNameAndZip) -> FoundView:
    """Look up a user id by first name, last name and zip code. The way when there is no user with the e-mail address given, or
    when the user does not remember it."""
    name = folded_name(asked.first_name, asked.last_name)
    return _found(ctx, await ctx.value(BY_NAME, name=name, zip=asked.zip), f"{asked.first_name} {asked.last_name}")


def _found(ctx: Context, user_id: str | None, asked: str) -> FoundView:
    if user_id is None or not looking.may_see(ctx, user_id):
        raise UnknownThing("user", asked)
    return FoundView(user_id=user_id)


@operation(Effect.READ, "GET /users/{user_id}", who=Who.CUSTOMER, catalog=TAU)
async def get_user_details(ctx: Context, asked: OneUser) -> UserView:
    """Read a user's profile: default address, payment methods and the ids of the orders."""
    return await looking.user_view(ctx, asked.user_id)


@operation(Effect.READ, "GET /orders/{order_id}", who=Who.CUSTOMER, catalog=TAU)
async def get_order_details(ctx: Context, asked: OneOrder) -> OrderView:
    """Read an order: its status, items, address, shipments and payments."""
    return await looking.order_view(ctx, asked.order_id)


@operation(Effect.READ, "GET /products/{product_id}", who=Who.CUSTOMER, catalog=TAU)
async def get_product_details(ctx: Context, asked: OneProduct) -> ProductView:
    """Read a product with all its variants: item ids, options, prices and whether they can be had."""
    row = await ctx.row(PRODUCT_OF, of=asked.product_id)
    if row is None:
        raise UnknownThing("product", asked.product_id)
    variants = [looking.variant_from(found) for found in await ctx.rows(VARIANTS_OF, of=asked.product_id)]
    return ProductView(product_id=row.product_id, name=row.name, variants=variants)


@operation(Effect.READ, "GET /items/{item_id}", who=Who.CUSTOMER, catalog=TAU)
async def get_item_details(ctx: Context, asked: OneItem) -> VariantView:
    """Read one variant of a product by its item id: options, price and whether it can be had."""
    row = await looking.variant(ctx, asked.item_id)
    if row is None:
        raise UnknownThing("item", asked.item_id)
    return looking.variant_from(row)


@operation(Effect.READ, "GET /products", who=Who.CUSTOMER, catalog=TAU)
async def list_all_product_types(ctx: Context, asked: Nothing) -> ProductTypesView:
    """List the names of all products with their product ids."""
    found = [ProductType(name=row.name, product_id=row.product_id) for row in await ctx.rows(PRODUCTS)]
    return ProductTypesView(items=found)


@operation(Effect.READ, "GET /sums", who=Who.CUSTOMER, catalog=TAU)
async def calculate(ctx: Context, asked: Sum) -> SaidView:
    """Reckon a sum, to two decimals."""
    return SaidView(text=str(reckoned(asked.expression)))


@operation(Effect.READ, "GET /transfers", who=Who.CUSTOMER, catalog=TAU)
async def transfer_to_human_agents(ctx: Context, asked: Transfer) -> SaidView:
    """Hand the user over to a human agent, with a summary. Only when the user asks for something that can't be done with the other
    tools and within the policy."""
    return SaidView(text=TRANSFERRED)
