"""Rules of webhooks: which events one wants, what it is told of them, how a message is signed, when to give up."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..queue import wait_after

ATTEMPTS = 12
"""Over about a day."""
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=12)
PAUSE_AFTER = timedelta(days=3)
"""A webhook that only failed for so long is paused."""
OLD_SECRET_KEPT = timedelta(hours=24)
PREFIX = "whsec_"


def wants(types: Sequence[str], type: str) -> bool:
    """`order.*` is every event of orders; no types at all are all."""
    return not types or type in types or f"{type.partition('.')[0]}.*" in types


def told_to(merchant: str | None, data: Mapping[str, Any], concerned: frozenset[str]) -> dict[str, Any] | None:
    """What a webhook's owner may know of an event; None when nothing. `concerned`: merchants of the order or product."""
    if merchant is None:
        return dict(data)
    if "merchant" in data:
        return dict(data) if data["merchant"] == merchant else None
    if merchant not in concerned or "account" in data:
        return None
    return {name: data[name] for name in ("order", "product") if name in data}


def message(event: str, type: str, happened_at: datetime, data: Mapping[str, Any]) -> bytes:
    told = {"id": event, "type": type, "timestamp": happened_at.isoformat(), "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed_headers(event: str, body: bytes, now: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """As Standard Webhooks 1.0 says; while a secret is exchanged there are two signatures."""
    at = str(int(now.timestamp()))
    signatures = " ".join(f"v1,{signature(secret, event, at, body)}" for secret in secrets)
    return {"webhook-id": event, "webhook-timestamp": at, "webhook-signature": signatures}


def signature(secret: str, event: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over `id.timestamp.body`, in Base64."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, f"{event}.{timestamp}.".encode() + body, hashlib.sha256)).decode()


def next_attempt(attempts: int, now: datetime, retry_after: int | None) -> datetime:
    """Not before the receiver wants it, within bounds."""
    wait = wait_after(attempts, FIRST_WAIT, LONGEST_WAIT)
    return now + max(wait, min(timedelta(seconds=retry_after or 0), LONGEST_WAIT))
