"""What is said for each intent, as it is written down in `sayings/*.yaml`: a file has intents, each with what is said for it."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import yaml

from agent.planner.goods import Goods
from agent.planner.lexicon import LOADER, Code, Intent
from agent.planner.units import reader

HERE = Path(__file__).parent
Example = tuple[list[str], Intent]


def examples(code: Code, goods: Goods) -> list[Example]:
    """What is said, as units, with what it means."""
    read = reader(code)
    return [(units, intent) for intent, said in written(code) if (units := read.units(said, (), goods))]


def written(code: Code) -> Iterator[tuple[Intent, str]]:
    for path in sorted((HERE / "sayings").glob(f"{code}*.yaml")):
        read: dict[Intent, list[str]] = yaml.load(path.read_text(encoding="utf-8"), LOADER)  # noqa: S506 (both are safe)
        yield from ((intent, said) for intent, all_said in read.items() for said in all_said)


def digest(code: Code) -> str:
    """Tells whether anything that is said has changed."""
    return hashlib.sha256(json.dumps(list(written(code)), ensure_ascii=False).encode()).hexdigest()
