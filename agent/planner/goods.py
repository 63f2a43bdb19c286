"""What the shop's goods are called, as far as the shop has told: which words of a message name a thing, and which its looks."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cached_property, lru_cache

from tools import Vocabulary

from .lexicon import CODES, language
from .words import has_cjk, stem, tokens

_SHORTEST, _LONG, _ALIKE = 3, 5, 0.8
_SHADE = ("色", "号")
"""Left out of what a look is called: 黑的 for 黑色."""


class Goods:
    """The shop's vocabulary, ready to be looked up."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    @staticmethod
    @lru_cache(maxsize=8)
    def of(vocabulary: Vocabulary) -> "Goods":
        return Goods(vocabulary)

    def __bool__(self) -> bool:
        return bool(self._vocabulary.things)

    @cached_property
    def _words(self) -> frozenset[str]:
        """Stems of all words of names and keywords; in Chinese the names and keywords themselves."""
        return _stems(word for text in self._vocabulary.things for word in tokens(text))

    @cached_property
    def _heads(self) -> frozenset[str]:
        """The words that say what a thing is, and not of what kind: the last of each name."""
        return _stems(tokens(text)[-1] for text in self._vocabulary.things if tokens(text))

    @cached_property
    def _looks(self) -> frozenset[str]:
        return _stems(word for text in self._vocabulary.looks for word in tokens(text))

    @cached_property
    def _told(self) -> frozenset[str]:
        """Stems of the words with which they are described."""
        return _stems(self._vocabulary.told)

    def knows(self, word: str) -> bool:
        """Whether any text of them holds it."""
        return self.holds(word) or stem(word) in self._told or word in _grammar()

    def speaks_of(self, word: str) -> bool:
        """Whether any text of them holds the word, or one that it may be a slip of; of Chinese that is not known."""
        parts = [part for part in re.split(r"[-/']", word) if len(part) > 1]
        known = any(map(self.knows, parts))
        return known or not (parts and self._vocabulary.told) or has_cjk(word) or self.nearly_holds(word)

    @cached_property
    def _chinese(self) -> re.Pattern[str]:
        """Any of the Chinese ones, the longest first; looks without what says that they are such; and at an end single
        characters."""
        names = sorted((w for w in self._words | self._looks if has_cjk(w)), key=len, reverse=True)
        known = "|".join(map(re.escape, names)) or r"(?!)"
        looks = (w[:-1] for w in self._looks if w.endswith(_SHADE) and has_cjk(w))
        short = "|".join(sorted(looks, key=len, reverse=True)) or r"(?!)"
        single = "|".join(w for w in self._vocabulary.things if len(w) == 1 and has_cjk(w)) or r"(?!)"
        uncounted = r"(?<![\d一两二三四五六七八九十])"
        return re.compile(
            rf"{known}|{uncounted}(?:{short})(?=的|那|这|款|$|[ ,]|{known})|{uncounted}(?:{single})(?=$|[吗吧呢呀啊么 ,.?!])"
            rf"|(?<=[么的个把条款双种买些好喝泡])(?:{single})"
        )

    def holds(self, word: str) -> bool:
        return stem(word) in self._words or self.is_look(word)

    @cached_property
    def shapes(self) -> dict[tuple[str, int], list[str]]:
        """English words of names, keywords and looks, by first letter and length."""
        found: dict[tuple[str, int], list[str]] = {}
        words = {w for text in (*self._vocabulary.things, *self._vocabulary.looks) for w in tokens(text)}
        for word in sorted(words):
            if word.isascii() and word.isalpha() and len(word) >= _SHORTEST:
                found.setdefault((word[0], len(word)), []).append(word)
        return found

    def nearly_holds(self, word: str) -> bool:
        """Whether it looks like a slip of one."""
        root = stem(word)
        if len(root) < _LONG:
            return False
        near = (w for size in (-1, 0, 1) for w in self.shapes.get((root[0], len(root) + size), ()))
        return any(SequenceMatcher(None, root, w).ratio() >= _ALIKE for w in near)

    def is_thing(self, word: str) -> bool:
        return stem(word) in (self._words if has_cjk(word) else self._heads)

    def is_look(self, word: str) -> bool:
        return stem(word) in self._looks or (has_cjk(word) and any(f"{word}{shade}" in self._looks for shade in _SHADE))

    def named_in(self, text: str) -> tuple[str, ...]:
        """The words of the text that name things or their looks, in their order."""
        return tuple(part for word in tokens(text) for part in self._known_parts(word))

    def things_in(self, text: str) -> tuple[str, ...]:
        return tuple(word for word in self.named_in(text) if self.is_thing(word))

    def _known_parts(self, word: str) -> list[str]:
        if has_cjk(word):
            return self._chinese.findall(word)
        return [word] if self.holds(word) else []

    def parted(self, run: str) -> tuple[tuple[str, ...], str]:
        """What of a Chinese run names goods, and the rest of it."""
        return tuple(self._chinese.findall(run)), self._chinese.sub("", run)

    def looks_in(self, text: str) -> set[int]:
        """Where in a Chinese text looks stand, and not things."""
        found = (match for match in self._chinese.finditer(text) if self.is_look(match.group()))
        return {at for match in found for at in range(*match.span())}

    def places_in(self, text: str) -> set[int]:
        """Where in a Chinese text they stand."""
        return {at for match in self._chinese.finditer(text) for at in range(*match.span())}


def _stems(words: Iterable[str]) -> frozenset[str]:
    return frozenset(stem(word) for word in words if _tells(word))


def _tells(word: str) -> bool:
    """Neither grammar nor a mere number or letter."""
    return len(word) > 1 and not word.replace(".", "").isdigit() and word not in _grammar()


@lru_cache
def _grammar() -> frozenset[str]:
    spoken = [language(code) for code in CODES]
    lists = (
        s.function_words + s.stop_words + s.words_alone + s.units + s.counters + [*s.numbers, *s.ordinals]
        for s in spoken
    )
    return frozenset(word for words in lists for word in words)


NO_GOODS = Goods(Vocabulary())
