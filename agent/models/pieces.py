"""An answer on its way over HTTP: bytes, then events, then pieces. What has come together is one piece: a model that is faster than
the shop would otherwise cost as much for each of its tokens as a slow one."""

import json
from collections.abc import Iterator
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk
from langchain_openai.chat_models.base import _create_usage_metadata

DONE = b"[DONE]"


class ErrorTold(Exception):
    """The endpoint tells an error in the middle of its answer."""

    def __init__(self, error: Any) -> None:
        said = error.get("message") if isinstance(error, dict) else None
        super().__init__(str(said or "an error in the stream"))
        self.error = error


class Events:
    """The data of server-sent events, as far as they are whole."""

    def __init__(self) -> None:
        self.done = False
        self._line = b""
        self._data: list[bytes] = []

    def take(self, received: bytes) -> Iterator[bytes]:
        """What comes after the end is no part of the answer."""
        *lines, self._line = (self._line + received).split(b"\n")
        for line in lines:
            line = line.removesuffix(b"\r")
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
            elif not line and self._data:
                data, self._data = b"\n".join(self._data), []
                if self.done or data.startswith(DONE):
                    self.done = True
                    return
                yield data


class Piece:
    """Of an answer: everything between two reads."""

    def __init__(self) -> None:
        self.text = ""
        self.finish = ""
        self.usage: Any = None
        self._calls: list[Any] = []
        self._taken = False

    def take(self, data: bytes) -> None:
        event = json.loads(data.decode())
        if error := event.get("error"):
            raise ErrorTold(error)
        self._taken = True
        if told := event.get("usage"):
            self.usage = _create_usage_metadata(told, event.get("service_tier"))
        for choice in (event.get("choices") or ())[:1]:
            self._take_choice(choice)

    def _take_choice(self, choice: dict[str, Any]) -> None:
        delta = choice.get("delta") or {}
        self.text += delta.get("content") or delta.get("refusal") or ""  # a refusal is what the model has to say
        for call in delta.get("tool_calls") or ():
            self._take_call(call, call.get("function") or {})
        self.finish = self.finish or choice.get("finish_reason") or ""

    def _take_call(self, call: dict[str, Any], told: dict[str, Any]) -> None:
        index, name, written = call.get("index"), told.get("name"), told.get("arguments")
        last = self._calls[-1] if self._calls else None
        if last and index is not None and index == last["index"] and not name and not call.get("id"):
            last["args"] = (last["args"] or "") + (written or "")
        else:
            self._calls.append(tool_call_chunk(name=name, args=written, id=call.get("id"), index=index))

    def __bool__(self) -> bool:
        return self._taken

    def as_chunk(self) -> AIMessageChunk:
        about = {"finish_reason": self.finish} if self.finish else {}
        return AIMessageChunk(
            content=self.text, tool_call_chunks=self._calls, usage_metadata=self.usage, response_metadata=about
        )


def pieces_of(events: Iterator[bytes]) -> Iterator[Piece]:
    """As few as there can be; one ends where the model says that it has finished."""
    piece = Piece()
    for data in events:
        piece.take(data)
        if piece.finish:
            yield piece
            piece = Piece()
    if piece:
        yield piece
