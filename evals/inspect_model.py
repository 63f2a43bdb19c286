"""A model of Inspect's as the agent asks for one: its providers, retries, cache and log under the production graph."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    ModelOutput,
)
from inspect_ai.tool import ToolCall, ToolInfo, ToolParams
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, SystemMessage, ToolMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from .journal import Ask
from .streaming import StreamingModel

FINISHES = {
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
}


class InspectModel(StreamingModel):
    """`ask`: answers to messages and tools. `tools` are bound functions, as OpenAI writes them."""

    ask: Ask
    tools: tuple[dict[str, Any], ...] = ()

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[Any, AIMessage]:
        return self.model_copy(update={"tools": tuple(tools)})

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        """In one piece: Inspect hands an answer on when it is whole."""
        output = await self.ask([as_inspect(m) for m in messages], [_tool(t) for t in self.tools])
        yield ChatGenerationChunk(message=_chunk(output))


def as_inspect(message: BaseMessage) -> ChatMessage:
    text = str(message.text)
    match message:
        case SystemMessage():
            return ChatMessageSystem(content=text)
        case AIMessage():
            calls = [ToolCall(id=str(c["id"]), function=c["name"], arguments=c["args"]) for c in message.tool_calls]
            return ChatMessageAssistant(content=text, tool_calls=calls or None)
        case ToolMessage():
            return ChatMessageTool(content=text, tool_call_id=message.tool_call_id, function=message.name)
        case _:
            return ChatMessageUser(content=text)


def _tool(function: dict[str, Any]) -> ToolInfo:
    about = function["function"]
    return ToolInfo(
        name=about["name"], description=about["description"], parameters=ToolParams.model_validate(about["parameters"])
    )


def _chunk(output: ModelOutput) -> AIMessageChunk:
    message = output.message
    calls = [
        tool_call_chunk(name=call.function, args=json.dumps(call.arguments), id=call.id, index=index)
        for index, call in enumerate(message.tool_calls or [])
    ]
    finish = FINISHES.get(output.stop_reason, "tool_calls" if calls else "stop")
    return AIMessageChunk(
        content=message.text,
        tool_call_chunks=calls,
        usage_metadata=_usage(output),
        response_metadata={"finish_reason": finish},
    )


def _usage(output: ModelOutput) -> UsageMetadata | None:
    if (used := tokens_of(output)) is None:
        return None
    read, written, cached = used
    return UsageMetadata(
        input_tokens=read,
        output_tokens=written,
        total_tokens=read + written,
        input_token_details={"cache_read": cached},
    )


def tokens_of(output: ModelOutput) -> tuple[int, int, int] | None:
    """Read, written, and read from a cache. Inspect counts the last apart; the agent's ledger counts it among what was read."""
    if (used := output.usage) is None:
        return None
    cached = used.input_tokens_cache_read or 0
    return used.input_tokens + cached + (used.input_tokens_cache_write or 0), used.output_tokens, cached
