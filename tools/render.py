"""Views as compact text for a model: one line a thing, amounts as people write them, other people's text fenced."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from commerce.catalog.schemas import ProductView
from commerce.money import Money
from commerce.views import OTHERS_TEXT, Total

from .fence import fenced
from .products import KEY, product_line

FOR_THE_PAGE_ONLY = {
    "names",
    "descriptions",
    "labels",
    "keywords",
    "created_at",
    "delivery_options",
    "action_url",
    "images",
}
"""Fields that a model can do without; the page gets them with the view."""
SEPARATOR = " | "


def render(view: BaseModel) -> str:
    """The whole view. What is empty is left out."""
    return "\n".join(_lines(view, indent=0))


def _lines(view: BaseModel, indent: int) -> Iterator[str]:
    pad = "  " * indent
    flat = SEPARATOR.join(_flat(view))
    if flat:
        yield f"{pad}{'- ' if indent else ''}{flat}"
    for name, children in _nested(view):
        listed = [child for child in children if isinstance(child, ProductView)]
        yield f"{pad}{'  ' if indent else ''}{name}{f' ({KEY})' if listed else ''}:"
        yield from (f"{pad}- {product_line(product)}" for product in listed)
        for child in children if not listed else ():
            yield from _lines(child, indent + 1)


def _flat(view: BaseModel) -> Iterator[str]:
    marks = _others_text(type(view))
    for name, value in _fields(view):
        if isinstance(value, list) and value and isinstance(value[0], Total):
            yield SEPARATOR.join(f"{total.type} {total}" for total in value)
        elif isinstance(value, BaseModel) and not isinstance(value, Money):
            yield f"{name} ({SEPARATOR.join(_flat(value))})"
        elif not (isinstance(value, list) and value and isinstance(value[0], BaseModel)):
            yield f"{name} {_word(value, name in marks)}"


def _nested(view: BaseModel) -> Iterator[tuple[str, list[BaseModel]]]:
    for name, value in _fields(view):
        if isinstance(value, list) and value and isinstance(value[0], BaseModel) and not isinstance(value[0], Total):
            yield name, value


def _fields(view: BaseModel) -> Iterator[tuple[str, Any]]:
    for name in type(view).model_fields:
        value = getattr(view, name)
        if name not in FOR_THE_PAGE_ONLY and value not in (None, "", [], {}):
            yield name, value


def _word(value: Any, others_text: bool) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{_word(k, others_text)}={_word(v, others_text)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(_word(item, others_text) for item in value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M UTC")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return fenced(str(value)) if others_text else str(value)


@lru_cache
def _others_text(model: type[BaseModel]) -> frozenset[str]:
    hints = get_type_hints(model, include_extras=True)
    return frozenset(name for name in model.model_fields if _is_marked(hints[name]))


def _is_marked(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        return OTHERS_TEXT in hint.__metadata__ or _is_marked(get_args(hint)[0])
    return any(_is_marked(part) for part in get_args(hint) if part is not NoneType)
