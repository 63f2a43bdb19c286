"""Stripe's wire: forms out, JSON back, and what its statuses say about whether something was done."""

from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from loguru import logger

from ..money import MINOR_DIGITS

VERSION = "2024-06-20"
TIMEOUT = httpx.Timeout(20.0, connect=5.0)
DIGITS = MINOR_DIGITS | {"ISK": 2, "UGX": 2, "MGA": 0}
"""Stripe's minor units, where they are not ISO's."""
SHORT_OF = {"authentication_error", "idempotency_error", "rate_limit_error", "api_error"}
"""Errors that say nothing about the charge itself."""


@dataclass(frozen=True)
class Answer:
    """What came back. `status` 0: nothing came."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    replayed: bool = False
    """It is the answer to an earlier request with the same Idempotency-Key."""

    @property
    def ok(self) -> bool:
        return self.status == 200

    @property
    def refused(self) -> bool:
        """Stripe understood and did not do it."""
        return self.status in {400, 402, 404} and self.error.get("type") not in SHORT_OF

    @property
    def unclear(self) -> bool:
        return not self.ok and not self.refused

    @property
    def never_done(self) -> bool:
        """The first answer to this key was a failure, so nobody ever had another one."""
        return self.status >= 500 and self.replayed

    @property
    def error(self) -> dict[str, Any]:
        found = self.body.get("error")
        return found if isinstance(found, dict) else {}

    @property
    def code(self) -> str:
        return str(self.error.get("decline_code") or self.error.get("code") or self.error.get("type") or self.status)

    @property
    def message(self) -> str:
        return str(self.error.get("message") or self.code)[:500]

    def with_body(self, body: dict[str, Any]) -> "Answer":
        return replace(self, body=body)


class StripeHttp:
    """One client for the process."""

    def __init__(self, key: str, url: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=TIMEOUT,
            headers={"Authorization": f"Bearer {key}", "Stripe-Version": VERSION},
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def get(self, path: str, query: dict[str, str] | None = None) -> Answer:
        return await self._send("GET", path, params=query)

    async def post(self, path: str, form: dict[str, str], *, key: str | None = None) -> Answer:
        """`key`: without one where what is changed can be changed like that only once anyway."""
        return await self._send("POST", path, data=form, headers={"Idempotency-Key": key} if key else {})

    async def _send(self, method: str, path: str, **more: Any) -> Answer:
        try:
            answer = await self._client.request(method, path, **more)
            body = answer.json()
        except (httpx.HTTPError, ValueError) as failed:
            logger.warning("no answer from Stripe to {} {}: {}", method, path, type(failed).__name__)
            return Answer(0)
        found = Answer(
            answer.status_code,
            body if isinstance(body, dict) else {},
            answer.headers.get("idempotent-replayed") == "true",
        )
        if found.unclear:
            logger.warning("Stripe answered {} to {} {}: {}", found.status, method, path, found.code)
        return found


def to_stripe(amount: int, currency: str) -> int | None:
    """In Stripe's minor units; None where it has none that small. Of three digits it wants the last one to be 0."""
    shift = DIGITS.get(currency, 2) - MINOR_DIGITS.get(currency, 2)
    sent = amount * 10**shift if shift >= 0 else amount // 10**-shift
    exact = from_stripe(sent, currency) == amount
    return sent if exact and (DIGITS.get(currency, 2) < 3 or sent % 10 == 0) else None


def from_stripe(amount: int, currency: str) -> int:
    shift = DIGITS.get(currency, 2) - MINOR_DIGITS.get(currency, 2)
    return int(amount // 10**shift if shift >= 0 else amount * 10**-shift)
