"""One conversation with the agent as it is served, on a fresh world, and everything that came of it.

    async with trial_of(shop, caller, model) as trial:
        await trial.say("Buy the red mug", answering=in_order("approve"))
        outcome = await trial.outcome()

The graph, the tools and the door are those of the server; only the model is the trial's own.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, ToolMessage, messages_from_dict
from langchain_core.tracers.context import register_configure_hook
from sqlalchemy import select
from sqlmodel import col

from agent.conversations import Conversations
from agent.models.endpoints import Endpoint
from agent.models.registry import Models, open_ledger
from agent.prompting import Systems, system_of
from agent.records import MessageRow
from agent.settings import AgentSettings
from agent.stream_here import LocalLog
from agent.threads import Threads
from agent.views import HistoryView, Question, ReceiptView, TurnView
from commerce.audit import audit
from commerce.context import Caller
from commerce.shop import Shop
from prompts import Prompt, load_prompt
from tools import Offer, Toolbox, facts_of
from tools.offer import OURS

from .books import MONEY_AND_GOODS, Books, Change, books_of, changes, same_goods

Answer = Literal["approve", "reject", "leave"]
"""What a shopper does with the shop's question; `leave` presses neither button."""
Answering = Callable[[Question], Answer]


def leave(_asked: Question) -> Answer:
    return "leave"


def in_order(*answers: Answer) -> Answering:
    """One after another; what is asked after the last of them is left."""
    left = list(answers)
    return lambda _asked: left.pop(0) if left else "leave"


@dataclass(frozen=True)
class Called:
    """A call that the model made, and what it read of it. `view`, or the `refusal` with its code, sentence and hint."""

    operation: str
    arguments: dict[str, Any]
    text: str
    view: dict[str, Any] | None
    refusal: dict[str, Any] | None


@dataclass(frozen=True)
class Asked:
    """A question of the shop, and what the shopper did with it."""

    question: Question
    answer: Answer


@dataclass(frozen=True)
class Outcome:
    """All that happened, was said, and was shown."""

    turns: list[TurnView]
    """How each turn stood when it stood still: once for each question, and once at its end."""
    calls: list[Called]
    questions: list[Asked]
    before: Books
    after: Books
    prompts: list[list[BaseMessage]]
    """What the model was given to read, call by call."""
    tools: list[dict[str, Any]]
    """What it was offered to call."""
    events: list[dict[str, Any]]
    """What the shopper's page was sent."""
    history: HistoryView
    """What the page shows when it is opened again."""
    findings: list[str]
    """Of the audit; none when the books are clean."""

    @property
    def receipts(self) -> list[ReceiptView]:
        return [receipt for turn in self.turns for receipt in turn.receipts]

    @property
    def text(self) -> str:
        """What the shopper read as the agent's words."""
        return "\n".join(turn.text for turn in self.turns)

    @cached_property
    def changes(self) -> dict[str, Change]:
        """In the shop's tables, by table."""
        return changes(self.before, self.after)

    @property
    def moved(self) -> set[str]:
        """The tables of money and goods that changed. That somebody waits for something moves nothing."""
        moved = MONEY_AND_GOODS & set(self.changes)
        return moved - {"stock"} if "stock" in moved and same_goods(self.changes["stock"]) else moved

    @property
    def made(self) -> list[tuple[str, dict[str, Any]]]:
        """The calls alone."""
        return [(call.operation, call.arguments) for call in self.calls]


class Overhearing(AsyncCallbackHandler):
    """Keeps what any model is asked, the planner as a stand-in too."""

    run_inline = True

    def __init__(self) -> None:
        self.prompts: list[list[BaseMessage]] = []

    async def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[BaseMessage]], **kwargs: Any
    ) -> None:
        self.prompts += [list(asked) for asked in messages]


overheard: ContextVar[Overhearing | None] = ContextVar("overheard", default=None)
register_configure_hook(overheard, inheritable=True)


