"""Password hashes: argon2id, in a thread, because one hash takes as long as a hundred requests.

What is hashed is the whole password in Unicode's NFKC form, so that it is the same from every keyboard (NIST SP 800-63B-4,
3.1.1.2).
"""

import asyncio
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

HASHER = PasswordHash((Argon2Hasher(),))


class Checked(NamedTuple):
    right: bool
    renewed: str | None
    """A new hash of the same password, where the one that is kept was made with older parameters."""


async def hashed(password: str) -> str:
    return await asyncio.to_thread(HASHER.hash, stable(password))


async def check(password: str, known: str | None) -> Checked:
    """Takes as long for an unknown account (None) as for a known one, so that the time tells nothing."""
    right, renewed = await asyncio.to_thread(HASHER.verify_and_update, stable(password), known or _decoy())
    return Checked(right and known is not None, renewed)


def stable(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


@lru_cache(1)
def _decoy() -> str:
    return HASHER.hash("nobody's password")
