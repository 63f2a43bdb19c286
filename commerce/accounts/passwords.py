"""Password hashes: argon2id, in a thread, because one hash takes as long as a hundred requests."""

import asyncio
from functools import lru_cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

HASHER = PasswordHash((Argon2Hasher(),))


async def hashed(password: str) -> str:
    return await asyncio.to_thread(HASHER.hash, password)


async def matches(password: str, known: str | None) -> bool:
    """Takes as long for an unknown account (None) as for a known one, so that the time tells nothing."""
    right = await asyncio.to_thread(HASHER.verify, password, known or _decoy())
    return right and known is not None


@lru_cache(1)
def _decoy() -> str:
    return HASHER.hash("nobody's password")
