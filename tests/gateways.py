"""Payment providers that misbehave: the sandbox behind a line that loses, delays and repeats."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from commerce.adapters.gateway import UNKNOWN, Charge, Gateway, GatewayEvent, Outcome, SavedMethod
from tests.worlds import World


@dataclass
class BadLine:
    """Passes calls on to a real gateway; answers named in `lost` don't come back, calls named in `cut` never arrive."""

    inner: Gateway
    lost: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    declined: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    name: str = "sandbox"
    gate: asyncio.Event | None = None
    """What it waits for before it answers."""
    called: asyncio.Event = field(default_factory=asyncio.Event)

    async def close(self) -> None:
        await self.inner.close()

    async def attach(self, token: str) -> SavedMethod | None:
        return await self.inner.attach(token)

    async def detach(self, token: str) -> bool:
        self.calls.append("detach")
        return "detach" not in self.cut and await self.inner.detach(token)

    async def charge(self, charge: Charge) -> Outcome:
        return await self._through("charge", charge)

    async def capture(self, charge: Charge, amount: int) -> Outcome:
        return await self._through("capture", charge, amount)

    async def void(self, charge: Charge) -> Outcome:
        return await self._through("void", charge)

    async def refund(self, charge: Charge, key: str, amount: int) -> Outcome:
        return await self._through("refund", charge, key, amount)

    async def look_up(self, charge: Charge) -> Outcome | None:
        self.calls.append("look_up")
        return UNKNOWN if "look_up" in self.cut else await self.inner.look_up(charge)

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent | None:
        return self.inner.read_event(body, headers)

    async def _through(self, call: str, charge: Charge, *rest: object) -> Outcome:
        self.calls.append(call)
        self.called.set()
        if self.gate is not None:
            await self.gate.wait()
        if call in self.cut:
            return UNKNOWN
        if call in self.declined:
            return Outcome("declined", reason="the provider will not")
        outcome: Outcome = await getattr(self.inner, call)(charge, *rest)
        await asyncio.sleep(0)
        return UNKNOWN if call in self.lost else outcome


def with_bad_line(world: World) -> BadLine:
    """Puts the line between the shop and its gateway; who signs in from now on is behind it."""
    line = BadLine(world.shop.gateway)
    world.shop = replace(world.shop, gateway=line)
    return line


def capturing_at_shipment(world: World) -> None:
    world.shop = replace(world.shop, settings=world.shop.settings.model_copy(update={"capture": "shipment"}))
