"""The dialogues as they are written down: `mending/*.yaml` to work with, `measured/*.yaml` to measure by.

A file says its language and whether it is for measuring; then dialogues by name. A dialogue is a list of turns, or what is
`given`, who the `shopper` is, and the `turns`. A turn is a kind, what is said, and the calls that it shall lead to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

HERE = Path(__file__).parent
Language = Literal["en", "zh", "mixed"]
Shopper = Literal["ada", "merchant", "guest", "newcomer"]
OrderState = Literal["unpaid", "paid", "shipped", "delivered", "refund_requested"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GivenOrder(_Strict):
    lines: dict[str, int]
    state: OrderState


class Given(_Strict):
    """What the shopper did before: pieces by SKU, orders from the oldest on, codes, a gift card's worth in minor units."""

    cart: dict[str, int] = {}
    saved: list[str] = []
    claimed: list[str] = []
    orders: list[GivenOrder] = []
    gift_card: int = 0


class _Dialogue(_Strict):
    shopper: Shopper = "ada"
    given: Given = Given()
    turns: list[list[Any]]


class _File(_Strict):
    measure: bool
    language: Language
    dialogues: dict[str, list[list[Any]] | _Dialogue]


@dataclass(frozen=True)
class Utterance:
    kind: str
    says: str
    calls: tuple[tuple[str, dict[str, Any]], ...]


@dataclass(frozen=True)
class Dialogue:
    name: str
    language: Language
    measure: bool
    shopper: Shopper
    given: Given
    turns: tuple[Utterance, ...]


def dialogues(*, measured: bool) -> list[Dialogue]:
    """One half of the set."""
    files = [_File.model_validate(yaml.safe_load(f.read_text(encoding="utf-8"))) for f in sorted(HERE.glob("*/*.yaml"))]
    return [dialogue for file in files if file.measure == measured for dialogue in _of(file)]


def _of(file: _File) -> Iterator[Dialogue]:
    for name, written in file.dialogues.items():
        whole = written if isinstance(written, _Dialogue) else _Dialogue(turns=written)
        turns = tuple(_utterance(turn) for turn in whole.turns)
        yield Dialogue(name, file.language, file.measure, whole.shopper, whole.given, turns)


def _utterance(turn: list[Any]) -> Utterance:
    kind, says, *calls = turn
    return Utterance(kind, says, tuple((name, arguments) for call in calls for name, arguments in call.items()))
