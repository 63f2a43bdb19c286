"""The planner as a chat model: the same interface as a real one, with no key, no network and no chance."""

import json
import re
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from tools import Vocabulary
from tools.tokens import tokens_in

from .conversation import Place, next_move
from .goods import Goods
from .lexicon import Code
from .talk import Call, Reply
from .turns import text_of
from .words import CJK

_PIECE = re.compile(rf"[{CJK}]{{1,8}}|[^{CJK}]{{1,24}}(?:\s+|(?=[{CJK}])|$)|.{{1,24}}", re.S)


class Planner(BaseChatModel):
    """Understands shopping talk in English and Chinese by rules and a trained hearing, calls the bound tools, and answers from their results alone."""

    offered: tuple[str, ...] = ()
    """Names of the tools that it may call."""
    shop: str = ""
    """What the shop is called."""
    vocabulary: Vocabulary = Vocabulary()
    """What its goods are called."""
    rules: Mapping[Code, str] = {}
    """The shop's rules by language, a line each."""
    remembered: tuple[tuple[str, str], ...] = ()
    """What the shopper asked the shop to remember, each with its kind."""

    @property
    def _llm_type(self) -> str:
        return "planner"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[Any, AIMessage]:
        return self.model_copy(update={"offered": tuple(_name(tool) for tool in tools)})

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self.answer(messages))])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self.answer(messages))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in chunks_of(self.answer(messages)):
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in chunks_of(self.answer(messages)):
            if run_manager:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    def answer(self, messages: Sequence[BaseMessage]) -> AIMessage:
        """One message: text, or a tool call with what is said beside it."""
        goods = Goods.of(self.vocabulary)
        move = next_move(messages, Place(self.offered, self.shop, goods, self.rules, self.remembered))
        if isinstance(move, Reply):
            message = AIMessage(content=move.text)
        else:
            message = AIMessage(content=move.text, tool_calls=[_tool_call(move)])
        message.usage_metadata = usage(messages, message)
        return message


def _tool_call(move: Call) -> Any:
    # A new id each time: it is the key of the effect, and the same wish may come again.
    return tool_call(name=move.operation, args=dict(move.arguments), id=f"call_{uuid.uuid4().hex}")


def _name(tool: Any) -> str:
    return str(convert_to_openai_tool(tool)["function"]["name"])


def chunks_of(message: AIMessage) -> Iterator[ChatGenerationChunk]:
    """The text in small pieces, then the calls and the usage in a last chunk."""
    for piece in _PIECE.findall(text_of(message)):
        yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
    calls = [
        tool_call_chunk(name=call["name"], args=_json(call["args"]), id=call["id"], index=i)
        for i, call in enumerate(message.tool_calls)
    ]
    last = AIMessageChunk(
        content="", tool_call_chunks=calls, usage_metadata=message.usage_metadata, chunk_position="last"
    )
    yield ChatGenerationChunk(message=last)


def _json(arguments: dict[str, Any]) -> str:
    return json.dumps(arguments, ensure_ascii=False)


def usage(messages: Sequence[BaseMessage], answer: AIMessage) -> UsageMetadata:
    read = sum(tokens_in(text_of(message)) for message in messages)
    written = tokens_in(text_of(answer)) + sum(tokens_in(_json(call["args"])) + 4 for call in answer.tool_calls)
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
