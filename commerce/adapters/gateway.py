"""The border to the payment provider."""

from dataclasses import dataclass
from typing import Literal, Protocol

OutcomeStatus = Literal["captured", "declined", "requires_action", "voided", "refunded", "unknown"]


@dataclass(frozen=True)
class Outcome:
    """What the provider says of one charge or refund. `unknown`: no answer came, and it may have happened."""

    status: OutcomeStatus
    reason: str | None = None
    action_url: str | None = None


@dataclass(frozen=True)
class SavedMethod:
    """What the provider tells of a payment token."""

    label: str


class Gateway(Protocol):
    """Every call carries a key of ours: the same key is the same charge, however often it is sent."""

    async def attach(self, token: str) -> SavedMethod | None:
        """None for a token that the provider does not know."""

    async def charge(self, key: str, token: str, amount: int, currency: str) -> Outcome: ...

    async def look_up(self, key: str) -> Outcome | None:
        """None when the provider never heard of the key."""

    async def void(self, key: str) -> Outcome:
        """Ends a charge that waits for its second step; `captured` when it was too late for that."""

    async def refund(self, key: str, charge_key: str, amount: int) -> Outcome: ...
