"""Where one wish of a message ends and the next begins."""

import re
from collections.abc import Iterator
from functools import lru_cache

from .clause import Clause, number_pattern
from .content import content
from .joining import LISTS_GOODS
from .lexicon import Intent, Language
from .meaning import early_meaning, meaning, without_politeness

_SAYS_LITTLE: set[Intent] = {
    "bare", "search", "refine", "details", "off_topic", "more", "want", "want_to_buy", "compare", "help", "leave", "chat", "yes", "no",
}  # fmt: skip
_SENTENCE_ENDS = re.compile(r"[!?;\n]+|\.(?=\s|$)|~+$")


def clauses(said: str, languages: tuple[Language, ...]) -> list[str]:
    sentences = (_with_share_apart(s.strip(" ,."), languages) for s in _SENTENCE_ENDS.split(said))
    return [part for sentence in sentences if sentence for part in _parts(sentence, languages)]


def _parts(sentence: str, languages: tuple[Language, ...]) -> Iterator[str]:
    """Splits at commas and joints, but only where a new wish begins, and never inside of what one rule says."""
    start, verb = 0, ""
    whole = early_meaning(sentence.lower(), languages)
    for match in _joints(languages).finditer(sentence.lower()):
        left, right = sentence[start : match.start()], sentence[match.end() :]
        if not left.strip(" ,") or (whole and whole[1][0] <= match.start() and match.end() < whole[1][1]):
            continue
        joint = match.group().strip()
        if whole and whole[0] == "compare" and any(joint in spoken.listing for spoken in languages):
            continue
        if _begins_find(left, joint, right.lower().strip(" ,"), languages):
            next_verb = languages[0].find + (" " if languages[0].spaced else "")
        elif _begins_wish(left, right.lower().strip(" ,"), languages, plainly="," in joint):
            next_verb = ""
        else:
            continue
        yield verb + left.strip(" ,")
        start, verb = match.end(), next_verb
    yield verb + sentence[start:].strip(" ,")


def _begins_find(left: str, joint: str, right: str, languages: tuple[Language, ...]) -> bool:
    """ "Find a teapot and a lamp": another thing to find, where it is told apart from another word of the first."""
    if meaning(left.lower(), languages)[0] not in ("search", "want", "want_to_buy") or not right:
        return False
    said = without_politeness(left.lower(), languages)
    for spoken in languages:
        if lead := re.match(rf"{spoken.any_of(spoken.parting).pattern} *", right):
            joint, right = lead.group().strip(), right[lead.end() :]
        if joint in spoken.parting or (spoken.spaced and re.match(rf"(?:{'|'.join(spoken.articles)}) [a-z]", right)):
            return bool(content(Clause(meaning(said, languages)[1], languages)))
        if not spoken.spaced and joint in spoken.listing:
            return not re.search(r"[的色]|之间", left[-1:] + right)
    return False


def _with_share_apart(sentence: str, languages: tuple[Language, ...]) -> str:
    """A comma before "two each"."""
    for pattern in _shares(languages):
        if (match := pattern.search(sentence.lower())) and match.start():
            return f"{sentence[: match.start()]}, {match.group(1)}"
    return sentence


@lru_cache
def _shares(languages: tuple[Language, ...]) -> list[re.Pattern[str]]:
    return [re.compile(rf"[ ,]*({s.any_of(s.shares).pattern})$") for s in languages]


@lru_cache
def _joints(languages: tuple[Language, ...]) -> re.Pattern[str]:
    return re.compile("|".join([r"\s*,+(?!\d{3})\s*", *(rf"\s*{s.any_of(s.joints).pattern}\s*" for s in languages)]))


def _begins_wish(left: str, right: str, languages: tuple[Language, ...], plainly: bool) -> bool:
    """`plainly`: parted by a comma, behind which a mere remark may begin too."""
    right = without_politeness(right, languages)
    if not right or re.search(r"(between|from) \S+$", left.lower()):
        return False
    if any(pattern.fullmatch(right) for pattern in _shares(languages)):
        return True
    if plainly and not languages[0].spaced and _both_list_goods(left.lower(), right, languages):
        return True
    for spoken in languages:
        for intent, patterns in spoken.compiled_rules:
            if any(p.match(right) for p in patterns):
                return intent != "refine" and (plainly or intent != "off_topic")
    if not _begins_with_count(left.lower(), right, languages):
        return False
    return meaning(left.lower(), languages)[0] in LISTS_GOODS or _begins_with_count("", left.lower(), languages)


def _both_list_goods(left: str, right: str, languages: tuple[Language, ...]) -> bool:
    """Each has a verb of its own: 砂锅拿黑的,蒸笼拿大的."""
    meant, other = meaning(left, languages), meaning(right, languages)
    if meant[0] in _SAYS_LITTLE or other[0] in _SAYS_LITTLE:
        return False
    return meant[0] != other[0] or (meant[0] == "add" and bool(meant[1] and other[1]))


def _begins_with_count(left: str, right: str, languages: tuple[Language, ...]) -> bool:
    for spoken in languages:
        named = "|".join([*spoken.articles, number_pattern(spoken.code)])
        after = r" \S" if spoken.spaced else rf"(?:{'|'.join(spoken.counters)})."
        if re.match(rf"(?:the )?(?:{named}){after}|\d+ ?x ", right):
            return True
        if spoken.spaced and re.match(r"(?:the|my) \S", right) and re.search(r"(?<![a-z])(?:the|my) \S", left):
            return True
    return False
