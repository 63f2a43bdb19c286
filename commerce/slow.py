"""Slow statements, told in the log: the text with its placeholders, never the values."""

import time
from collections.abc import Awaitable
from typing import Any

from loguru import logger
from sqlalchemy import CursorResult

LONGEST_TEXT = 1_000


async def timed(running: Awaitable[CursorResult[Any]], slow_ms: int) -> CursorResult[Any]:
    """Warns of a statement that takes longer; 0 warns of none. SQLAlchemy's events could tell it too, but they cost a product
    by slug a twentieth of its time."""
    started = time.perf_counter()
    result = await running
    spent = (time.perf_counter() - started) * 1000
    if 0 < slow_ms < spent:
        logger.warning(
            "slow query, {:.0f} ms: {}", spent, " ".join(str(result.context.statement).split())[:LONGEST_TEXT]
        )
    return result
