"""`domtok prompt …` shows what models are told, and what changed in it."""

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from prompts import load_prompt, locked


def prompt(*words: str) -> Result:
    return CliRunner().invoke(app, ["prompt", *words])


def test_every_version_is_listed_with_its_hash() -> None:
    told = prompt("list").output
    lines = {line.split()[0]: line.split()[1] for line in told.splitlines()}
    assert lines == {f"{name}@{v}": hash_ for name, versions in locked().items() for v, hash_ in versions.items()}


def test_a_version_is_shown_as_it_is_written() -> None:
    assert prompt("show", "turn_limit@1").output.strip() == load_prompt("turn_limit@1").text.strip()
    assert prompt("show", "shopper").output.strip() == load_prompt("shopper").text.strip()


def test_two_versions_are_compared_line_by_line() -> None:
    told = prompt("diff", "stopped@1", "stopped")
    assert told.exit_code == 1
    assert [line[:1] for line in told.output.splitlines()][:2] == ["-", "+"]
    assert any(line.startswith("+") and "receipts" in line for line in told.output.splitlines())
    assert prompt("diff", "stopped@2", "stopped").exit_code == 0


def test_a_prompt_is_filled_in_for_a_shopper() -> None:
    chinese = prompt("render", "context", "--language", "zh", "--shopper", "小林").output
    assert "«小林»" in chinese
    assert "writes Chinese" in chinese
    assert "has not signed in" in prompt("render", "context", "--guest").output
    assert "used up" in prompt("render", "fallback_notice", "--set", "reason=turn").output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "nothing"), "there is no prompt nothing"),
        (("show", "shopper@99"), "no version 99"),
        (("show", "nowhere.md"), "there is no file nowhere.md"),
        (("render", "shopper", "--set", "colour=red"), "no input colour"),
        (("render", "shopper", "--set", "shop"), "write shop=…"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(words: tuple[str, ...], told: str) -> None:
    found = prompt(*words)
    assert (found.exit_code, told in found.output) == (2, True)
