"""The sandbox gateway: a payment provider that takes no money, with a test token for each outcome.

It keeps its own book, in a table that the shop never looks into (only the audit compares the two), so that it remembers
over restarts what it "charged", as a real provider would.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, col

from ..database import AMOUNT, ID, Database, Moment, Record, retrying
from .gateway import UNKNOWN, BadSignature, Charge, GatewayEvent, Outcome, SavedMethod
from .signatures import signature, verify

SIGNATURE = "sandbox-signature"
"""The header that signs an event."""
LABELS = {
    "tok_succeeds": "Test card •••• 4242",
    "tok_declines": "Test card •••• 0002 (declines)",
    "tok_times_out": "Test card •••• 0119 (times out)",
    "tok_needs_action": "Test card •••• 3155 (second step)",
}


class SandboxCharge(Record, table=True):
    __tablename__ = "sandbox_charge"

    key: str = Field(primary_key=True, sa_type=ID)
    kind: str = Field(max_length=16)
    charge: str = Field(sa_type=ID, index=True)
    """The charge that a refund belongs to; a charge's own key."""
    amount: int = Field(sa_type=AMOUNT)
    currency: str = Field(max_length=3)
    captures: bool = True
    captured: int = Field(default=0, sa_type=AMOUNT)
    status: str = Field(max_length=16)
    at: datetime = Field(sa_type=Moment)


WRITE = insert(SandboxCharge)
KNOWN = select(SandboxCharge).where(col(SandboxCharge.key) == bindparam("wanted"))


class SandboxGateway:
    """Answers by token: succeeds, declines, loses its answer after charging, or asks for a second step."""

    name = "sandbox"

    def __init__(self, database: Database, clock: Callable[[], datetime], webhook_secret: str) -> None:
        self._database = database
        self._clock = clock
        self._webhook_secret = webhook_secret

    async def close(self) -> None:
        """It has nothing open."""

    async def attach(self, token: str) -> SavedMethod | None:
        return SavedMethod(token, LABELS[token]) if token in LABELS else None

    async def detach(self, token: str) -> bool:
        return True

    async def charge(self, charge: Charge) -> Outcome:
        if (known := await self.look_up(charge)) is not None:
            return known
        row = {"key": charge.key, "kind": "charge", "charge": charge.key, "at": self._clock()}
        row |= {"amount": charge.amount, "currency": charge.currency, "captures": charge.captures}
        row |= _first_state(charge)
        try:
            async with self._database.write() as db:
                await db.execute(WRITE, row)
        except IntegrityError:  # the same key was sent twice at once
            return await self.look_up(charge) or UNKNOWN
        return UNKNOWN if charge.token == "tok_times_out" else _told(row)  # noqa: S105 (the name of a test token)

    async def look_up(self, charge: Charge) -> Outcome | None:
        known = await self._find(charge.key)
        return _told(known._asdict()) if known else None

    async def capture(self, charge: Charge, amount: int) -> Outcome:
        ready = col(SandboxCharge.status) == "authorized", col(SandboxCharge.amount) >= amount
        await self._move(charge.key, *ready, status="captured", captured=amount)
        known = await self._find(charge.key)
        return _told(known._asdict()) if known else Outcome("declined", reason="there is no such charge")

    async def void(self, charge: Charge) -> Outcome:
        await self._move(charge.key, col(SandboxCharge.status).in_(("requires_action", "authorized")), status="voided")
        return await self.look_up(charge) or Outcome("voided")

    async def refund(self, charge: Charge, key: str, amount: int) -> Outcome:
        return await retrying(lambda: self._refund(charge, key, amount))

    async def _refund(self, charge: Charge, key: str, amount: int) -> Outcome:
        """Never more than was captured, however many are sent at once: they queue for the charge's row."""
        async with self._database.write() as db:
            of_it = select(SandboxCharge).where(col(SandboxCharge.key) == charge.key).with_for_update()
            held = (await db.execute(of_it)).one_or_none()
            refunds = col(SandboxCharge.charge) == charge.key, col(SandboxCharge.kind) == "refund"
            if await db.scalar(select(col(SandboxCharge.key)).where(*refunds, col(SandboxCharge.key) == key)):
                return Outcome("refunded")
            given = await db.scalar(select(func.coalesce(func.sum(col(SandboxCharge.amount)), 0)).where(*refunds))
            if held is None or held.captured - int(given or 0) < amount:
                return Outcome("declined", reason="more than was captured")
            row = {"key": key, "kind": "refund", "charge": charge.key, "amount": amount, "currency": held.currency}
            await db.execute(insert(SandboxCharge).values(**row, status="refunded", captured=0, at=self._clock()))
            return Outcome("refunded")

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent | None:
        verify(self._webhook_secret, headers.get(SIGNATURE, ""), body, self._clock().timestamp())
        try:
            event = json.loads(body)
            return GatewayEvent(str(event["id"]), str(event["key"]), None)
        except (ValueError, KeyError, TypeError):
            raise BadSignature from None

    def event_about(self, key: str) -> tuple[bytes, dict[str, str]]:
        """An event as this provider sends it: its raw body and its signed header."""
        at = int(self._clock().timestamp())
        body = json.dumps({"id": f"evt_{secrets.token_hex(12)}", "key": key}).encode()
        return body, {SIGNATURE: signature(self._webhook_secret, at, body)}

    async def finish_action(self, key: str, approve: bool) -> bool:
        """The shopper's answer on the provider's page; False when nothing waits for one."""
        waiting = await self.waiting(key)
        if waiting is None:
            return False
        approved = {"status": "captured", "captured": waiting.amount} if waiting.captures else {"status": "authorized"}
        changes = approved if approve else {"status": "declined"}
        return await self._move(key, col(SandboxCharge.status) == "requires_action", **changes)

    async def waiting(self, key: str) -> Row[Any] | None:
        found = await self._find(key)
        return found if found is not None and found.status == "requires_action" else None

    async def _find(self, key: str) -> Row[Any] | None:
        async with self._database.read() as db:
            return (await db.execute(KNOWN, {"wanted": key})).one_or_none()

    async def _move(self, key: str, *ready: Any, **changes: Any) -> bool:
        async with self._database.write() as db:
            move = update(SandboxCharge).where(col(SandboxCharge.key) == key, *ready)
            return (await db.execute(move.values(**changes))).rowcount > 0


def _first_state(charge: Charge) -> dict[str, Any]:
    if charge.token == "tok_needs_action":  # noqa: S105 (the name of a test token)
        return {"status": "requires_action", "captured": 0}
    if charge.token not in {"tok_succeeds", "tok_times_out"}:
        return {"status": "declined", "captured": 0}
    return (
        {"status": "captured", "captured": charge.amount}
        if charge.captures
        else {"status": "authorized", "captured": 0}
    )


def _told(row: dict[str, Any]) -> Outcome:
    if row["status"] == "requires_action":
        return Outcome("requires_action", action_url=f"/sandbox/payments/{row['key']}")
    if row["status"] == "declined":
        return Outcome("declined", reason="the card was declined")
    return Outcome(row["status"], amount=row["captured"] if row["status"] == "captured" else None)
