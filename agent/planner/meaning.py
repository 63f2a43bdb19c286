"""What a clause means: the first rule that fits, politeness let aside and typing slips mended."""

import re
from difflib import SequenceMatcher
from functools import lru_cache

from .lexicon import Intent, Language, language


def meaning(text: str, languages: tuple[Language, ...]) -> tuple[Intent, str]:
    """The first rule that fits, and the words that it leaves."""
    for spoken in languages:
        for intent, patterns in spoken.compiled_rules:
            if any(pattern.fullmatch(text) for pattern in patterns):
                return intent, ""
    text = without_politeness(text, languages)
    for spoken in languages:
        for intent, patterns in spoken.compiled_rules:
            for pattern in patterns:
                if match := pattern.search(text):
                    return intent, " ".join(f"{text[: match.start()]} {text[match.end() :]}".split())
    return "bare", text


def early_meaning(text: str, languages: tuple[Language, ...]) -> tuple[Intent, tuple[int, int]] | None:
    """The first early rule that fits, and where; a phrase for the whole clause fits it also without its politeness."""
    polite = without_politeness(text, languages)
    at = max(text.find(polite), 0)
    for spoken in languages:
        for intent, patterns in spoken.early_rules:
            for pattern in patterns:
                if match := pattern.search(text):
                    return intent, match.span()
                if polite != text and (match := pattern.search(polite)):
                    return intent, (at + match.start(), at + match.end())
    return None


def without_politeness(text: str, languages: tuple[Language, ...]) -> str:
    before = None
    while before != text:
        before = text
        for spoken in languages:
            for pattern in _polite(spoken):
                text = pattern.sub("", text).strip(" ,")
    return text


@lru_cache
def _polite(spoken: Language) -> tuple[re.Pattern[str], re.Pattern[str]]:
    opening = spoken.any_of(spoken.polite_start, before="^", after=r"[ ,]*")
    return opening, spoken.any_of(spoken.polite_end, before=r"[ ,]*", after="$")


def mended(text: str, languages: tuple[Language, ...]) -> tuple[Intent, str]:
    """Tries again with words that look like slips of known ones put right."""
    words = text.split(" ")
    if not text.isascii() or len(words) > 12:
        return "bare", without_politeness(text, languages)
    mended = " ".join(_mend(word, alone=len(words) == 1) for word in words)
    intent, rest = meaning(mended, languages) if mended != text else ("bare", "")
    return (intent, rest) if intent != "bare" else ("bare", without_politeness(text, languages))


@lru_cache(maxsize=2048)
def _mend(word: str, alone: bool) -> str:
    if len(word) < (6 if alone else 4) or not word.isalpha():
        return word
    vocabulary = language("en").vocabulary
    near = [w for size in (-1, 0, 1) for w in vocabulary.get((word[0], len(word) + size), ())]
    if swapped := [w for w in near if sorted(w) == sorted(word)]:
        return swapped[0]
    best = max(near, key=lambda w: SequenceMatcher(None, word, w).ratio(), default=word)
    return best if SequenceMatcher(None, word, best).ratio() >= 0.74 + 0.3 / len(word) else word
