"""What a search leaves out: goods that hold the words, unless they say that they are free of them or come without them too."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from ..adapters.search import Form, ProductSearch, form_of
from .denials import denied
from .filters import named_by
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


def values_of(search: ProductSearch, text: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for number, words in enumerate(words_of(text)):
        values |= search.held_values(words, _held(number))
        values |= search.held_values(denied(list(words)), _free(number))
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
    own, other = aliased(VariantAttributeRow), aliased(VariantAttributeRow)
    kinds = select(col(other.name)).where(named_by(number, other))
    return exists().where(col(own.product) == col(ProductRow.slug), col(own.name).in_(kinds))


def _held(number: int) -> str:
    return f"unwanted_{number}"


def _free(number: int) -> str:
    return f"free_of_{number}"
