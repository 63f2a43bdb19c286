"""Passwords that are guessed first: common ones, ones that name the shop or the person, runs and repetitions.

NIST SP 800-63B-4, 3.1.1.2: length is required, composition is not; the whole password is compared with a blocklist of
common, expected and context-specific ones and what is derived from them. Here a password is on the blocklist when nothing
is left of it after the words of the list: `password-password-1` is, `password of the quiet heron` is not.
"""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

WORDS = Path(__file__).parent / "common_passwords.txt"
LOOKALIKES = str.maketrans("0134578@$!", "oieastbasi")
RUNS = (
    "0123456789" * 3,
    "abcdefghijklmnopqrstuvwxyz" * 2,
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
PERIOD = 6
"""What repeats after so few characters is a repetition."""
MOST_WORDS = 2
"""So many different words of the list, however often, are no password."""
SHORTEST = 3
LONGEST = 25
"""Of a word that counts."""


def weakness(password: str, context: list[str]) -> str | None:
    """Why it is guessed first; None when it is not. `context`: names of the shop and of the person, the e-mail address."""
    folded = unicodedata.normalize("NFKC", password).casefold()
    plain = _letters(folded)
    if _is_repetition(plain):
        return "it repeats itself"
    if any(plain in run or plain in run[::-1] for run in RUNS):
        return "it is a run of the keyboard or the alphabet"
    own = {word for text in context for word in [*re.split(r"[\W_]+", text.casefold()), _letters(text.casefold())]}
    for spelled in (plain, _letters(folded.translate(LOOKALIKES))):
        if _is_made_of(spelled, own | _common()):
            return "it is made of words that are guessed first"
    return None


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def _is_repetition(plain: str) -> bool:
    return any(plain == (plain[:n] * (len(plain) // n + 1))[: len(plain)] for n in range(1, PERIOD + 1))


def _is_made_of(text: str, words: set[str] | frozenset[str]) -> bool:
    """Whether at most two different words, and digits around them, make up the whole of it."""
    if not text.strip("0123456789"):
        return False
    reached: dict[int, set[frozenset[str]]] = {0: {frozenset()}}
    for end in range(1, len(text) + 1):
        found: set[frozenset[str]] = set(reached.get(end - 1, ())) if text[end - 1].isdigit() else set()
        for start in range(max(0, end - LONGEST), end - SHORTEST + 1):
            if text[start:end] in words:
                found |= {used | {text[start:end]} for used in reached.get(start, ())}
        reached[end] = {used for used in found if len(used) <= MOST_WORDS}
    return bool(reached[len(text)])


@lru_cache(1)
def _common() -> frozenset[str]:
    lines = WORDS.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
