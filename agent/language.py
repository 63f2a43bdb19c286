"""Which of the two languages a shopper speaks."""

from collections.abc import Sequence
from typing import Literal

from langchain_core.messages import AnyMessage, HumanMessage

Language = Literal["en", "zh"]


def language_of(said: str) -> Language:
    return "zh" if any("\u4e00" <= c <= "\u9fff" for c in said) else "en"


def language_of_last(messages: Sequence[AnyMessage]) -> Language:
    """That of the shopper's last message."""
    return language_of(next((str(m.text) for m in reversed(messages) if isinstance(m, HumanMessage)), ""))
