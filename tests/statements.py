"""Counts the SQL statements and commits of what runs in a block, and of nothing that runs beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

TRANSACTION_WORDS = ("BEGIN", "COMMIT", "ROLLBACK")


@dataclass
class Counted:
    """The texts of the statements, in their order."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0

    def __str__(self) -> str:
        return f"{len(self.statements)} statements, {self.commits} commits:\n" + "\n".join(self.statements)


_counted: ContextVar[Counted | None] = ContextVar("counted", default=None)


def _on_statement(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    counted = _counted.get()
    if counted is not None and not statement.startswith(TRANSACTION_WORDS):
        counted.statements.append(" ".join(statement.split()))


def _on_commit(_connection: Any) -> None:
    counted = _counted.get()
    if counted is not None:
        counted.commits += 1


@contextmanager
def counting() -> Iterator[Counted]:
    """What the tasks that this block starts and awaits do in any database."""
    event.listen(Engine, "before_cursor_execute", _on_statement)
    event.listen(Engine, "commit", _on_commit)
    counted = Counted()
    token = _counted.set(counted)
    try:
        yield counted
    finally:
        _counted.reset(token)
        event.remove(Engine, "before_cursor_execute", _on_statement)
        event.remove(Engine, "commit", _on_commit)
