"""Every operation × everybody whom it does not concern × both doors: nothing leaks, and "not yours" is "not there"."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from commerce.errors import Refusal
from commerce.operation import Operation, Who
from commerce.operations import CATALOG
from tests.prove.cast import OWN_IDS, Cast, Person, assembled, like
from tests.prove.recipes import RECIPES, Recipe, recipe_of
from tests.prove.report import Claim
from tests.test_parity import CASES
from tools import ToolResult

Told = tuple[bool, str]
"""Whether it was refused, and every word of the answer."""
UNOWNED = {"account", "session", "commerce_version", "agent_version", "category", "product", "variant", "stock"}
"""Tables whose ids are public, or also those of the people who ask."""


def test_every_operation_has_a_recipe() -> None:
    assert [name for name in CATALOG if name not in RECIPES and name not in CASES] == []
    assert [name for name in RECIPES if name not in CATALOG] == []


@pytest.mark.parametrize("name", sorted(CATALOG))
async def test_strangers_learn_nothing_and_change_nothing(name: str, tmp_path: Path, claim: Claim) -> None:
    operation, recipe = CATALOG[name], recipe_of(name)
    async with assembled(tmp_path) as cast:
        asked = await recipe.make(cast)
        before, secrets = await cast.rows(), await secrets_of(cast, operation)
        for stranger in [] if recipe.bearer else cast.strangers_of(operation):
            for door in (by_rest, by_agent):
                await nothing_leaks(cast, door, stranger, operation, recipe, asked, secrets)
        if names_something(operation, recipe, asked):
            assert changed(before, await cast.rows()) == [], "a stranger changed something"
        own = await cast.by_rest(cast.owner_of(operation), operation, asked)
        assert own.status_code < 300, f"the owner is refused too, so this shows nothing: {own.text}"
        strangers = 0 if recipe.bearer else len(cast.strangers_of(operation))
    claim(
        did=f"{name} asked by {strangers} strangers, over REST and by an agent", seen="as claimed", times=strangers * 2
    )


async def nothing_leaks(
    cast: Cast,
    door: Callable[..., Awaitable[Told]],
    stranger: Person,
    operation: Operation[Any, Any],
    recipe: Recipe,
    asked: dict[str, Any],
    secrets: set[str],
) -> None:
    about = f"{stranger.name} at {operation.name} {door.__name__}"
    nobodys = without(operation, recipe, asked)
    refused, told = await door(cast, stranger, operation, asked)
    if stranger.name in {"expired session", "signed out", "banned"} and operation.who is not Who.UNSEEN:
        assert refused, f"{about}: a session that ended still counts"
    leaked = {s for s in secrets if s in told} - set(words_of(asked))
    assert not leaked, f"{about}: {leaked} in {told}"
    if asked == nobodys:
        return
    assert refused, f"{about}: let through: {told}"
    again, none = await door(cast, stranger, operation, nobodys)
    assert again
    assert masked(told, asked) == masked(none, nobodys), about


async def by_rest(cast: Cast, who: Person, operation: Operation[Any, Any], asked: dict[str, Any]) -> Told:
    answer = await cast.by_rest(who, operation, asked)
    assert answer.status_code < 500, answer.text
    return answer.is_error, _whole(answer)


def _whole(answer: httpx.Response) -> str:
    """Status, headers and body, without what differs from one request to the next."""
    headers = {k: v for k, v in answer.headers.items() if k not in {"x-trace-id", "date", "server-timing"}}
    trace = answer.headers.get("x-trace-id", "-")
    return f"{answer.status_code} {sorted(headers.items())} {answer.text}".replace(trace, "TRACE")


async def by_agent(cast: Cast, who: Person, operation: Operation[Any, Any], asked: dict[str, Any]) -> Told:
    try:
        result: ToolResult = await cast.by_agent(who, operation, asked)
    except Refusal as refused:
        return True, str(refused)
    return result.refusal is not None, f"{result.text} {result.refusal} {result.view}"


def without(operation: Operation[Any, Any], recipe: Recipe, asked: dict[str, Any]) -> dict[str, Any]:
    """The arguments, naming what does not exist."""
    nobodys: dict[str, Any] = like(asked)
    return nobodys | {name: _unlike(asked[name]) for name in owned_names(operation, recipe) if name in asked}


def owned_names(operation: Operation[Any, Any], recipe: Recipe) -> set[str]:
    """What a merchant's path names is a merchant's; other people's things have ids that nobody guesses."""
    theirs = set(operation.path_fields) if operation.who in {Who.MERCHANT, Who.ADMIN} else set()
    return theirs | recipe.names


def _unlike(value: str) -> str:
    return str(like(value)) if OWN_IDS.fullmatch(value) else re.sub(r"[A-Z]", "Q", re.sub(r"[a-z]", "q", value))


def names_something(operation: Operation[Any, Any], recipe: Recipe, asked: dict[str, Any]) -> bool:
    return not recipe.bearer and without(operation, recipe, asked) != asked


def masked(told: str, asked: dict[str, Any]) -> str:
    for word in sorted(words_of(asked), key=len, reverse=True):
        told = told.replace(word, "ASKED")
    return told


def words_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [word for v in value.values() for word in words_of(v)]
    if isinstance(value, list):
        return [word for v in value for word in words_of(v)]
    return [value] if isinstance(value, str) and len(value) > 3 else []


def changed(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> list[str]:
    return [table for table in before if before[table] != after[table] and table != "session"]


async def secrets_of(cast: Cast, operation: Operation[Any, Any]) -> set[str]:
    """Ids of everything private, and who its owner is."""
    rows = await cast.rows()
    private = " ".join(str(row) for table, held in rows.items() if table not in UNOWNED for row in held)
    owner = cast.owner_of(operation).shopper.caller.account
    return set(OWN_IDS.findall(private)) - {p.shopper.caller.account for p in cast.people.values()} | {owner}
