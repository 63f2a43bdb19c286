"""What can be said of what was found: whether it is without what is not wanted, and whether it is what was asked for."""

from ..likings import words_of
from ..talk import Talk
from ..turns import Json
from ..understanding import understand
from ..wishes import Wish
from ..words import has_cjk, likeness, stem, tokens


def told_by_variants(talk: Talk, product: Json, unwanted: str) -> bool:
    """By something else of the same kind: a blue one is not red."""
    words, known = words_of(unwanted), talk.memory.products.values()
    kinds = {
        kind
        for thing in known
        for variant in thing.get("variants", [])
        for kind, value in variant.get("attributes", {}).items()
        if likeness(str(value), words) >= 1
    }
    told = [kinds & set(variant.get("attributes", {})) for variant in product.get("variants", [])]
    return bool(told) and all(told)


def no_such(talk: Talk, wish: Wish, view: Json) -> str:
    """What was asked for, where nothing that was found is called so: cases for phones are no phones."""
    said = understand(wish.text)[0].words
    if len(said) != 1 or wish.filtered or not talk.language.any_of(talk.language.having).search(wish.text.lower()):
        return ""
    names = [str(n) for p in view.get("items", []) for n in (p.get("name", ""), *p.get("names", {}).values())]
    if any(_is_called(name, said[0]) for name in names):
        return ""
    beside = any(likeness(name, said) >= 1 for name in names)
    return said[0] if beside or not view.get("next_cursor") else ""


def _is_called(name: str, word: str) -> bool:
    """In both languages the last part of a name says what the thing is."""
    if has_cjk(word):
        return name.endswith(word.rstrip("子儿") or word)
    return stem(word) in [stem(token) for token in tokens(name)[-1:]]
