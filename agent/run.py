"""What a turn runs with, besides its state, and the one place where its limits are checked."""

import asyncio
import time
from dataclasses import dataclass, field

from tools import About, Toolbox

from .memory.summary import NOTHING, Summary
from .models.endpoints import Endpoint
from .settings import AgentSettings
from .spending.ledger import Account, Ledger, Reservation, Settlement
from .spending.limits import Limit, LimitReached, Spend, allowances
from .spending.prices import written

MOST_FAULTS = 4
"""Steps in a row in which a model may call wrongly, each time told what is wrong."""


@dataclass
class Usage:
    """What a turn has spent."""

    input_tokens: int = 0
    output_tokens: int = 0
    model_calls: int = 0
    tool_calls: int = 0
    model: str = ""
    prompt: str = ""
    """The system prompt and its version."""
    cost: str | None = "0"
    """In `currency`, as people write it; None when a model without a known price was asked."""
    currency: str = ""
    estimated: bool = False
    """A model did not report what it read and wrote, or was cut off."""


@dataclass
class Run:
    """One turn, from its start or from an answer of the shopper to its end or to a question."""

    thread: str
    turn: str
    toolbox: Toolbox
    system: str
    settings: AgentSettings
    endpoints: list[Endpoint]
    """Models that may still be asked in this turn, the preferred one first; when none is left, the planner goes on."""
    ledger: Ledger
    summary: Summary = NOTHING
    """Of what came before the messages that the turn begins with."""
    shopper: About | None = None
    """Asked for before the first call of a model."""
    usage: Usage = field(default_factory=Usage)
    steps: int = 0
    faults: int = 0
    """Steps in a row in which the model called nothing that could be called."""
    reason: str = ""
    """Why the models were given up, if they were."""
    told: bool = False
    """The shopper knows of it."""
    nanos: int = 0
    settling: Settlement | None = None
    """The last call of a model, which is not settled yet."""
    started: float = field(default_factory=time.monotonic)
    in_order: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Calls that change something run one after another, in the order that the model named them."""
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the shopper wants it stopped: nothing is begun any more, and what is in hand comes to its end."""

    @property
    def recalled(self) -> str:
        """Ids that the shop showed before the messages begin."""
        return self.summary.ids

    @property
    def seconds_left(self) -> float:
        return self.settings.max_seconds - (time.monotonic() - self.started)

    async def over_limit(self, endpoint: Endpoint | None = None, most: Spend | None = None) -> Reservation | None:
        """Checked in this one place, before each model call; raises LimitReached. What a call can cost is reserved here; the
        planner, which is no endpoint, costs nothing."""
        if self.seconds_left <= 0:
            raise LimitReached(Limit.SECONDS)
        if self.steps > self.settings.max_steps:
            raise LimitReached(Limit.STEPS)
        if self.faults >= MOST_FAULTS:
            raise LimitReached(Limit.STUCK)
        if self.usage.tool_calls >= self.settings.max_tool_calls:
            raise LimitReached(Limit.TOOL_CALLS)
        if endpoint is None or most is None:
            return None
        return await self.reserve(endpoint, most)

    async def reserve(self, endpoint: Endpoint, most: Spend) -> Reservation:
        account, allowed = Account(self.turn, self.thread, self.toolbox.account), allowances(self.settings)
        held = await self.ledger.reserve(account, endpoint.name, most, allowed, self.settling)
        self.settling = None
        return held

    async def settle_last(self) -> None:
        """Writes down what the last call did cost, at the latest when the turn stands still."""
        if settling := self.settling:
            self.settling = None
            await self.ledger.settle(settling)

    async def settle(self, endpoint: Endpoint, settling: Settlement) -> None:
        """Notes what a call did cost. It is written together with the next one; until then it counts at the most."""
        self.settling, spent = settling, settling.spent
        used = self.usage
        used.input_tokens += spent.input_tokens
        used.output_tokens += spent.output_tokens
        used.estimated |= not settling.reported
        self.nanos += spent.nanos
        used.currency = self.ledger.currency
        used.cost = None if endpoint.price is None or used.cost is None else written(self.nanos)
