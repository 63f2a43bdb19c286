"""Rules of the catalogue."""

from .tokens import folded

SEPARATORS = str.maketrans({"；": ",", ";": ",", "，": ",", "＝": "=", "：": "=", ":": "="})
MOST_ATTRIBUTES = 8


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


def check_attributes(text: str) -> str:
    attributes_of(text)
    return text
