"""The scripted shopper: a state machine that says its steps, tells what it knows when asked, and loses patience.

It hears operations that were done, questions, and words of the agent that ask for a known fact; of the wording it understands
nothing else. The same conversation makes it say the same.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from agent.planner.words import has_cjk
from commerce.money import minor_units

from .schema import Answer, Events, Shopper, Step

ASKING = re.compile(r"[?？]")
Ending = Literal["finished", "gave_up"]


NOTHING = Events()


@dataclass(frozen=True)
class Line:
    """What is said next, and what happens before."""

    text: str
    before: Events = NOTHING


@dataclass
class ScriptedShopper:
    """Ask it for the next line with what the agent has answered, until there is none."""

    shopper: Shopper
    currency: str
    ended: Ending | None = None
    unknown: str = ""
    """What the agent asked last that the shopper knows nothing of."""
    _at: int = -1
    _tries: int = 0
    _told: set[int] = field(default_factory=set)
    _heard: set[str] = field(default_factory=set)
    _lost: int = 0
    _since: frozenset[str] = frozenset()
    _decided: int = 0

    def first(self) -> Line:
        return self._next_step(frozenset()) or Line(self.shopper.says[0].say)

    def next(self, heard: str, done: Collection[str], did_now: Collection[str]) -> Line | None:
        """`heard`: the agent's last words. `done`: operations that have succeeded in this conversation; `did_now`: in this
        turn. None: the shopper has nothing more to say."""
        self._since |= frozenset(did_now)
        if self._reached:
            return self._go_on(done)
        if fact := self._asked_for(heard):
            return Line(fact)
        if not self._step.until:
            return self._go_on(done)
        return self._insist(heard)

    def decide(self, operation: str, to_pay: int | None) -> tuple[Literal["approve", "reject", "leave"], Events]:
        """What is done with a question of the shop; `to_pay` in minor units, where the terms name an amount."""
        left = self.shopper.answers[self._decided :]
        if not left or left[0].to != operation:
            return "reject", Events()
        self._decided += 1
        return self._within(left[0], to_pay), left[0].before

    def _within(self, answer: Answer, to_pay: int | None) -> Literal["approve", "reject", "leave"]:
        if answer.answer != "approve" or answer.up_to is None:
            return answer.answer
        known = to_pay is not None and to_pay <= minor_units(answer.up_to, self.currency)
        return "approve" if known else "reject"

    @property
    def _step(self) -> Step:
        return self.shopper.says[self._at]

    @property
    def _reached(self) -> bool:
        return bool(self._since & set(self._step.until))

    def _go_on(self, done: Collection[str]) -> Line | None:
        line = self._next_step(frozenset(done))
        if line is None:
            self.ended = "finished"
        return line

    def _next_step(self, done: frozenset[str]) -> Line | None:
        for at in range(self._at + 1, len(self.shopper.says)):
            step = self.shopper.says[at]
            if not done & set(step.unless):
                self._at, self._tries, self._since = at, 0, frozenset()
                return Line(step.say, step.before)
        return None

    def _asked_for(self, heard: str) -> str | None:
        """Told once each: who asks again has not listened."""
        if not ASKING.search(heard):
            return None
        for index, fact in enumerate(self.shopper.knows):
            if index not in self._told and any(word.casefold() in heard.casefold() for word in fact.asked):
                self._told.add(index)
                return fact.say
        return None

    def _insist(self, heard: str) -> Line | None:
        asks = bool(ASKING.search(heard))
        self.unknown = heard if asks and heard not in self._heard else ""
        self._heard.add(heard)
        self._lost += 1
        if self._lost > self.shopper.patience:
            self.ended = "gave_up"
            return None
        step, self._tries = self._step, self._tries + 1
        if self._tries <= len(step.otherwise):
            return Line(step.otherwise[self._tries - 1])
        yes = ("好的。" if has_cjk(step.say) else "Yes, please. ") if asks else ""
        return Line(yes + step.say)
