"""What tests of the tools share: a shopper with a toolbox, and a yes to a question."""

import re
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sqlalchemy import text

from commerce.accounts import sessions
from commerce.catalog.indexing import reindex_all
from commerce.context import ANONYMOUS, Context
from tests.worlds import ADA, Shopper, World
from tools import Toolbox, ToolResult

THREAD = "thr_test"


@dataclass
class Agent:
    """A shopper's agent, without a model: it makes the calls that a test wants."""

    world: World
    shopper: Shopper
    box: Toolbox
    keys: "count[int]" = field(default_factory=count)

    async def __call__(self, operation: str, **arguments: Any) -> ToolResult:
        return await self.box.call(operation, arguments, f"call-{next(self.keys)}")

    async def checkout(self, sku: str = "MUG-RED-350", **wishes: Any) -> str:
        await self.shopper("add_to_cart", sku=sku)
        return str((await self.shopper("create_checkout", **wishes)).checkout)

    async def question(self, key: str, operation: str, **arguments: Any) -> str:
        proposal = await self.box.propose(operation, arguments, key, THREAD)
        assert proposal.confirmation is not None, proposal.refused
        return str(proposal.confirmation["confirmation"])

    async def approved(self, key: str, operation: str, **arguments: Any) -> str:
        confirmation = await self.question(key, operation, **arguments)
        await self.box.decide(THREAD, confirmation, "approve")
        return confirmation

    async def orders(self) -> list[Any]:
        return list((await self.shopper("list_orders")).items)


async def ada_of(world: World) -> Shopper:
    """The demo shopper, signed in without the slow check of the password."""
    async with Context(world.shop, ANONYMOUS).writing() as ctx:
        found = await ctx.db.execute(text("SELECT id FROM account WHERE email = :email"), ADA)
        session = await sessions.start(ctx, found.scalar_one(), "customer")
    return Shopper(world.shop, await sessions.caller_of(world.shop, session.access_token), token=session.access_token)


async def agent_of(world: World, shopper: Shopper | None = None) -> Agent:
    """Of the demo shopper, when nobody is named."""
    who = shopper or await ada_of(world)
    return Agent(world, who, Toolbox(world.shop, who.caller))


async def bob_of(world: World) -> Agent:
    """Of somebody else."""
    return await agent_of(world, await world.customer())


async def poison(world: World, table: str, **columns: str) -> None:
    """Writes into every row what no operation lets anybody write, as an imported shop could hold it."""
    values = ", ".join(f"{name} = :{name}" for name in columns)
    async with world.shop.database.write() as db:
        await db.execute(text(f"UPDATE {table} SET {values}"), columns)
    if table in {"product", "variant"}:
        await reindex_all(world.shop)


def unfenced(shown: str) -> str:
    """What a model reads as the shop's own words."""
    return re.sub(r"«[^«»]*»", "«»", shown)


def refused(result: ToolResult) -> str:
    """The code of a refusal, after checking that it is told properly."""
    assert result.refusal is not None, result.text
    assert (result.view, result.receipt) == (None, None)
    told = result.refusal
    assert result.text == f"REFUSED {told['code']}: {told['sentence']} {told['hint']}"
    assert told["sentence"]
    assert told["hint"]
    return str(told["code"])
