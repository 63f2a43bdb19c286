"""What a toolbox offers: a shop's operations, and how a model is told of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from commerce.errors import Refusal
from commerce.operation import Operation
from commerce.operations import CATALOG

from .mentions import IDS
from .receipts import SUMMARIES
from .render import render


def view_text(view: BaseModel) -> str:
    return render(view) or "(nothing)"


def refusal_text(_operation: str, refused: Refusal) -> str:
    return f"REFUSED {refused.code}: {refused} {refused.advice}"


@dataclass(frozen=True, eq=False)
class Offer:
    """Of one shop; the agent, its gates and its receipts are the same for every shop."""

    catalog: Mapping[str, Operation[Any, Any]]
    summaries: Mapping[str, Callable[[Any, Any], str]]
    """Of each operation that changes something: one sentence from its input and its view."""
    ids: frozenset[str]
    """Fields and arguments that name a thing of the shop, wherever they stand."""
    view_text: Callable[[BaseModel], str] = view_text
    refusal_text: Callable[[str, Refusal], str] = refusal_text


OURS = Offer(CATALOG, SUMMARIES, IDS)
