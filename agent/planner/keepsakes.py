"""Which of the shopper's own few things is meant, such as saved cards or addresses: by digits, place, position or words."""

import re
from collections.abc import Callable, Sequence

from .lexicon import CODES, language
from .reading import describe
from .references import at_positions
from .turns import Json
from .words import has_cjk, stems, tokens

Text = Callable[[Json], str]
DIGITS = 4
"""Of a card's number, by which people call it: those of none mean none."""


def kept_one(things: Sequence[Json], said: str, text: Text) -> Json | None:
    """None where nothing said tells them apart; the only one there is needs no telling."""
    for digits in re.findall(r"(?<!\d)\d{3,6}(?!\d)", said):
        held = [thing for thing in things if digits in text(thing)]
        if held or len(digits) == DIGITS:
            return held[0] if len(held) == 1 else None
    asked = describe(said)
    if placed := at_positions(things, asked):
        return placed[0]
    scores = [_shared(text(thing), said) for thing in things]
    if scores and max(scores) > 0 and scores.count(max(scores)) == 1:
        return things[scores.index(max(scores))]
    others = [thing for thing in things if not thing.get("default")]
    if others and any(language(code).any_of(language(code).other_one).search(said.lower()) for code in CODES):
        return others[0]
    return things[0] if len(things) == 1 else None


def _shared(text: str, said: str) -> int:
    """How many words of the text were said; places in either language."""
    places = language("zh").places
    named = {
        part
        for place, name in places.items()
        if name != "default" and (place in said or name in said.lower())
        for part in (place, *tokens(name))
    }
    grammar = {word for code in CODES for word in language(code).function_words}
    words = (stems(" ".join(token for token in tokens(said) if not has_cjk(token))) | named) - grammar - {"default"}
    held = stems(text)
    return sum(word in held or (has_cjk(word) and word in text) for word in words)
