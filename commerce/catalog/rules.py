"""Rules of the catalogue."""

from functools import lru_cache

from .tokens import folded, query_words, respelt

SEPARATORS = str.maketrans({"；": ",", ";": ",", "，": ",", "＝": "=", "：": "=", ":": "="})
MOST_ATTRIBUTES = 8
MOST_PHRASES = 8


def attributes_of(text: str) -> dict[str, str]:
    """`"color=red, size=M"` as folded names and values; empty text is none. Raises ValueError where it can't be read."""
    found: dict[str, str] = {}
    for part in filter(None, (p.strip() for p in text.translate(SEPARATORS).split(","))):
        name, equals, value = part.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise ValueError("must be like color=red, size=M")
        if folded(name) in found:
            raise ValueError(f"names {name.strip()} twice")
        found[folded(name)] = folded(value)
    if len(found) > MOST_ATTRIBUTES:
        raise ValueError(f"names more than {MOST_ATTRIBUTES} attributes")
    return found


@lru_cache(maxsize=1_000)
def phrases_of(text: str) -> tuple[str, ...]:
    """`"wool, fake leather"` as folded phrases that hold words; empty text is none. Raises ValueError where there are too many."""
    parts = dict.fromkeys(respelt(part, {}) for part in text.translate(SEPARATORS).split(","))
    found = tuple(part for part in parts if query_words(part))
    if len(found) > MOST_PHRASES:
        raise ValueError(f"names more than {MOST_PHRASES} things")
    return found


def check_phrases(text: str) -> str:
    phrases_of(text)
    return text


def check_attributes(text: str) -> str:
    attributes_of(text)
    return text
