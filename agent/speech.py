"""Text on its way from a model to the shopper: what is no speech is held back, and nothing is said twice."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.messages import AnyMessage, HumanMessage

from .honesty.inert import inert
from .language import Language, language_of

THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>\s*", re.S)
OPENINGS = ("<think>", "<thinking>")
CALLS = ("<tool_call", "<function=", "[TOOL_CALLS]", "<|tool_call", "<|python_tag|>", "<｜tool▁call")
"""What calls begin with, written by models whose server does not read them."""
OBJECTS = ("{", "[{", "```json", "```tool_call")
"""The same, where nothing stands before it."""
MARKS = (*OPENINGS, *CALLS)
QUOTED = re.compile("«[^»]*»?")
ENOUGH = 40
"""Letters after which the language of an answer is beyond doubt."""


class WrongLanguage(Exception):
    """The answer is not in the shopper's language. Nothing of it was shown."""


class Speech:
    """One answer as it comes. What an attempt that failed had shown stays: the next one goes on from there when it says the same,
    and begins a new message when it does not."""

    def __init__(self, write: Callable[[dict[str, Any]], None], expected: Language | None, shown: str = "") -> None:
        self._write = write
        self._expected = expected
        self._before = shown
        self._raw = ""
        self._said = ""
        self._repeating = bool(shown)

    @property
    def shown(self) -> str:
        """What stands in the shopper's view of this message."""
        return self._before if self._repeating else self._said

    @property
    def text(self) -> str:
        """What of the whole answer is meant for the shopper."""
        return inert(self._parts(final=True)[0])

    @property
    def held(self) -> str:
        """A call that was written as text."""
        return self._parts(final=True)[1]

    def take(self, piece: str) -> None:
        self._raw += piece
        visible = inert(self._parts(final=False)[0])
        if self._in_right_language(visible):
            self._show(visible)

    def end(self) -> None:
        if visible := self.text:
            self._show(visible)

    def _parts(self, *, final: bool) -> tuple[str, str]:
        raw = self._raw.lstrip()
        if raw.startswith(OBJECTS) or (not final and raw and any(o.startswith(raw) for o in OBJECTS)):
            return "", raw
        if not any(mark[0] in raw for mark in MARKS):  # as nearly always
            return raw, ""
        raw = THOUGHT.sub("", raw)
        raw = raw[: min((at for o in OPENINGS if (at := raw.find(o)) >= 0), default=len(raw))]
        call = min((at for o in CALLS if (at := raw.find(o)) >= 0), default=len(raw))
        visible, held = raw[:call], raw[call:]
        return (visible if final or held else _without_beginning(visible)), held

    def _in_right_language(self, visible: str) -> bool:
        """Once it can be told; raises WrongLanguage."""
        if self._expected is None:
            return True
        spoken = QUOTED.sub("", visible)
        chinese = sum("\u4e00" <= c <= "\u9fff" for c in spoken)
        others = sum(c.isalpha() for c in spoken) - chinese
        right, wrong = (chinese, others) if self._expected == "zh" else (others, chinese)
        if right >= 2 and right * (12 if self._expected == "zh" else 1) >= wrong:
            self._expected = None
            return True
        if wrong >= ENOUGH // (1 if self._expected == "zh" else 4):
            raise WrongLanguage()
        return False

    def _show(self, visible: str) -> None:
        if self._repeating:
            if self._before.startswith(visible):
                return
            self._repeating = False
            if visible.startswith(self._before):
                self._said = self._before
        if not self._said and visible:
            self._write({"type": "message.started"})
        if more := visible[len(self._said) :]:
            self._write({"type": "message.delta", "text": more})
            self._said = visible


def _without_beginning(text: str) -> str:
    """Without what may be the beginning of a mark."""
    longest = max(len(mark) for mark in MARKS) - 1
    for at in range(max(0, len(text) - longest), len(text)):
        if any(mark.startswith(text[at:]) for mark in MARKS):
            return text[:at]
    return text


def expected_language(messages: Sequence[AnyMessage]) -> Language | None:
    """Chinese for who writes Chinese; English for who never did; nothing in particular for who writes both, or no words."""
    said = [str(m.text) for m in messages if isinstance(m, HumanMessage)]
    if not said or language_of(said[-1]) == "zh":
        return "zh" if said else None
    wordy = len(re.findall(r"\b[a-z]{2,}\b", said[-1])) > 1
    return "en" if wordy and not any(language_of(text) == "zh" for text in said) else None
