"""Slow statements, told in the log: the text with its placeholders, never the values."""

import time
from typing import Any

from loguru import logger
from sqlalchemy import Engine, event

LONGEST_TEXT = 1_000


def log_slow(engine: Engine, slow_ms: int) -> None:
    """Warns of each statement that takes longer; 0 warns of none."""
    if not slow_ms:
        return

    @event.listens_for(engine, "before_cursor_execute")
    def begin(_connection: Any, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool) -> None:
        context.domtok_started = time.perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def end(_connection: Any, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool) -> None:
        spent = (time.perf_counter() - context.domtok_started) * 1000
        if spent > slow_ms:
            logger.warning("slow query, {:.0f} ms: {}", spent, " ".join(statement.split())[:LONGEST_TEXT])
