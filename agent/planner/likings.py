"""What the shopper asked the shop to remember, where it says what to leave out or which size to take."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .clause import Clause
from .lexicon import CODES, Intent, language
from .reading import describe, languages_of
from .slots import take_excluded
from .talk import Talk
from .turns import Json
from .wishes import Wish
from .words import has_cjk, stem, tokens

_OF_GOODS: set[Intent] = {"search", "bare", "refine", "add", "want", "want_to_buy", "buy", "details", "change"}
MOST_WORDS = 2
"""Of what is not liked; in more, it is a story."""


def words_of(unwanted: str) -> tuple[str, ...]:
    return describe(unwanted).words


def without(phrases: Sequence[str], wish: Wish) -> str:
    """As the search takes it; what is asked for by name is not left out."""
    wanted = {stem(word) for word in wish.words}
    said = (words_of(phrase) for phrase in phrases)
    return ", ".join(dict.fromkeys(" ".join(words) for words in said if words and not wanted & set(map(stem, words))))


def disliked(talk: Talk, wish: Wish) -> tuple[str, ...]:
    """What was never to be shown, and is not asked for by name now."""
    found = (thing for kind, said in talk.remembered if kind == "dislike" for thing in _things(said))
    return tuple(filter(None, (without([thing], wish) for thing in found)))


def _things(said: str) -> Iterator[str]:
    clause = Clause(said.strip(" .!"), languages_of(said))
    named = take_excluded(clause) or (_without_verdict(clause.lower),)
    for thing in named:
        words = describe(thing).words
        if 0 < len(words) <= MOST_WORDS:
            yield " ".join(words)


def _without_verdict(said: str) -> str:
    spoken = language("zh" if has_cjk(said) else "en")
    return spoken.any_of(spoken.preference_kinds["dislike"]).sub(" ", said)


def sized(talk: Talk, wish: Wish) -> Wish:
    """ "In my usual size": the size that was to be remembered stands for it."""
    own = _own_size(wish.text)
    if not own or wish.intent not in _OF_GOODS:
        return wish
    around = " ".join(match.group() for match in own.finditer(wish.text.lower()))
    words = tuple(word for word in wish.words if word not in tokens(around) and not (has_cjk(word) and word in around))
    return replace(wish, words=(*words, *_size(talk, words)), quantity=None if wish.quantity == 0 else wish.quantity)


def _own_size(text: str) -> re.Pattern[str] | None:
    spoken = language("zh" if has_cjk(text) else "en")
    pattern = spoken.any_of(spoken.own_size)
    return pattern if pattern.search(text.lower()) else None


def _size(talk: Talk, words: tuple[str, ...]) -> tuple[str, ...]:
    """Of what the words name, or of what is looked at; else the one that is said of nothing in particular."""
    known = [(_size_in(said), _named(said)) for kind, said in talk.remembered if kind == "size"]
    known = [(size, named) for size, named in known if size]
    about = {stem(word) for word in (*words, *_looked_at(talk.memory.focus))}
    fitting = [size for size, named in known if named & about] or [size for size, named in known if not named]
    if not fitting and len(known) == 1:
        fitting = [known[0][0]]
    return (fitting[-1],) if fitting else ()


def _looked_at(product: Json | None) -> list[str]:
    return tokens(f"{product.get('name', '')} {product.get('category', '')}") if product else []


def _size_in(said: str) -> str:
    sizes = {size for code in CODES for size in language(code).sizes}
    return next((word for word in tokens(said) if word in sizes or re.fullmatch(r"\d\d?(\.5)?", word)), "")


def _named(said: str) -> set[str]:
    return {stem(word) for word in describe(said).words if word != _size_in(said)}
