"""Ids: short and speakable where people and models speak of a thing, a prefix and a ULID elsewhere."""

import random
import secrets
from datetime import datetime
from typing import Annotated

from pydantic import Field
from ulid import ULID

SPEAKABLE = "23456789BCDFGHJKMNPQRSTVWXZ"
"""No vowels, so no words; nothing that is easily misread."""

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
Sku = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
OrderNumber = Annotated[str, Field(pattern=r"^[A-Za-z0-9#][A-Za-z0-9-]*$", max_length=32)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=64)]


class Ids:
    """Makes ids. A seeded source of randomness makes the same ones again, for tests and evals."""

    def __init__(self, source: random.Random | None = None) -> None:
        self._random = source or secrets.SystemRandom()
        self._last = 0

    def make(self, prefix: str, now: datetime) -> str:
        """`adr_01JB…`: sorts by the time it was made, and within a millisecond in the order it was made in."""
        milliseconds = int(now.timestamp() * 1000)
        fresh = (milliseconds << 80) | self._random.getrandbits(80)
        same_instant = milliseconds == self._last >> 80
        self._last = self._last + 1 + self._random.getrandbits(32) if same_instant else fresh
        return f"{prefix}_{ULID.from_int(self._last)}"

    def order_number(self) -> str:
        """`DT-7K3M-92QF`: random, so that nobody can count orders."""
        drawn = "".join(self._random.choice(SPEAKABLE) for _ in range(8))
        return f"DT-{drawn[:4]}-{drawn[4:]}"

    def coupon_code(self) -> str:
        """Ten letters and digits that nobody guesses."""
        return "".join(self._random.choice(SPEAKABLE) for _ in range(10))
