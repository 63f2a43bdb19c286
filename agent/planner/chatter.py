"""What a message says besides its wishes: chatter, insults, and what it takes back in the same breath."""

import re
from dataclasses import replace
from functools import lru_cache

from .lexicon import Language
from .wishes import Wish

_PAUSE = r"(?:\s*[,.;:!?…]+\s*|\s+[-–—]+\s*)"
_TIDY = re.compile(r"\s*,(?:\s*,)+|^[\s,.;:]+")
_WORDLESS = re.compile(r"^[\W_]*$")


def without_chatter(said: str, languages: tuple[Language, ...]) -> tuple[str, bool]:
    """The message without words that say nothing, and whether an insult was among them. What is nothing else stays as it is."""
    kept, insulted = said, False
    for spoken in languages:
        chatter, insults = _empty_words(spoken)
        kept, insult = insults.subn(" ", kept)
        kept, insulted = chatter.sub(" ", kept), insulted or bool(insult)
    kept = " ".join(_TIDY.sub(lambda m: ", " if m.start() else "", kept).split()).strip(" ,")
    return (said if _WORDLESS.match(kept) else kept), insulted


@lru_cache
def _empty_words(spoken: Language) -> tuple[re.Pattern[str], re.Pattern[str]]:
    found = (spoken.any_of(spoken.chatter).pattern, spoken.any_of(spoken.insults).pattern)
    return re.compile(rf"(?<!-){found[0]}", re.I), re.compile(rf"(?<!-){found[1]}", re.I)


def retracted(said: str, languages: tuple[Language, ...]) -> list[str]:
    """The message in pieces, each of which takes back what the piece before it said last."""
    pieces, start = [], 0
    for match in _retractions(languages).finditer(said):
        if said[start : match.start()].strip(" ,.;:!?-–—…"):
            pieces.append(said[start : match.start()])
            start = match.end()
    if (
        len(pieces) == 1
        and not said[start:].strip()
        and not _retractions(languages).sub("", f" , {pieces[0]}").strip(" ,")
    ):
        return [said]  # "actually, cancel that" takes back nothing that it has said itself
    return [*pieces, said[start:]]


@lru_cache
def _retractions(languages: tuple[Language, ...]) -> re.Pattern[str]:
    kinds = [p for s in languages for p in _taking_back(s)]
    again = "|".join(s.any_of([*s.retractions, *s.pauses, *s.fillers]).pattern for s in languages)
    return re.compile(rf"(?:{'|'.join(kinds)})(?:(?:{_PAUSE}|\s+)?(?:{again}))*(?:{_PAUSE}|\s+|$)?", re.I)


def _taking_back(spoken: Language) -> list[str]:
    strong, weak = spoken.any_of(spoken.retractions).pattern, spoken.any_of(spoken.pauses).pattern
    filler = rf"(?:{spoken.any_of(spoken.fillers).pattern}[, ]+)*"
    return [rf"{_PAUSE}?{filler}(?:{strong})", rf"{_PAUSE}{filler}(?:{weak})"]


def corrected(before: list[Wish], after: list[Wish]) -> list[Wish]:
    """What is left of the wishes `before` once `after` was said instead; nothing when nothing was."""
    named = [wish for wish in after if wish.intent not in ("no", "leave", "cancel")]
    if not named or not before:
        return named
    first, last = named[0], before[-1]
    if last.intent in ("off_topic", "chat", "details") and first.quantity and not (first.words or first.skus):
        return [*before[:-1], replace(first, intent="meant"), *named[1:]]
    replaces = first.intent in ("bare", "meant", "want") or (first.one and first.intent in ("search", "refine"))
    if not replaces or last.intent in ("bare", "no", "yes"):
        return [*before[:-1], *named]
    return [*before[:-1], _instead(last, first), *named[1:]]


def _instead(last: Wish, said: Wish) -> Wish:
    """The last wish with what was said in the place of what it named."""
    names = said.words or said.skus or said.ordinals or said.first or said.last
    changed = replace(said, intent=last.intent, quantity=last.quantity if said.quantity is None else said.quantity)
    if said.one and said.words and len(last.words) > len(said.words):
        return replace(changed, words=said.words + last.words[len(said.words) :])
    if names:
        return replace(changed, before=last.words)
    kept = {
        k: getattr(last, k) for k in ("words", "skus", "ordinals", "first", "last", "pronoun", "comparison", "sort")
    }
    return replace(
        changed, **kept, min_price=said.min_price or last.min_price, max_price=said.max_price or last.max_price
    )
