"""Names of calls: the same call of the same turn has the same key, so its effect happens once."""

import hashlib


def call_key(turn: str, call: str | None) -> str:
    return hashlib.sha256(f"{turn}\n{call}".encode()).hexdigest()


def turn_key(owner: str, thread: str, key: str) -> str:
    return hashlib.sha256(f"{owner}\n{thread}\n{key}".encode()).hexdigest()
