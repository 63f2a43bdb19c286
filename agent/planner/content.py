"""The words of a clause that name something: neither grammar nor politeness."""

import re

from .clause import Clause
from .lexicon import Language
from .words import has_cjk, stem, tokens


def content(clause: Clause) -> tuple[str, ...]:
    """Words that are neither grammar nor politeness."""
    text = clause.lower
    for spoken in clause.languages:
        if not spoken.spaced:
            text = _trimmed(text, spoken)
    grammar = {word for s in clause.languages for word in (*s.function_words, *s.stop_words, *s.words_alone)}
    same = {said: written for spoken in clause.languages for said, written in spoken.same_as.items()}
    found = (same.get(word, word) for word in tokens(text) if word not in grammar)
    return tuple(stem(word) if "-" in word else word for word in found)


def _trimmed(text: str, spoken: Language) -> str:
    """Chinese has no spaces: grammar is cut off the ends of each run, and the linking words inside it part it."""
    measures = "|".join(sorted(spoken.same_as, key=len, reverse=True))
    text = re.sub(rf"(?<=\d)({measures})(?=[^\s])", r"\1 ", text)
    edges = "|".join(sorted(spoken.function_words, key=len, reverse=True))
    runs = re.sub(r"(?<=[^\s])[的之](?=[^\s])|,", " ", text).split()
    return " ".join(re.sub(rf"^(?:{edges})+|(?:{edges})+$", " ", run) if has_cjk(run) else run for run in runs)
