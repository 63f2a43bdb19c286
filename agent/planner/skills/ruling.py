"""The shop's rules: all of them, or those that a question is about."""

from ..lexicon import CODES, Topic, language
from ..talk import Reply, Talk
from ..wishes import Wish

_HEADING = 24
"""Letters of a rule that say what it is about."""


def rules(talk: Talk, wish: Wish) -> Reply:
    if not talk.rules:
        return Reply(talk.say("rules_on_page"))
    topics = _topics(talk, wish.text)
    return Reply("\n".join([talk.say("rules"), *(_about(talk, topics) or _lines(talk))]))


def returns(talk: Talk, wish: Wish) -> Reply:
    """How long and how far things can be sent back, and how to say so."""
    talk.memory.shown = "orders"
    return Reply("\n".join([*_about(talk, ["returns"]), talk.say("returns")]))


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
