"""Writing goods to the search index, in the transaction that changed them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    select,
    true,
    update,
)
from sqlmodel import col

from ..adapters.search import Entry
from ..context import ANONYMOUS, Context
from ..leases import held
from ..shop import Shop
from .cards import card_of
from .denials import denied_tokens
from .goods import LISTED, ON_SALE
from .records import LONGEST_NAME, CategoryRow, ProductRow, VariantAttributeRow, VariantRow
from .spelling import learn
from .tokens import folded, index_tokens, latin_words

BATCH = 200
A_WHILE = timedelta(minutes=1)
Variants = dict[str, list[Row[Any]]]
"""Rows by product."""
WRITE_CARD = (
    update(ProductRow)
    .where(col(ProductRow.slug) == bindparam("of"))
    .values(card=bindparam("shown"), name_length=bindparam("tokens"))
)


async def reindex(ctx: Context, products: Sequence[str]) -> None:
    """Brings lowest price, what shoppers see, and what search knows of products up to date; what shoppers do not see is
    forgotten."""
    if not products:
        return
    await _write_what_shows(ctx, products)
    categories = {c.slug: c for c in await ctx.rows(select(CategoryRow))}
    rows = await ctx.rows(select(ProductRow).where(col(ProductRow.slug).in_(products), LISTED))
    variants = await _variants(ctx, [row.slug for row in rows])
    await ctx.shop.search.drop(ctx.db, products)
    if rows:
        shelves = {slug: " ".join(_shelf(c)) for slug, c in categories.items()}
        await ctx.shop.search.put(ctx.db, [_entry(row, variants[row.slug], shelves[row.category]) for row in rows])
    await _write_attributes(ctx, products, variants)
    await _write_cards(ctx, rows, variants)
    texts = [text for row in rows for text in (*_own(row, variants[row.slug]), *_shelf(categories[row.category]))]
    await learn(ctx, [word for text in texts for word in latin_words(text)])


async def _write_what_shows(ctx: Context, products: Sequence[str]) -> None:
    own = col(VariantRow.product) == col(ProductRow.slug), *ON_SALE
    lowest = select(func.min(col(VariantRow.price))).where(*own).scalar_subquery()
    shown = and_(col(ProductRow.on_sale) == true(), col(ProductRow.deleted_at).is_(None), exists().where(*own))
    kept = {
        "lowest_price": func.coalesce(lowest, col(ProductRow.lowest_price)),
        "listed": case((shown, True), else_=False),
    }
    await ctx.run(update(ProductRow).where(col(ProductRow.slug).in_(products)).values(**kept))


async def reindex_stale(ctx: Context) -> int:
    """The job after a category was renamed, or a migration changed what is kept of its products: they are indexed anew."""
    async with ctx.reading() as inside:
        stale = await inside.rows(select(CategoryRow).where(col(CategoryRow.stale_at).is_not(None)))
    if not stale:
        return 0
    async with held(ctx, "reindexing", A_WHILE) as mine:  # one worker is enough
        for row in stale if mine else []:
            await _reindex_category(ctx, row)
    return len(stale)


async def _reindex_category(ctx: Context, row: Row[Any]) -> None:
    """Renamed once more meanwhile, it stays stale."""
    await reindex_all(ctx.shop, col(ProductRow.category) == row.slug)
    async with ctx.writing() as inside:
        seen = col(CategoryRow.slug) == row.slug, col(CategoryRow.stale_at) == row.stale_at
        await inside.run(update(CategoryRow).where(*seen).values(stale_at=None))


async def reindex_all(shop: Shop, *which: ColumnElement[bool]) -> None:
    """Writes the index anew, some products at a time."""
    ctx, last = Context(shop, ANONYMOUS), ""
    while True:
        async with ctx.writing() as inside:
            after = (
                select(col(ProductRow.slug)).where(col(ProductRow.slug) > last, *which).order_by(col(ProductRow.slug))
            )
            slugs = list((await inside.db.execute(after.limit(BATCH))).scalars())
            await reindex(inside, slugs)
        if len(slugs) < BATCH:
            return
        last = slugs[-1]


async def _variants(ctx: Context, products: Sequence[str]) -> Variants:
    """Those on sale."""
    on_sale = select(VariantRow).where(col(VariantRow.product).in_(products), *ON_SALE)
    return by_product(await ctx.rows(in_order(on_sale)))


def in_order(variants: Select[Any]) -> Select[Any]:
    return variants.order_by(col(VariantRow.position), col(VariantRow.sku))


def by_product(variants: Iterable[Row[Any]]) -> Variants:
    found: Variants = defaultdict(list)
    for variant in variants:
        found[variant.product].append(variant)
    return found


async def _write_attributes(ctx: Context, products: Sequence[str], variants: Variants) -> None:
    await ctx.run(delete(VariantAttributeRow).where(col(VariantAttributeRow.product).in_(products)))
    rows = [row for of_one in variants.values() for variant in of_one for row in _attribute_rows(variant)]
    if rows:
        await ctx.db.execute(insert(VariantAttributeRow), rows)


def _attribute_rows(variant: Row[Any]) -> list[dict[str, Any]]:
    """Attributes and their labels stand in the same order."""
    told = {"": variant.attributes} | variant.labels
    return [
        {"sku": variant.sku, "product": variant.product, "language": language, "attribute": folded(attribute)[:64]}
        | {"name": folded(name)[:64], "value": folded(value)[:120]}
        | {"shown_name": name[:64], "shown_value": value[:120]}
        for language, words in told.items()
        for attribute, (name, value) in zip(variant.attributes, words.items(), strict=False)
    ]


async def refresh_cards(ctx: Context, products: Sequence[str]) -> None:
    """After a change of what is shown and not searched for."""
    rows = await ctx.rows(select(ProductRow).where(col(ProductRow.slug).in_(products), LISTED))
    await _write_cards(ctx, rows, await _variants(ctx, [row.slug for row in rows]))


async def _write_cards(ctx: Context, rows: Sequence[Row[Any]], variants: Variants) -> None:
    cards = [
        {"of": row.slug, "shown": card_of(row, variants[row.slug]), "tokens": _name_length(row.name)} for row in rows
    ]
    if cards:
        await ctx.db.execute(WRITE_CARD, cards)


def _name_length(name: str) -> int:
    return min(len(index_tokens(name)), LONGEST_NAME)


def _entry(row: Row[Any], variants: list[Row[Any]], shelf: str) -> Entry:
    names, words, body = _places(row, variants)
    own = [*names, *words, *body]
    free_of = " ".join(dict.fromkeys(token for text in own for token in denied_tokens(text)))
    return Entry(row.slug, _tokens(names), _tokens(words), f"{_tokens(body)} {free_of}", _tokens([shelf]))


def _own(row: Row[Any], variants: list[Row[Any]]) -> list[str]:
    return [text for place in _places(row, variants) for text in place]


def _places(row: Row[Any], variants: list[Row[Any]]) -> tuple[list[str], list[str], list[str]]:
    """Texts of the name, of what else it is called, and of its description."""
    sold_as = [text for v in variants for text in (v.sku, *_attribute_texts(v))]
    return (
        [row.name, *row.names.values(), row.slug],
        [row.brand, *row.keywords, *sold_as],
        [row.description, *row.descriptions.values()],
    )


def _shelf(category: Row[Any]) -> list[str]:
    return [category.name, *category.names.values(), *category.keywords]


def _attribute_texts(variant: Row[Any]) -> list[str]:
    labels = [text for by_language in variant.labels.values() for text in by_language.values()]
    return [*variant.attributes.values(), *labels]


def _tokens(texts: Iterable[str]) -> str:
    return " ".join(token for text in texts for token in index_tokens(text))
