"""Codes of gift cards: long enough that guessing is hopeless, short enough to be typed."""

import hashlib
import hmac

from ..ids import SPEAKABLE

LENGTH = 16


def code_for(secret: str, account: str, key: str) -> str:
    """The code of the card that this admin issues under this idempotency key: asking again gives the same one, so that
    it can be told again although it is stored nowhere."""
    drawn = hmac.new(secret.encode(), f"gift card\n{account}\n{key}".encode(), hashlib.sha512).digest()
    number = int.from_bytes(drawn)
    letters = []
    for _ in range(LENGTH):
        number, letter = divmod(number, len(SPEAKABLE))
        letters.append(SPEAKABLE[letter])
    return spelled("".join(letters))


def spelled(code: str) -> str:
    """`XXXX-XXXX-XXXX-XXXX`, however it was typed."""
    plain = "".join(c for c in code.upper() if c.isalnum())
    return "-".join(plain[i : i + 4] for i in range(0, len(plain), 4))


def hash_of(code: str) -> str:
    return hashlib.sha256(spelled(code).encode()).hexdigest()
