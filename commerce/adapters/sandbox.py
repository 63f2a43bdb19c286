"""The sandbox gateway: a payment provider that takes no money, with a test token for each outcome.

It keeps its own book, in a table that the shop never looks into (only the audit compares the two), so that it remembers
over restarts what it "charged", as a real provider would.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, col

from ..database import AMOUNT, ID, Database, Moment, Record
from .gateway import Outcome, SavedMethod

LABELS = {
    "tok_succeeds": "Test card •••• 4242",
    "tok_declines": "Test card •••• 0002 (declines)",
    "tok_times_out": "Test card •••• 0119 (times out)",
    "tok_needs_action": "Test card •••• 3155 (second step)",
}
FIRST_STATUS = {
    "tok_succeeds": "captured",
    "tok_declines": "declined",
    "tok_times_out": "captured",
    "tok_needs_action": "requires_action",
}


class SandboxCharge(Record, table=True):
    __tablename__ = "sandbox_charge"

    key: str = Field(primary_key=True, sa_type=ID)
    kind: str = Field(max_length=16)
    charge: str = Field(sa_type=ID, index=True)
    """The charge that a refund belongs to; a charge's own key."""
    amount: int = Field(sa_type=AMOUNT)
    currency: str = Field(max_length=3)
    status: str = Field(max_length=16)
    at: datetime = Field(sa_type=Moment)


class SandboxGateway:
    """Answers by token: succeeds, declines, loses its answer after charging, or asks for a second step."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def attach(self, token: str) -> SavedMethod | None:
        return SavedMethod(LABELS[token]) if token in LABELS else None

    async def charge(self, key: str, token: str, amount: int, currency: str) -> Outcome:
        known = await self._find(key)
        if known is not None:
            return _told(known)
        status = FIRST_STATUS.get(token, "declined")
        await self._write(key=key, kind="charge", charge=key, amount=amount, currency=currency, status=status)
        if token == "tok_times_out":  # noqa: S105 (the name of a test token)
            return Outcome("unknown")
        found = await self._find(key)
        assert found is not None
        return _told(found)

    async def look_up(self, key: str) -> Outcome | None:
        known = await self._find(key)
        return _told(known) if known else None

    async def void(self, key: str) -> Outcome:
        await self._move(key, "requires_action", "voided")
        known = await self._find(key)
        return _told(known) if known else Outcome("voided")

    async def refund(self, key: str, charge_key: str, amount: int) -> Outcome:
        charge = await self._find(charge_key)
        if charge is None or charge.status != "captured":
            return Outcome("declined", reason="there is no such charge")
        await self._write(
            key=key, kind="refund", charge=charge_key, amount=amount, currency=charge.currency, status="refunded"
        )
        return Outcome("refunded")

    async def finish_action(self, key: str, approve: bool) -> bool:
        """The shopper's answer on the provider's page; False when nothing waits for one."""
        return await self._move(key, "requires_action", "captured" if approve else "declined")

    async def waiting(self, key: str) -> Row[Any] | None:
        found = await self._find(key)
        return found if found is not None and found.status == "requires_action" else None

    async def _find(self, key: str) -> Row[Any] | None:
        async with self._database.read() as db:
            return (await db.execute(select(SandboxCharge).where(col(SandboxCharge.key) == key))).one_or_none()

    async def _write(self, **row: Any) -> None:
        """A key that was sent twice at once is written once."""
        try:
            async with self._database.write() as db:
                await db.execute(insert(SandboxCharge).values(**row, at=self._clock()))
        except IntegrityError:
            if await self._find(row["key"]) is None:
                raise

    async def _move(self, key: str, before: str, after: str) -> bool:
        move = update(SandboxCharge).where(col(SandboxCharge.key) == key, col(SandboxCharge.status) == before)
        async with self._database.write() as db:
            return (await db.execute(move.values(status=after))).rowcount > 0


def _told(row: Row[Any]) -> Outcome:
    if row.status == "requires_action":
        return Outcome("requires_action", action_url=f"/sandbox/payments/{row.key}")
    reason = "the card was declined" if row.status == "declined" else None
    return Outcome(row.status, reason=reason)
