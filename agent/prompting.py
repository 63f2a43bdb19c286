"""Which system prompt a conversation is held with: the one that is set, its Chinese twin, that for merchants, or another one
that is tried out beside them. The shop's rules are part of each."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import get_args

from prompts import NoSuchPrompt, Prompt, find_prompt, locked

from .language import Language
from .settings import AgentSettings

ALL = 1 << 64
CHINESE = "_zh"
"""`shopper_zh` is what `shopper` is in Chinese."""
Facts = Mapping[str, str | int]
"""What the shop's settings say, by the names that prompts use."""


@dataclass(frozen=True)
class System:
    """A system prompt as models read it; `name` tells the version: `shopper@2`."""

    name: str
    text: str


@dataclass(frozen=True)
class Systems:
    """The second one is for a share of the shoppers' conversations, in any language. Which of them hangs on their ids alone, so
    that a conversation keeps its prompt in every process and after every restart, and a larger share takes more of them and
    leaves none."""

    first: System
    second: System | None = None
    share: float = 0
    chinese: System | None = None
    merchant: System | None = None

    def of(self, thread: str, language: Language = "en", *, manages: bool = False) -> System:
        """`language`: that the conversation began in. `manages`: it is held by somebody who looks after goods and parcels."""
        if manages and self.merchant:
            return self.merchant
        if self.second and self._is_tried(self.second, thread):
            return self.second
        return self.chinese if self.chinese and language == "zh" else self.first

    def _is_tried(self, second: System, thread: str) -> bool:
        drawn = hashlib.sha256(f"{second.name} {thread}".encode()).digest()[:8]
        return int.from_bytes(drawn) < self.share * ALL


def systems_of(settings: AgentSettings, facts: Facts) -> Systems:
    """Raises ValueError when a prompt can't be served."""

    def served(variable: str, wanted: str) -> System:
        with _told(f"{variable}={wanted}"):
            return system_of(find_prompt(wanted), facts, settings.policy)

    twin = twin_of(settings.prompt)
    return Systems(
        served("AGENT_PROMPT", settings.prompt),
        served("AGENT_SECOND_PROMPT", settings.second_prompt) if settings.second_prompt else None,
        settings.second_prompt_share,
        served("AGENT_PROMPT", twin) if twin else None,
        served("AGENT_MERCHANT_PROMPT", settings.merchant_prompt) if settings.merchant_prompt else None,
    )


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except (NoSuchPrompt, ValueError) as wrong:
        raise ValueError(f"{what}: {wrong}") from None


def twin_of(wanted: str) -> str:
    """The Chinese one beside a prompt, as its newest version; empty when there is none or a version is named."""
    if wanted.endswith(".md"):
        file = Path(wanted)
        beside = file.with_name(f"{file.stem}{CHINESE}.md")
        return str(beside) if beside.exists() else ""
    return wanted + CHINESE if wanted + CHINESE in locked() else ""


def system_of(prompt: Prompt, facts: Facts, policy: str = "policy") -> System:
    """Facts and rules go where the prompt wants them."""
    language: Language = "zh" if prompt.name.endswith(CHINESE) else "en"
    rules = rules_of(facts, policy, language) if "policy" in prompt.inputs else ""
    return System(f"{prompt.name}@{prompt.version}", _filled(prompt, {**facts, "policy": rules}))


def rules_of(facts: Facts, policy: str = "policy", language: Language = "en") -> str:
    """The shop's rules for people, in Markdown; in English where there are none in Chinese."""
    return _filled(find_prompt((language == "zh" and twin_of(policy)) or policy), facts)


def rules_in_all_languages(facts: Facts, policy: str = "policy") -> dict[Language, str]:
    return _rules(tuple(sorted(facts.items())), policy)


@lru_cache(maxsize=8)
def _rules(facts: tuple[tuple[str, str | int], ...], policy: str) -> dict[Language, str]:
    return {language: rules_of(dict(facts), policy, language) for language in get_args(Language)}


def _filled(prompt: Prompt, facts: Facts) -> str:
    return prompt.render(**{name: fact for name, fact in facts.items() if name in prompt.inputs})
