"""Signatures of what a payment provider sends: HMAC-SHA256 over time and raw body, and good for five minutes."""

import hashlib
import hmac

from .gateway import BadSignature

TOLERANCE = 300.0
"""Seconds between the time in a signature and now, either way."""


def signature(secret: str, at: int, body: bytes) -> str:
    """The header's value: `t=…,v1=…`."""
    return f"t={at},v1={_mac(secret, str(at), body)}"


def verify(secret: str, header: str, body: bytes, now: float) -> None:
    """Raises BadSignature unless one of the header's `v1` signatures is of this body, made with this secret, just now."""
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdecimal() or len(times[0]) > 12:
        raise BadSignature
    wanted = _mac(secret, times[0], body).encode()
    if not any(hmac.compare_digest(wanted, mac.encode()) for mac in given):
        raise BadSignature
    if abs(now - int(times[0])) > TOLERANCE:
        raise BadSignature


def _mac(secret: str, at: str, body: bytes) -> str:
    return hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
