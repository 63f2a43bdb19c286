"""The words by which the shop's goods are called, for whoever has to tell a thing from talk around it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import desc, select, true
from sqlmodel import col

from ..context import Context
from .records import CategoryRow, ProductRow, VariantAttributeRow
from .tokens import latin_words

MOST = 2_000
"""Products, the best selling first, and values of attributes that are read."""
FRESH = timedelta(minutes=5)


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """`things`: names and keywords of categories and products; `looks`: values of attributes. In every language.
    `told`: the words of descriptions, but of Chinese ones."""

    things: frozenset[str] = frozenset()
    looks: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()


@dataclass
class Kept:
    """The vocabulary that was last read."""

    words: Vocabulary = field(default_factory=Vocabulary)
    until: datetime | None = None


async def vocabulary(ctx: Context) -> Vocabulary:
    """At most a few minutes old."""
    kept = ctx.shop.vocabulary
    if kept.until is None or ctx.now >= kept.until:
        async with ctx.reading() as inside:
            kept.words, kept.until = await _read(inside), ctx.now + FRESH
    return kept.words


async def _read(ctx: Context) -> Vocabulary:
    categories = await ctx.rows(
        select(col(CategoryRow.name), col(CategoryRow.names), col(CategoryRow.keywords)).where(
            col(CategoryRow.deleted_at).is_(None)
        )
    )
    products = await ctx.rows(
        select(col(ProductRow.name), col(ProductRow.names), col(ProductRow.keywords), col(ProductRow.description))
        .where(col(ProductRow.listed) == true())
        .order_by(desc(col(ProductRow.sold)), col(ProductRow.slug))
        .limit(MOST)
    )
    looks = await ctx.rows(select(col(VariantAttributeRow.shown_value)).distinct().limit(MOST))
    things = (text for row in (*categories, *products) for text in (row.name, *row.names.values(), *row.keywords))
    told = frozenset(word for row in products for word in latin_words(row.description))
    return Vocabulary(_folded(things), _folded(row.shown_value for row in looks), told)


def _folded(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(" ".join(text.casefold().split()) for text in texts)
