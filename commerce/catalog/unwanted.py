"""What a search leaves out: goods that hold the words, unless they say that they are free of them or come without them too."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, exists, or_, select
from sqlmodel import col

from ..adapters.search import Form, ProductSearch, form_of
from ..context import Context
from .denials import denied
from .filters import holds, like
from .records import ProductRow, VariantAttributeRow
from .rules import phrases_of
from .tokens import Word, query_words


class Unwanted(NamedTuple):
    """All that the conditions depend on."""

    forms: tuple[Form, ...] = ()
    """Of each phrase."""
    said: bool = False
    """Only goods that say that they are free of it."""


@lru_cache(maxsize=1_000)
def words_of(text: str) -> tuple[tuple[Word, ...], ...]:
    """Of each phrase."""
    return tuple(tuple(query_words(phrase)) for phrase in phrases_of(text))


def unwanted_of(text: str, *, said: bool) -> Unwanted:
    return Unwanted(tuple(map(form_of, words_of(text))), said)


SHOWN_VALUES = select(col(VariantAttributeRow.name), col(VariantAttributeRow.value)).distinct().subquery()
"""Each once: an index of so many variants has few of them, and the server leaps from one to the next."""
TELLING = select(SHOWN_VALUES.c.name).distinct().where(holds(SHOWN_VALUES.c.value, "like"))


async def values_of(ctx: Context, text: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    search = ctx.shop.search
    for number, (phrase, words) in enumerate(zip(phrases_of(text), words_of(text), strict=True)):
        values |= search.held_values(words, _held(number))
        values |= search.held_values(denied(list(words)), _free(number))
        values[_telling(number)] = [row.name for row in await ctx.rows(TELLING, like=like(phrase))]
    return values


def conditions(search: ProductSearch, unwanted: Unwanted) -> Iterator[ColumnElement[bool]]:
    """Besides those of the filters, by which one variant is not like it."""
    product = col(ProductRow.slug)
    for number, form in enumerate(unwanted.forms):
        free = product.in_(search.holding(form, _free(number)))
        if unwanted.said:
            yield free
            continue
        yield or_(free, product.not_in(search.holding(form, _held(number))), _told_by_variants(number))


def _told_by_variants(number: int) -> ColumnElement[bool]:
    """What has a color of its own is not red for a text that speaks of red."""
    kinds = col(VariantAttributeRow.name).in_(bindparam(_telling(number), expanding=True))
    return exists().where(col(VariantAttributeRow.product) == col(ProductRow.slug), kinds)


def _held(number: int) -> str:
    return f"unwanted_{number}"


def _free(number: int) -> str:
    return f"free_of_{number}"


def _telling(number: int) -> str:
    """What attributes are called of which a value holds the words."""
    return f"telling_{number}"
