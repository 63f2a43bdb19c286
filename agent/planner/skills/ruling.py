"""The shop's rules: all of them, or those that a question is about."""

import re

from ..clause import number, number_pattern
from ..lexicon import CODES, Topic, language
from ..talk import Reply, Talk
from ..wishes import Wish

_HEADING = 24
"""Letters of a rule that say what it is about."""


def rules(talk: Talk, wish: Wish) -> Reply:
    if not talk.rules:
        return Reply(talk.say("rules_on_page"))
    about = _about(talk, _topics(talk, wish.text)) or _lines(talk)
    return Reply("\n".join([*_in_time(talk, wish.text, about), talk.say("rules"), *about]))


def returns(talk: Talk, wish: Wish) -> Reply:
    """How long and how far things can be sent back, and how to say so."""
    talk.memory.shown = "orders"
    about = _about(talk, ["returns"])
    return Reply("\n".join([*_in_time(talk, wish.text, about), *about, talk.say("returns")]))


def _in_time(talk: Talk, said: str, about: list[str]) -> list[str]:
    """ "After 45 days?": whether that is within the time that the rule about returns tells first."""
    asked = _days(said)
    rule = next((line for line in about if _holds(line[:_HEADING], ["returns"])), "")
    within = _days(rule)
    if asked is None or within is None:
        return []
    return [talk.say("in_time" if asked <= within else "too_late", days=within)]


def _days(text: str) -> int | None:
    """The first time that is named, in days."""
    for spoken in map(language, CODES):
        for unit, days in spoken.durations.items():
            after = rf" ?(?:{unit})(?![a-z])"
            if match := re.search(rf"({number_pattern(spoken.code)}){after}", text.lower()):
                return int(number(match.group(1), spoken)) * days
    return None


def _topics(talk: Talk, said: str) -> list[Topic]:
    known = talk.language.rule_topics
    return [topic for topic in known if talk.language.any_of(known[topic]).search(said.lower())]


def _about(talk: Talk, topics: list[Topic]) -> list[str]:
    """The rules that begin with what the topics are about; where there are none, those that speak of it."""
    lines = _lines(talk)
    headed = [line for line in lines if _holds(line[:_HEADING], topics)]
    return headed or [line for line in lines if _holds(line, topics)]


def _lines(talk: Talk) -> list[str]:
    return [line for line in talk.rules.splitlines() if line.strip()]


def _holds(line: str, topics: list[Topic]) -> bool:
    """In any language: there may be no rules in that of the question."""
    spoken = [language(code) for code in CODES]
    return any(s.any_of(s.rule_topics[topic]).search(line.lower()) for s in spoken for topic in topics)
