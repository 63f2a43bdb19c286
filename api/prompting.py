"""`domtok prompt …`: which prompts there are, what a version says, what changed between two, and how one reads when it is filled in."""

import difflib
from collections.abc import Sequence
from typing import Any, NoReturn

import typer
import yaml
from jinja2 import TemplateError

from prompts import NoSuchPrompt, Prompt, PromptWrong, examples, find_prompt, load_prompt, locked


def listed() -> None:
    """Every version, the newest of each prompt first."""
    for name, versions in sorted(locked().items()):
        for version in sorted(versions, reverse=True):
            prompt = load_prompt(f"{name}@{version}")
            typer.echo(f"{f'{name}@{version}':20} {prompt.hash}  {prompt.purpose}")


def shown(wanted: str) -> None:
    typer.echo(_found(wanted).text.strip())


def differing(first: str, second: str) -> int:
    """As `diff` tells it: 0 when both say the same, else 1."""
    a, b = _found(first), _found(second)
    lines = difflib.unified_diff(
        a.text.splitlines(), b.text.splitlines(), f"{first} {a.hash}", f"{second} {b.hash}", lineterm=""
    )
    told = list(lines)
    for line in told:
        typer.secho(line, fg={"+": "green", "-": "red", "@": "cyan"}.get(line[:1]))
    return int(bool(told))


def rendered(wanted: str, language: str, shopper: str, guest: bool, values: Sequence[str]) -> None:
    """Inputs that are not given are those of `prompts/examples.yaml`."""
    prompt = _found(wanted)
    given = {"guest": guest} | ({"name": f"«{shopper}»"} if shopper else {}) | _written(values)
    if strange := sorted(set(_written(values)) - set(prompt.inputs)):
        _give_up(f"{prompt.name} has no input {', '.join(strange)}; it takes: {', '.join(prompt.inputs) or 'none'}")
    known = examples(language) | given
    if missing := [name for name in prompt.inputs if name not in known]:
        _give_up(f"say what these are with --set NAME=VALUE: {', '.join(missing)}")
    try:
        typer.echo(prompt.render(**{name: known[name] for name in prompt.inputs}))
    except TemplateError as wrong:
        _give_up(f"{wanted}: {wrong}")


def _written(values: Sequence[str]) -> dict[str, Any]:
    """`name=value`, the value as YAML writes it."""
    pairs = [value.partition("=") for value in values]
    if wrong := [name for name, sign, _ in pairs if not sign]:
        _give_up(f"{wrong[0]} has no value; write {wrong[0]}=…")
    return {name: yaml.safe_load(value) for name, _, value in pairs}


def _found(wanted: str) -> Prompt:
    try:
        return find_prompt(wanted)
    except (NoSuchPrompt, PromptWrong) as wrong:
        _give_up(str(wrong))


def _give_up(why: str) -> NoReturn:
    typer.echo(why, err=True)
    raise typer.Exit(2)
