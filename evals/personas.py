"""Models beside the agent: one that plays the shopper, and one that judges. With a key only, and never a gate."""

import re
from dataclasses import dataclass, field

from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageUser

from prompts import load_prompt

from .journal import Ask
from .results import Judged, Part
from .shoppers import Line, ScriptedShopper

DONE = re.compile(r"\W*DONE\W*", re.I)
MARK = re.compile(r"\s*([1-5])\b\W*(.*)", re.S)
LONGEST = 600
"""Of a shopper's message, in characters."""


@dataclass
class ModelShopper(ScriptedShopper):
    """Says what a model says. Buttons are pressed, and things happen in the shop, as the script has it."""

    ask: Ask | None = None
    heard: list[ChatMessage] = field(default_factory=list)
    said: int = 0

    async def speak(self, heard: str) -> Line | None:
        """What is said next; None: the shopper has what they want, or gives up."""
        assert self.ask is not None
        if not self.heard:
            self.heard.append(ChatMessageUser(content=self._role()))
        else:
            self.heard.append(ChatMessageUser(content=heard or "…"))
        told = (await self.ask(self.heard, [])).message.text.strip()[:LONGEST]
        if not told or DONE.fullmatch(told):
            self.ended = "finished"
            return None
        self.heard.append(ChatMessageAssistant(content=told))
        steps, self.said = self.shopper.says, self.said + 1
        return Line(told, steps[self.said - 1].before) if self.said <= len(steps) else Line(told)

    def _role(self) -> str:
        shopper = self.shopper
        lines, knows = [step.say for step in shopper.says], [fact.say for fact in shopper.knows]
        return load_prompt("simulated_shopper").render(wants=shopper.wants, lines=lines, knows=knows)


async def judged(ask: Ask, wants: str, talk: list[Part]) -> Judged:
    """A mark of 0 is none: the judge gave no answer of use, or failed."""
    written = (
        "\n".join(f"{part.by}: {part.text}" for part in talk if part.by != "call").replace("«", "<").replace("»", ">")
    )
    asked = load_prompt("judge").render(wants=wants, talk=written)
    try:
        told = (await ask([ChatMessageUser(content=asked)], [])).message.text
    except Exception as failed:  # noqa: BLE001 (a judge that fails changes no result)
        return Judged(mark=0, reason=f"{type(failed).__name__}: {failed}"[:300])
    found = MARK.match(told)
    return Judged(mark=int(found[1]), reason=found[2].strip()[:300]) if found else Judged(mark=0, reason=told[:300])
