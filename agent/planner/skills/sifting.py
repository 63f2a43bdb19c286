"""What is left of a list once some things are not wanted: what says that it is free of them, else what does not speak of them."""

import re
from collections.abc import Sequence
from functools import lru_cache

from ..lexicon import CODES, Code, language
from ..reading import describe
from ..references import variant_text
from ..talk import Talk
from ..turns import Json
from ..understanding import understand
from ..wishes import Wish
from ..words import has_cjk, likeness, stem, tokens


def sifted(products: Sequence[Json], unwanted: Sequence[str]) -> list[Json]:
    """Those that are surely without it come alone."""
    kept = [product for product in products if not any(_is_like(product, each) for each in unwanted)]
    return [product for product in kept if all(_says_free(product, each) for each in unwanted)] or kept


def surely_without(talk: Talk, product: Json, unwanted: str) -> bool:
    """It says so, or it is told by something else of the same kind: a blue one is not red."""
    words, known = _words(unwanted), talk.memory.products.values()
    kinds = {
        kind
        for thing in known
        for variant in thing.get("variants", [])
        for kind, value in variant.get("attributes", {}).items()
        if likeness(str(value), words) >= 1
    }
    told = [kinds & set(variant.get("attributes", {})) for variant in product.get("variants", [])]
    return _says_free(product, unwanted) or (bool(told) and all(told))


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


def _is_like(product: Json, unwanted: str) -> bool:
    """Whether it is what is not wanted: by its texts, or in all of its variants."""
    words, looks = _words(unwanted), [variant_text(variant) for variant in product.get("variants", [])]
    if any(likeness(look, words) >= 1 for look in looks):
        return all(likeness(look, words) >= 1 for look in looks)
    left = _texts(product)
    for word in words:
        left = _free_of(word).sub(" ", left)
    return likeness(left, words) >= 1


def _says_free(product: Json, unwanted: str) -> bool:
    return all(_free_of(word).search(_texts(product)) for word in _words(unwanted))


def _words(unwanted: str) -> tuple[str, ...]:
    return describe(unwanted).words or (unwanted,)


def _texts(product: Json) -> str:
    texts = [product.get("name"), product.get("description"), product.get("product")]
    texts += [*product.get("names", {}).values(), *product.get("descriptions", {}).values()]
    return " ".join(map(str, texts)).lower()


@lru_cache(maxsize=256)
def _free_of(word: str) -> re.Pattern[str]:
    """ "Caffeine-free", "contains no sugar", 不含咖啡因."""
    said = [language(code).any_of(_denials(code, word)).pattern for code in CODES]
    return re.compile("|".join(said))


def _denials(code: Code, word: str) -> list[str]:
    return [phrase.replace("WHAT", re.escape(word)) for phrase in language(code).denials]
