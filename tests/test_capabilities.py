"""Every promise has what keeps it and a test that shows it."""

import ast
from functools import lru_cache
from pathlib import Path

import pytest

from commerce.operations import CATALOG
from tests.capabilities import PAGE, ROOT, page, rows

PROMISED = {"U": 9, "G": 9, "C": 39, "K": 10, "O": 14, "P": 11, "W": 32, "A": 12, "J": 11}
"""How many rows there are of each kind; J: the journeys."""
ROWS = rows()


@lru_cache
def _tests_of(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return frozenset(n.name for n in found if n.name.startswith("test_"))


def test_every_row_is_there() -> None:
    wanted = {f"{kind}-{number}" for kind, count in PROMISED.items() for number in range(1, count + 1)}
    assert wanted == set(ROWS)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_row_has_what_keeps_it_and_tests_that_exist(name: str) -> None:
    row = ROWS[name]
    assert row.operations or row.by
    assert set(row.operations) <= set(CATALOG)
    for test in row.tests:
        file, _, function = test.partition("::")
        assert f"test_{function}" in _tests_of(ROOT / "tests" / file), test


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make docs"
