"""Plays a half of the set, and says how much of it was right, by kind and language."""

import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from langchain_core.messages import ToolMessage

from .grading import right
from .playing import Heard, Stage, staged
from .sets import Dialogue, Utterance, dialogues


@dataclass(frozen=True)
class Result:
    dialogue: Dialogue
    utterance: Utterance
    said: str
    heard: Heard
    right: bool


async def played(*, measured: bool, every: int = 1) -> list[Result]:
    """`every`: plays one dialogue of so many."""
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        for number, dialogue in enumerate(dialogues(measured=measured)[::every]):
            results += await _play(dialogue, Path(folder) / str(number))
    return results


async def _play(dialogue: Dialogue, folder: Path) -> list[Result]:
    stage = await staged(dialogue, folder)
    try:
        return [await _turn(stage, dialogue, utterance) for utterance in dialogue.turns]
    finally:
        await stage.shop.close()


async def _turn(stage: Stage, dialogue: Dialogue, utterance: Utterance) -> Result:
    said = utterance.says
    for number, order in enumerate(stage.orders, 1):
        said = said.replace(f"{{order{number}}}", order)
    heard = await stage.say(said)
    views = [m.artifact["view"] for m in stage.messages if isinstance(m, ToolMessage)]
    return Result(dialogue, utterance, said, heard, right(utterance, heard, stage.orders, views))


def accuracy(results: Iterable[Result]) -> float:
    found = [result.right for result in results]
    return sum(found) / len(found)


def table(results: list[Result], name: str) -> str:
    """Right and all, for each kind and language."""
    languages = ("en", "zh", "mixed")
    every = Counter(_place(r) for r in results)
    good = Counter(_place(r) for r in results if r.right)
    lines = [f"{name:14}" + "".join(f"{language:>12}" for language in (*languages, "all"))]
    for kind in sorted({kind for kind, _ in every}):
        lines.append(_row(kind, [(good[kind, lang], every[kind, lang]) for lang in languages]))
    columns = [[(good[key], every[key]) for key in every if key[1] == language] for language in languages]
    lines.append(_row("all", [(sum(g for g, _ in pairs), sum(n for _, n in pairs)) for pairs in columns]))
    return "\n".join([*lines, f"exact calls: {accuracy(results):.1%} of {len(results)}", ""])


def _place(result: Result) -> tuple[str, str]:
    return result.utterance.kind, result.dialogue.language


def _row(name: str, pairs: list[tuple[int, int]]) -> str:
    whole = (sum(good for good, _ in pairs), sum(every for _, every in pairs))
    return f"{name:14}" + "".join(f"{f'{good}/{every}' if every else '':>12}" for good, every in (*pairs, whole))


def wrong_ones(results: list[Result]) -> list[str]:
    lines: list[str] = []
    for r in results:
        if not r.right:
            calls = "; ".join(f"{c.operation} {c.arguments}" for c in r.heard.calls)
            wanted = "; ".join(f"{name} {arguments}" for name, arguments in r.utterance.calls)
            reply = r.heard.reply.replace("\n", " / ")[:150]
            lines.append(
                f"✗ {r.said}\n    wanted {wanted or 'no call'}\n    made   {calls or 'no call'}\n    said   {reply}"
            )
    return lines
