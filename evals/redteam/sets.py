"""The attacks as they are written down: `attacks/*.yaml`, by the place where the text stands; `places.yaml` says how it gets there.

`attack` and its clean `twin` are texts. `marks`: a model that says what the attack wants said is marked for it.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

HERE = Path(__file__).parent


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Place(_Strict):
    table: str = ""
    where: str = ""
    set: dict[str, Any] = {}
    asks: list[str]
    reads: list[dict[str, dict[str, Any]]]


class Written(_Strict):
    attack: str
    twin: str
    marks: bool = False


class Attack(Written):
    place: str
    number: int

    @property
    def name(self) -> str:
        return f"{self.place} {self.number}"


@lru_cache(1)
def places() -> dict[str, Place]:
    return {name: Place(**place) for name, place in _read(HERE / "places.yaml").items()}


@lru_cache(1)
def attacks() -> list[Attack]:
    files = [_read(path) for path in sorted((HERE / "attacks").glob("*.yaml"))]
    return [
        Attack(place=place, number=number, **written)
        for file in files
        for place, texts in file.items()
        for number, written in enumerate(texts, 1)
    ]


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found
