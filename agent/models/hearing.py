"""Puts an answer together from its pieces, however a model cuts it up."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from langchain_core.messages import AIMessageChunk, ToolCall
from langchain_core.messages.ai import UsageMetadata

from tools.tokens import tokens_in

CALL_NAMED = re.compile(r"<function=([\w.-]+)>(.*?)</function>", re.S)
FENCES = re.compile(r"^(?:</?tool_calls?>|\[/?TOOL_CALLS\]|<\|[^|]*\|>|<｜[^｜]*｜>|```(?:json|tool_call)?|[\s,;])+")
"""What stands around calls."""


@dataclass
class Piece:
    """A call as far as it has been heard."""

    id: str | None
    index: int | str | None
    name: str = ""
    written: str = ""

    def whole(self) -> dict[str, Any] | None:
        """The arguments, once they are a JSON object; none at all is an empty one."""
        try:
            found = json.loads(self.written or "{}")
        except ValueError:
            return None
        return found if isinstance(found, dict) else None


@dataclass
class Heard:
    """One answer of a model."""

    text: str = ""
    """As far as it was meant for the shopper."""
    calls: list[Piece] = field(default_factory=list)
    finish: str = ""
    usage: UsageMetadata | None = None
    tokens: int = 0
    """An estimate of what came, of whatever kind."""

    def take(self, chunk: AIMessageChunk) -> None:
        """Usage is the last that was told: some tell how much it is so far with every piece. What comes after the end of the
        answer is none of it."""
        self.usage = chunk.usage_metadata or self.usage
        self.tokens += tokens_in(str(chunk.text))
        if not self.finish:
            for part in chunk.tool_call_chunks:
                self._take_call(part["id"], part["index"], part["name"] or "", part["args"] or "")
        self.finish = self.finish or str(chunk.response_metadata.get("finish_reason") or "")

    def _take_call(self, call: str | None, index: int | str | None, name: str, args: str) -> None:
        self.tokens += tokens_in(name + args)
        piece = self._going_on(call, index)
        if piece is None or _is_another(piece, call, name):
            self.calls.append(Piece(call, index, name, args))
            return
        piece.id = piece.id or call
        if name != piece.name:
            piece.name += name
        piece.written += args

    def _going_on(self, call: str | None, index: int | str | None) -> Piece | None:
        """The call that a fragment belongs to: that of its index, else that of its id, else the last one."""
        if index is not None:
            return next((p for p in reversed(self.calls) if p.index == index), None)
        if call:
            return next((p for p in reversed(self.calls) if p.id == call), None)
        return self.calls[-1] if self.calls else None

    def tool_calls(self) -> list[ToolCall]:
        """Each with an id of our own: effects are keyed by it, and models repeat theirs."""
        return [ToolCall(name=p.name, args=_arguments(p), id=f"call_{uuid4().hex}") for p in self.calls]


BROKEN = "unreadable"
"""Holds what was written for arguments and is no whole JSON object."""


def _arguments(piece: Piece) -> dict[str, Any]:
    """As they were written: what is not a whole JSON object is no input of any operation, and is not mended."""
    found = piece.whole()
    return {BROKEN: piece.written} if found is None else found


def _is_another(piece: Piece, call: str | None, name: str) -> bool:
    """Some give all their calls one index, or none, or one id: a new id, or a name behind whole arguments, is a new call."""
    if call and piece.id and call != piece.id:
        return True
    return bool(name and piece.written and piece.whole() is not None)


def calls_in(text: str, offered: Iterable[str]) -> list[Piece]:
    """The calls that a text consists of, as models write them whose server does not read their calls; none when there is
    anything else in it."""
    names, found = set(offered), []
    rest = FENCES.sub("", CALL_NAMED.sub(r'{"name": "\1", "arguments": \2}', text), 1)
    while rest:
        try:
            value, end = json.JSONDecoder().raw_decode(rest)
        except ValueError:
            return []
        for call in value if isinstance(value, list) else [value]:
            if not isinstance(call, dict) or call.get("name") not in names:
                return []
            arguments = call.get("arguments", call.get("parameters", {}))
            written = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
            found.append(Piece(None, None, call["name"], written))
        rest = FENCES.sub("", rest[end:], 1)
    return found
