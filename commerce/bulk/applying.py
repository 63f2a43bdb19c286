"""Applying a file of goods: the same writes as one by one, product after product."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, select, update
from sqlmodel import col

from ..catalog.indexing import BATCH, reindex
from ..catalog.records import ProductRow, VariantRow
from ..context import Context
from ..errors import Refusal
from ..inventory.moves import ByHand, count
from ..inventory.records import StockRow
from ..listings.refusals import ProductExists
from ..listings.schemas import NewVariant
from ..listings.variants import put_attributes
from ..listings.writing import add_variants, category_for_goods, insert_product, my_product, note_prices
from ..money import minor_units
from .files import Numbered
from .schemas import GoodsLine, LineProblem

PRODUCT = ("name", "names", "description", "descriptions", "brand", "category", "keywords", "free_shipping")
VARIANT = ("labels", "on_sale")


class LineWrong(Exception):
    """One line does not fit; told in the report."""

    def __init__(self, number: int, field: str, problem: str) -> None:
        super().__init__(problem)
        self.told = LineProblem(line=number, field=field, problem=problem)


@dataclass
class Tally:
    """What was done, and what could not be."""

    new_products: int = 0
    changed_products: int = 0
    new_variants: int = 0
    changed_variants: int = 0
    problems: list[LineProblem] = field(default_factory=list)


async def apply(ctx: Context, merchant: str, lines: Sequence[Numbered], *, set_stock: bool) -> Tally:
    """All lines, whatever is wrong with some of them: the caller gives the transaction up when there are problems."""
    tally = Tally()
    by_product: dict[str, list[Numbered]] = {}
    for numbered in lines:
        by_product.setdefault(numbered.line.product, []).append(numbered)
    for slug in sorted(by_product):
        try:
            await _apply_product(ctx, merchant, by_product[slug], tally, set_stock=set_stock)
        except LineWrong as wrong:
            tally.problems.append(wrong.told)
        except Refusal as refused:
            number = by_product[slug][0].number
            tally.problems.append(LineProblem(line=number, field="product", problem=str(refused)))
    slugs = sorted(by_product)
    for first in range(0, len(slugs), BATCH) if not tally.problems else ():
        await reindex(ctx, slugs[first : first + BATCH])
    return tally


async def _apply_product(
    ctx: Context, merchant: str, lines: Sequence[Numbered], tally: Tally, *, set_stock: bool
) -> None:
    slug = lines[0].line.product
    row = await ctx.row(select(ProductRow).where(col(ProductRow.slug) == slug))
    if row is not None and (row.merchant != merchant or row.deleted_at is not None):
        raise ProductExists(slug)
    facts = _facts(lines)
    if "category" in facts:
        await category_for_goods(ctx, facts["category"])
    if row is None:
        _needs(lines[0], facts, "name", "category")
        await insert_product(ctx, slug, merchant, facts)
        tally.new_products += 1
    locked = await my_product(ctx, slug)
    changed = {name: value for name, value in facts.items() if getattr(locked, name) != value}
    if changed:
        await ctx.run(update(ProductRow).where(col(ProductRow.slug) == slug).values(**changed))
        tally.changed_products += 1
    await _apply_variants(ctx, locked, [n for n in lines if n.line.sku], tally, set_stock=set_stock)


def _facts(lines: Sequence[Numbered]) -> dict[str, Any]:
    """What the lines say of their product; they must not contradict each other."""
    facts: dict[str, Any] = {}
    for number, line in lines:
        told = {name: getattr(line, name) for name in PRODUCT} | {"on_sale": line.product_on_sale}
        for name, value in told.items():
            if value is not None and facts.setdefault(name, value) != value:
                raise LineWrong(number, name, "differs from an earlier line of the same product")
    return facts


def _needs(numbered: Numbered, given: dict[str, Any], *names: str) -> None:
    for name in names:
        if given.get(name) is None:
            raise LineWrong(numbered.number, name, "is needed for what is new")


async def _apply_variants(
    ctx: Context, product: Row[Any], lines: Sequence[Numbered], tally: Tally, *, set_stock: bool
) -> None:
    own = col(VariantRow.product) == product.slug, col(VariantRow.deleted_at).is_(None)
    stock = select(VariantRow, col(StockRow.on_hand), col(StockRow.low_stock_at)).join(
        StockRow, col(StockRow.sku) == col(VariantRow.sku)
    )
    held = {row.sku: row for row in await ctx.rows(stock.where(*own))}
    seen: set[str | None] = set()
    for number, line in lines:
        if line.sku in seen:
            raise LineWrong(number, "sku", "stands in the file twice")
        seen.add(line.sku)
    known = [n for n in lines if n.line.sku in held]
    attributes = {
        str(n.line.sku): {"attributes": n.line.attributes}
        for n in known
        if n.line.attributes is not None and n.line.attributes != held[str(n.line.sku)].attributes
    }
    if attributes:
        await put_attributes(ctx, product.slug, attributes)
    for numbered in known:
        row = held[str(numbered.line.sku)]
        changed = await _apply_known(ctx, row, numbered, set_stock=set_stock) or row.sku in attributes
        tally.changed_variants += changed
    fresh = [_new_variant(ctx, n) for n in lines if n.line.sku not in held]
    await add_variants(ctx, product, fresh)
    tally.new_variants += len(fresh)


async def _apply_known(ctx: Context, row: Row[Any], numbered: Numbered, *, set_stock: bool) -> bool:
    line = numbered.line
    wanted = {name: getattr(line, name) for name in VARIANT} | {"price": _price(ctx, numbered)}
    changed = {name: value for name, value in wanted.items() if value is not None and getattr(row, name) != value}
    if changed:
        await ctx.run(update(VariantRow).where(col(VariantRow.sku) == row.sku).values(**changed))
    if "price" in changed:
        await note_prices(ctx, {row.sku: changed["price"]})
    low = line.low_stock_at is not None and line.low_stock_at != row.low_stock_at
    if low:
        low_stock = update(StockRow).where(col(StockRow.sku) == row.sku)
        await ctx.run(low_stock.values(low_stock_at=line.low_stock_at))
    counted = set_stock and line.stock is not None and line.stock != row.on_hand
    if counted and line.stock is not None:
        await count(ctx, row.sku, line.stock, ByHand("counted", "import"))
    return bool(changed) or low or counted


def _new_variant(ctx: Context, numbered: Numbered) -> NewVariant:
    line: GoodsLine = numbered.line
    _needs(numbered, {"price": line.price}, "price")
    names = ("sku", "attributes", "labels", "stock", "low_stock_at", "on_sale")
    given = {name: getattr(line, name) for name in names if getattr(line, name) is not None}
    return NewVariant(**given, price=_price(ctx, numbered))


def _price(ctx: Context, numbered: Numbered) -> int | None:
    if numbered.line.price is None:
        return None
    try:
        return minor_units(numbered.line.price, ctx.shop.settings.currency)
    except ValueError as wrong:
        raise LineWrong(numbered.number, "price", str(wrong)) from None
