"""A model at an address: what a turn asks, at what price, and whether it is worth asking."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, Protocol, runtime_checkable

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, BaseMessageChunk

from tools.tokens import tokens_in
from tools.toolspecs import ToolSpec

from ..spending.limits import Spend
from ..spending.prices import FREE, Price
from .breaker import Breaker

MARGIN = 1.2
"""What a prompt is reserved at, above the estimate of its tokens: tokenizers differ."""

CALL_TOKENS = 44
"""Of a call's id and of what surrounds it."""


@runtime_checkable
class Direct(Protocol):
    """A client that can be asked without what LangChain does around a call for listeners that there are none of."""

    def chunks(self, messages: list[BaseMessage], **more: Any) -> AsyncGenerator[BaseMessageChunk]: ...


class Bound(NamedTuple):
    """How a model is asked that may call some tools, and how many tokens these are."""

    stream: Callable[[list[BaseMessage]], AsyncGenerator[BaseMessageChunk]]
    tokens: int
    specs: tuple[ToolSpec, ...]


@dataclass
class Endpoint:
    """`price` None: nobody knows it, and only tokens are counted."""

    name: str
    model: BaseChatModel
    price: Price | None = FREE
    max_tokens: int = 4096
    strict: bool = True
    breaker: Breaker = field(default_factory=lambda: Breaker(5, 30))
    _bound: dict[int, Bound] = field(default_factory=dict)

    def with_tools(self, specs: tuple[ToolSpec, ...]) -> "Bound":
        """The same object for the same tools, which there are few sets of: binding costs more than a small answer."""
        known = self._bound.get(id(specs))
        if known is None:
            functions = [spec.as_function() for spec in specs]
            if not self.strict:
                for function in functions:
                    del function["function"]["strict"]
            bound: Any = self.model.bind_tools(functions)
            stream = partial(self.model.chunks, **bound.kwargs) if isinstance(self.model, Direct) else bound.astream
            known = Bound(stream, tokens_in(str(functions)), specs)
            self._bound[id(specs)] = known
        return known

    def at_most(self, messages: Sequence[BaseMessage], specs: tuple[ToolSpec, ...]) -> Spend:
        """What a call with these messages can cost."""
        read = self.with_tools(specs).tokens + sum(tokens_of(message) for message in messages)
        return self.spend(round(read * MARGIN), self.max_tokens)

    def spend(self, read: int, written: int, cached: int = 0) -> Spend:
        return Spend(read, written, self.price.nanos(read, written, cached) if self.price else 0)


def tokens_of(message: BaseMessage) -> int:
    """An estimate, with what surrounds it; ids of calls are random and all count alike."""
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    written = sum(CALL_TOKENS + tokens_in(f"{call['name']} {call['args']}") for call in calls)
    content = message.content  # `text` costs ten times as much
    return 8 + tokens_in(content if isinstance(content, str) else str(message.text)) + written
