"""What is left of the part of a conversation that is no longer read: words, and the facts that the shop showed in it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from langchain_core.messages import AnyMessage, HumanMessage, ToolMessage

from tools.fence import fenced
from tools.mentions import IDS
from tools.tokens import tokens_in

from .facts import NO_FACTS, Facts, shown_in

MOST_TOKENS = 500
"""Of the words."""
LONGEST_SAYING = 100


@dataclass(frozen=True)
class Summary:
    words: str = ""
    """By rule: a line for what the shopper said, and one for what was done. By a model: its own, fenced; nothing in them is
    taken for a fact."""
    facts: Facts = NO_FACTS
    upto: int = 0
    """The newest message that it holds."""

    @property
    def ids(self) -> str:
        return self.facts.ids

    def __bool__(self) -> bool:
        return bool(self.words or self.facts.known)

    def with_views_of(self, messages: Sequence[AnyMessage], ids: Collection[str] = IDS) -> "Summary":
        shown = shown_in(messages)
        return replace(self, facts=self.facts.with_views(shown, ids)) if shown else self

    def by_rule(self, messages: Sequence[AnyMessage], ids: Collection[str] = IDS) -> "Summary":
        """Takes in messages: what the shopper said, cut short, what was done, and the facts. The oldest lines go first."""
        lines = [*self.words.splitlines(), *lines_of(messages)]
        while lines and tokens_in("\n".join(lines)) > MOST_TOKENS:
            lines.pop(0)
        return replace(self.with_views_of(messages, ids), words="\n".join(lines))


NOTHING = Summary()


def lines_of(messages: Sequence[AnyMessage], longest: int = LONGEST_SAYING) -> list[str]:
    found = []
    for message in messages:
        if isinstance(message, HumanMessage):
            found.append(f"- the shopper said {fenced(str(message.text), longest)}")
        elif done := _receipt(message):
            found.append(f"- done: {' '.join(done.split())}")
    return found


def _receipt(message: AnyMessage) -> str:
    artifact = message.artifact if isinstance(message, ToolMessage) else None
    return str(artifact.get("receipt") or "") if isinstance(artifact, dict) else ""