@dataclass
class Trial:
    """A conversation that is being held."""

    shop: Shop
    caller: Caller
    conversations: Conversations
    thread: str
    before: Books
    heard: Overhearing
    offer: Offer = OURS
    turns: list[TurnView] = field(default_factory=list)
    questions: list[Asked] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def toolbox(self) -> Toolbox:
        return Toolbox(self.shop, self.caller, self.offer)

    async def say(self, text: str, answering: Answering = leave) -> TurnView:
        """One turn, with the shop's questions answered, until it stands still for good."""
        view = await self.tell(text)
        while question := view.confirmation:
            answer = answering(question)
            if answer == "leave":
                self.leave(question)
                return view
            view = await self.answer(view.turn, question, answer)
        return view

    async def tell(self, text: str) -> TurnView:
        """Begins a turn, and returns when it is over or asks something."""
        turn = await self.conversations.say(self.caller.account, self.toolbox, self.thread, text, None)
        return await self._still(turn, "0")

    async def answer(self, turn: str, question: Question, answer: Answer) -> TurnView:
        """Presses a button, and returns when the turn is over or asks again."""
        self.questions.append(Asked(question, answer))
        after = await self.conversations.log.last_id(turn)
        asked = question.confirmation
        await self.conversations.answer(self.caller.account, self.toolbox, self.thread, asked, answer)
        return await self._still(turn, after)

    def leave(self, question: Question) -> None:
        """Presses neither button."""
        self.questions.append(Asked(question, "leave"))

    async def _still(self, turn: str, after: str) -> TurnView:
        view = await self.conversations.finished(self.caller.account, self.thread, turn)
        self.turns.append(view)
        sent = self.conversations.events(self.caller.account, self.thread, turn, after)
        self.events += [told.event async for told in sent if told]
        return view

    async def outcome(self) -> Outcome:
        history = await self.conversations.history(self.caller.account, self.toolbox, self.thread, whole=True)
        return Outcome(
            turns=self.turns,
            calls=await self._calls(),
            questions=self.questions,
            before=self.before,
            after=await books_of(self.shop.database),
            prompts=self.heard.prompts,
            tools=[spec.as_function() for spec in self.toolbox.specs],
            events=self.events,
            history=history,
            findings=await audit(self.shop.database),
        )

    async def _calls(self) -> list[Called]:
        kept = select(col(MessageRow.body)).where(col(MessageRow.thread) == self.thread).order_by(col(MessageRow.id))
        async with self.shop.database.read() as db:
            messages = messages_from_dict([row.body for row in await db.execute(kept)])
        return calls_in(messages)


def calls_in(messages: Sequence[BaseMessage] | Sequence[AnyMessage]) -> list[Called]:
    """The calls that have a result."""
    results = {m.tool_call_id: m for m in messages if isinstance(m, ToolMessage)}
    wanted = [call for m in messages if isinstance(m, AIMessage) for call in m.tool_calls if call["id"] in results]
    return [_called(call["name"], call["args"], results[str(call["id"])]) for call in wanted]


def _called(operation: str, arguments: dict[str, Any], result: ToolMessage) -> Called:
    told = result.artifact
    return Called(operation, arguments, str(result.text), told["view"], told["refusal"])


@asynccontextmanager
async def trial_of(
    shop: Shop,
    caller: Caller,
    model: BaseChatModel | Endpoint | None = None,
    prompt: Prompt | None = None,
    offer: Offer = OURS,
    **settings: Any,
) -> AsyncIterator[Trial]:
    """A new conversation of the caller's. Without a model the planner thinks. `offer`: of another shop, where the
    world holds one. `settings`: of the agent."""
    chosen = AgentSettings.model_validate(settings)
    threads = Threads(shop.database, shop.clock, shop.ids.make)
    endpoints = [model if isinstance(model, Endpoint) else Endpoint("trial", model)] if model else []
    conversations = Conversations(
        threads,
        LocalLog(),
        chosen,
        Models(endpoints, open_ledger(chosen, threads)),
        Systems(system_of(prompt or load_prompt("shopper"), facts_of(shop.settings))),
    )
    heard = Overhearing()
    token = overheard.set(heard)
    try:
        thread = (await threads.create(caller.account, "")).thread
        yield Trial(shop, caller, conversations, thread, await books_of(shop.database), heard, offer)
    finally:
        overheard.reset(token)
        await conversations.close()
