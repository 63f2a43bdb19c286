"""The border to the payment provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

OutcomeStatus = Literal["authorized", "captured", "declined", "requires_action", "voided", "refunded", "unknown"]


@dataclass(frozen=True)
class Outcome:
    """What the provider says of one charge or refund. `unknown`: no answer came, and it may have happened."""

    status: OutcomeStatus
    reason: str | None = None
    action_url: str | None = None
    reference: str | None = None
    """The provider's own name for it, where there is one."""
    amount: int | None = None
    """What was taken, where it was captured."""


UNKNOWN = Outcome("unknown")


@dataclass(frozen=True)
class SavedMethod:
    """What the provider tells of a payment token."""

    token: str
    """What to charge from now on; not always what was attached."""
    label: str


@dataclass(frozen=True)
class Charge:
    """A charge as the shop wrote it down before it sent it; the same key is the same charge, however often it is sent."""

    key: str
    token: str
    amount: int
    currency: str
    captures: bool
    """False: only authorised now; `capture` takes the money later."""
    reference: str | None
    opened_at: datetime


@dataclass(frozen=True)
class GatewayEvent:
    """A provider's word that something happened to a charge or a refund of ours: a hint to ask, never an outcome."""

    id: str
    key: str | None
    """Our key, where the event names it."""
    reference: str | None


class Gateway(Protocol):
    """Every call can be sent again: it says what became of the first one and moves nothing twice."""

    name: str

    async def close(self) -> None: ...

    async def attach(self, token: str) -> SavedMethod | None:
        """None for a token that the provider does not know."""

    async def detach(self, token: str) -> bool:
        """Forgets a saved method; False when no answer came."""

    async def charge(self, charge: Charge) -> Outcome: ...

    async def look_up(self, charge: Charge) -> Outcome | None:
        """None when the provider was never asked to take this money."""

    async def capture(self, charge: Charge, amount: int) -> Outcome:
        """Takes the whole or a part of what was authorised, once; the rest is let go. `voided` when it was too late."""

    async def void(self, charge: Charge) -> Outcome:
        """Ends a charge that is not captured; `captured` when it was too late for that."""

    async def refund(self, charge: Charge, key: str, amount: int) -> Outcome:
        """Gives back a part of what was captured; the same key is the same refund."""

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent | None:
        """An event that the provider sent: None where it is about nothing of ours. Raises BadSignature."""


class BadSignature(Exception):
    """It was not the provider that sent this, or not just now."""
