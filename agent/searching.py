"""Finding conversations by their titles and by what was said in them, in any language."""

import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import col

from .records import ThreadRow, TurnRow

WORDS_LENGTH = 16_000
"""Characters of a turn that are searched: what a TEXT column of MySQL holds, whatever they are."""
MOST_WORDS = 8


def words_of(answer: dict[str, Any]) -> str:
    """What a turn is found by."""
    return folded("\n".join([answer["said"], *(part["text"] for part in answer["parts"])]))[:WORDS_LENGTH]


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def matching(query: str) -> list[ColumnElement[bool]]:
    """Conditions of a conversation: each word stands in its title or in one of its turns. Chinese is found as it is written."""
    return [_holds(word) for word in folded(query).split()[:MOST_WORDS]]


def _holds(word: str) -> ColumnElement[bool]:
    said = select(col(TurnRow.id)).where(
        col(TurnRow.thread) == col(ThreadRow.id), col(TurnRow.words).contains(word, autoescape=True)
    )
    return or_(func.lower(col(ThreadRow.title)).contains(word, autoescape=True), said.exists())
