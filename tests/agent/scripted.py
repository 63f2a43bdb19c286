"""A chat model that plays a script: what it is told to say and to call, in pieces as a real one streams them."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import count
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, InvalidToolCall, ToolCall, ToolMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk
from pydantic import Field

from evals.streaming import StreamingModel

Step = AIMessage | Exception | Callable[[list[BaseMessage]], AIMessage]
"""What to answer, what to die of, or how to answer to what is there."""
PIECE = 7
_ids = count(1)


def call(name: str, /, **arguments: Any) -> ToolCall:
    return ToolCall(name=name, args=arguments, id=f"call_{next(_ids)}")


def says(text: str = "", *calls: ToolCall) -> AIMessage:
    return AIMessage(content=text, tool_calls=list(calls))


def broken(name: str, arguments: str) -> AIMessage:
    """A call whose arguments are no JSON."""
    wrong = InvalidToolCall(type="invalid_tool_call", name=name, args=arguments, id=f"call_{next(_ids)}", error=None)
    return AIMessage(content="", invalid_tool_calls=[wrong])


def shown(messages: Sequence[BaseMessage], pattern: str) -> str:
    """The last thing of this form that a tool has shown."""
    texts = (str(m.text) for m in reversed(messages) if isinstance(m, ToolMessage))
    return next(str(found[-1]) for text in texts if (found := re.findall(pattern, text)))


class ScriptedModel(StreamingModel):
    """Plays its steps one after another; the last one again and again when `forever`."""

    script: list[Any]
    forever: bool = False
    seen: list[list[BaseMessage]] = Field(default_factory=list)
    """What it was given to read, call by call."""
    thinking: asyncio.Event = Field(default_factory=asyncio.Event)
    """Set once it was asked."""
    gate: asyncio.Event | None = None
    """What it waits for before it answers."""

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        self.seen.append(messages)
        self.thinking.set()
        if self.gate is not None:
            await self.gate.wait()
        step = self._next()
        if isinstance(step, Exception):
            yield ChatGenerationChunk(message=AIMessageChunk(content="Half a sen"))
            raise step
        answer = step(messages) if callable(step) else step
        for chunk in _pieces(answer):
            yield ChatGenerationChunk(message=chunk)

    def _next(self) -> Step:
        if not self.script:
            return says("The script ends here.")
        step: Step = self.script[0] if self.forever and len(self.script) == 1 else self.script.pop(0)
        return step


def _pieces(answer: AIMessage) -> list[AIMessageChunk]:
    text = str(answer.text)
    found = [AIMessageChunk(content=text[i : i + PIECE]) for i in range(0, len(text), PIECE)]
    wanted = [(c["name"], json.dumps(c["args"]), c["id"]) for c in answer.tool_calls]
    wanted += [(c["name"] or "", c["args"] or "", c["id"]) for c in answer.invalid_tool_calls]
    for index, (name, arguments, call_id) in enumerate(wanted):
        head = tool_call_chunk(name=name, args="", id=call_id, index=index)
        found.append(AIMessageChunk(content="", tool_call_chunks=[head]))
        for i in range(0, len(arguments), PIECE):
            piece = tool_call_chunk(args=arguments[i : i + PIECE], index=index)
            found.append(AIMessageChunk(content="", tool_call_chunks=[piece]))
    finish = answer.response_metadata.get("finish_reason") or ("tool_calls" if wanted else "stop")
    return [*found, AIMessageChunk(content="", response_metadata={"finish_reason": finish})]
