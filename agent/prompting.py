"""Which system prompt a conversation is held with: the one that is set, or one of two that are tried out side by side."""

import hashlib
from dataclasses import dataclass

from prompts import NoSuchPrompt, Prompt, find_prompt

from .settings import AgentSettings

ALL = 1 << 64


@dataclass(frozen=True)
class System:
    """A system prompt as models read it; `name` tells the version: `shopper@2`."""

    name: str
    text: str


@dataclass(frozen=True)
class Systems:
    """The second one is for a share of the conversations. Which of them hangs on their ids alone, so that a conversation keeps
    its prompt in every process and after every restart, and a larger share takes more of them and leaves none."""

    first: System
    second: System | None = None
    share: float = 0

    def of(self, thread: str) -> System:
        if self.second is None:
            return self.first
        drawn = hashlib.sha256(f"{self.second.name} {thread}".encode()).digest()[:8]
        return self.second if int.from_bytes(drawn) < self.share * ALL else self.first


def systems_of(settings: AgentSettings, inputs: dict[str, str]) -> Systems:
    """Raises ValueError when a prompt can't be served."""
    first = _set("AGENT_PROMPT", settings.prompt, inputs)
    if not settings.second_prompt:
        return Systems(first)
    return Systems(first, _set("AGENT_SECOND_PROMPT", settings.second_prompt, inputs), settings.second_prompt_share)


def _set(variable: str, wanted: str, inputs: dict[str, str]) -> System:
    try:
        return system_of(find_prompt(wanted), inputs)
    except (NoSuchPrompt, ValueError) as wrong:
        raise ValueError(f"{variable}={wanted}: {wrong}") from None


def system_of(prompt: Prompt, inputs: dict[str, str]) -> System:
    return System(f"{prompt.name}@{prompt.version}", prompt.render(**inputs))
