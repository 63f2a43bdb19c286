"""Conversations on a world, put together as the server does it, with a model of the test's choice."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from fakeredis import FakeServer
from fakeredis.aioredis import FakeRedis
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from sqlalchemy import text

from agent.conversations import Conversations
from agent.models.breaker import Breaker
from agent.models.endpoints import Endpoint
from agent.models.registry import Models, open_ledger
from agent.prompting import systems_of
from agent.settings import AgentSettings
from agent.stream_redis import RedisLog
from agent.threads import Threads
from agent.views import HistoryView, TurnView
from tests.agent.scripted import ScriptedModel, Step
from tests.streams import StandIn
from tests.tools.boxes import ada_of
from tests.worlds import Shopper, World
from tools import Toolbox, facts_of


async def until(check: Callable[[], Awaitable[object]]) -> None:
    """Waits for something that is about to happen."""
    async with asyncio.timeout(30):
        for wait in count(1):
            if await check():
                return
            await asyncio.sleep(min(0.001 * wait, 0.05))


@dataclass
class Chat:
    """One shopper in one conversation."""

    world: World
    shopper: Shopper
    conversations: Conversations
    model: BaseChatModel
    thread: str
    endpoints: Sequence[Endpoint] = ()
    """Real ones, where there are."""

    @property
    def owner(self) -> str:
        return self.shopper.caller.account

    @property
    def box(self) -> Toolbox:
        return Toolbox(self.world.shop, self.shopper.caller)

    async def start(self, said: str, key: str | None = None) -> str:
        return await self.conversations.say(self.owner, self.box, self.thread, said, key)

    async def finished(self, turn: str) -> TurnView:
        return await self.conversations.finished(self.owner, self.thread, turn)

    async def say(self, said: str, key: str | None = None) -> TurnView:
        return await self.finished(await self.start(said, key))

    async def answer(self, confirmation: str, decision: str = "approve") -> TurnView:
        answered = await self.conversations.answer(self.owner, self.box, self.thread, confirmation, decision)
        return await self.finished(answered)

    async def history(self) -> HistoryView:
        return await self.conversations.history(self.owner, self.box, self.thread)

    async def orders(self) -> list[Any]:
        return list((await self.shopper("list_orders")).items)

    async def events(self, turn: str, after: str = "0") -> list[dict[str, Any]]:
        found = self.conversations.events(self.owner, self.thread, turn, after)
        return [sent.event async for sent in found if sent is not None]

    async def everything(self) -> str:
        """All that the conversation holds, for people and for models."""
        async with self.world.shop.database.read() as db:
            bodies = await db.execute(text("SELECT body FROM chat_message WHERE thread = :t"), {"t": self.thread})
            stored = [row.body if isinstance(row.body, str) else json.dumps(row.body) for row in bodies]
        read = [str(m) for seen in getattr(self.model, "seen", []) for m in seen]
        whole = "\n".join([(await self.history()).model_dump_json(), *stored, *read])
        return whole + "\n" + whole.encode().decode("unicode_escape", errors="ignore")

    async def count(self, table: str, of: str = "1 = 1") -> int:
        async with self.world.shop.database.read() as db:
            return int((await db.execute(text(f"SELECT COUNT(*) FROM {table} WHERE {of}"))).scalar_one())


@dataclass
class Chats:
    """Opens conversations, and closes them after checking that no model was given what a real one refuses to read."""

    world: World
    opened: list[tuple[Conversations, FakeRedis, BaseChatModel]] = field(default_factory=list)

    async def open(
        self,
        *script: Step,
        model: BaseChatModel | None = None,
        shopper: Shopper | None = None,
        endpoints: Sequence[Endpoint] | None = None,
        **settings: Any,
    ) -> Chat:
        """A new conversation, of the demo shopper when nobody is named."""
        who = shopper or await ada_of(self.world)
        playing = model or ScriptedModel(script=list(script))
        conversations = await self._conversations(playing, settings, endpoints)
        thread = (await conversations.threads.create(who.caller.account, "")).thread
        return Chat(self.world, who, conversations, playing, thread, endpoints or ())

    async def restarted(self, chat: Chat, *script: Step, **settings: Any) -> Chat:
        """The same conversation in a new process: another log, another model, the same database."""
        playing = ScriptedModel(script=list(script))
        conversations = await self._conversations(playing, settings)
        await conversations.threads.leases.after_restart()
        return replace(chat, conversations=conversations, model=playing)

    async def beside(self, chat: Chat, *script: Step, one_redis: bool = True, **settings: Any) -> Chat:
        """The same conversation as another process sees it: the same database, and the same Redis unless there is none."""
        playing = ScriptedModel(script=list(script))
        redis = self._redis_of(chat) if one_redis else None
        return replace(chat, conversations=await self._conversations(playing, settings, redis=redis), model=playing)

    def _redis_of(self, chat: Chat) -> FakeRedis:
        return next(redis for conversations, redis, _ in self.opened if conversations is chat.conversations)

    async def _conversations(
        self,
        model: BaseChatModel,
        settings: dict[str, Any],
        endpoints: Sequence[Endpoint] | None = None,
        redis: FakeRedis | None = None,
    ) -> Conversations:
        shop = self.world.shop
        redis = redis or FakeRedis(server=FakeServer())
        threads = Threads(shop.database, shop.clock, shop.ids.make)
        chosen = AgentSettings.model_validate(settings)
        served = endpoints_of(model, chosen) if endpoints is None else endpoints
        models = Models(served, open_ledger(chosen, threads))
        made = Conversations(
            threads, RedisLog(StandIn(redis)), chosen, models, systems_of(chosen, facts_of(shop.settings))
        )
        self.opened.append((made, redis, model))
        return made

    async def close(self) -> None:
        for conversations, redis, _ in self.opened:
            await conversations.close()
            await redis.aclose()
        for _, _, model in self.opened:
            for messages in getattr(model, "seen", []):
                readable(messages)


def endpoints_of(model: BaseChatModel, settings: AgentSettings) -> list[Endpoint]:
    return [Endpoint("scripted", model, breaker=Breaker(settings.breaker_failures, settings.breaker_seconds))]


def readable(messages: Sequence[BaseMessage]) -> None:
    """Fails on what OpenAI's interface refuses: results without their call, and calls without their results behind them."""
    rest = [m for m in messages if not isinstance(m, SystemMessage)]
    assert isinstance(rest[0], HumanMessage)
    while rest:
        first = rest.pop(0)
        assert not isinstance(first, ToolMessage), f"a result without its call: {first}"
        wanted = [c["id"] for c in first.tool_calls] if isinstance(first, AIMessage) else []
        results = [m.tool_call_id for m in rest[: len(wanted)] if isinstance(m, ToolMessage)]
        assert sorted(results) == sorted(str(c) for c in wanted), f"calls without their results: {first}"
        rest = rest[len(wanted) :]
