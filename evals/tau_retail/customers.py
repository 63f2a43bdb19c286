"""The customer of a task, played by a model. With a key only."""

import re
from dataclasses import dataclass, field
from typing import Any

from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageUser

from prompts import load_prompt

from ..journal import Ask

END = re.compile(r"###(STOP|TRANSFER|OUT-OF-SCOPE)###")
GREETING = "Hi! How can I help you today?"
"""τ's agents say it first."""
LONGEST = 2000
"""Of a message, in characters."""


@dataclass
class Customer:
    """Says what a model says. The shop's questions are answered with yes: what they ask was agreed to in the conversation, or τ would
    have let it happen without."""

    task: dict[str, Any]
    ask: Ask
    ended: str = ""
    heard: list[ChatMessage] = field(default_factory=list)

    async def speak(self, heard: str) -> str | None:
        """What is said next; None: the customer is done."""
        told = heard or "…" if self.heard else f"{self._role()}\n\nThe service writes: {GREETING}"
        self.heard.append(ChatMessageUser(content=told))
        said = (await self.ask(self.heard, [])).message.text.strip()[:LONGEST]
        if not said or (end := END.search(said)):
            self.ended = end[1] if said and end else "SILENCE"
            return None
        self.heard.append(ChatMessageAssistant(content=said))
        return said

    def _role(self) -> str:
        told = self.task["user_scenario"]["instructions"]
        return load_prompt("retail_shopper").render(
            wants=told["reason_for_call"],
            manner=_said(told["task_instructions"]),
            knows=_said(told["known_info"]),
            unknown=_said(told["unknown_info"]),
        )


def _said(text: str | None) -> str:
    """Some fields hold a full stop and nothing else."""
    return (text or "").strip(" .") and str(text).strip()
