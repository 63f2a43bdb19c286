"""`docs/capabilities.md`: what the shop can do, row by row, with the operations that do it and the tests that show it.

Made from the CATALOG and `docs/capabilities.yaml`; `make docs` writes it.
"""

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from commerce.operations import CATALOG

ROOT = Path(__file__).parent.parent
MAPPING = ROOT / "docs" / "capabilities.yaml"
PAGE = ROOT / "docs" / "capabilities.md"
HEAD = """# What the shop can do

Each row is a promise of the shop that this one replaces, or (W) a fault of it that can't happen here; its id stands in that shop's
inventory. Beside it: the operations that keep the promise, what else does where no operation is asked for, and the tests that
show it. This page is made from the CATALOG and `docs/capabilities.yaml` by `make docs`; a test fails when it is not up to date, or
when a row has no test.
"""


class Row(BaseModel):
    """A promise, or a fault that can't happen."""

    model_config = ConfigDict(extra="forbid")

    what: str
    operations: list[str] = Field(default_factory=list)
    by: str = ""
    """What keeps the promise where no operation does."""
    tests: list[str] = Field(min_length=1)
    """`commerce/test_orders.py::a_quote_ends`: below `tests/`, the name without its `test_`."""


def rows() -> dict[str, Row]:
    """Every row by its id."""
    found = yaml.safe_load(MAPPING.read_text(encoding="utf-8"))
    return {name: Row.model_validate(row) for chapter in found.values() for name, row in chapter.items()}


def page() -> str:
    """The whole page."""
    chapters = yaml.safe_load(MAPPING.read_text(encoding="utf-8"))
    parts = [HEAD]
    for chapter, entries in chapters.items():
        lines = [_line(name, Row.model_validate(entry)) for name, entry in entries.items()]
        head = "| row | what | by | shown by |\n|---|---|---|---|"
        parts.append(f"\n## {chapter}\n\n{head}\n" + "\n".join(lines) + "\n")
    parts.append(_all_operations())
    return "".join(parts)


def _line(name: str, row: Row) -> str:
    does = ", ".join(f"`{operation}`" for operation in row.operations)
    by = "; ".join(filter(None, [does, row.by]))
    shown = "<br>".join(f"`{test}`" for test in row.tests)
    return f"| {name} | {row.what} | {by} | {shown} |"


def _all_operations() -> str:
    head = "\n## All operations\n\n| operation | route | effect | for | agent |\n|---|---|---|---|---|\n"
    told = sorted(CATALOG.values(), key=lambda o: (o.path, o.method))
    return head + "".join(
        f"| `{o.name}` | `{o.method} /v1{o.path}` | {o.effect} | {o.who.name.lower()} | {'yes' if 'agent' in o.surfaces else ''} |\n"
        for o in told
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
