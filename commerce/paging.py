"""Cursors: where a list goes on, as an opaque text that belongs to one list with one set of filters."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

from .errors import CursorInvalid
from .idempotency import digest
from .views import Page

LONGEST = 128


def cursor_after(asked: Page, key: list[Any]) -> str:
    """`key`: the sort key of the last row of this page."""
    return base64.urlsafe_b64encode(json.dumps([_filters(asked), *key]).encode()).decode()


def key_of(asked: Page, *kinds: type) -> list[Any] | None:
    """The sort key to go on after, of these types; None on the first page. Refuses a cursor of another list."""
    if not asked.cursor:
        return None
    try:
        filters: Any
        key: list[Any]
        filters, *key = json.loads(base64.urlsafe_b64decode(asked.cursor.encode()))
    except (binascii.Error, ValueError, TypeError):
        raise CursorInvalid() from None
    if (
        filters != _filters(asked)
        or [type(part) for part in key] != list(kinds)
        or not all(_fits(part) for part in key)
    ):
        raise CursorInvalid()
    return key


def moment_of(text: object) -> datetime:
    """A time that a cursor holds. Refuses what no database can compare with."""
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CursorInvalid() from None


def _fits(part: object) -> bool:
    if isinstance(part, str):
        return len(part) <= LONGEST and part.isascii() and part.isprintable()
    return not isinstance(part, int) or abs(part) < 2**63


def _filters(asked: Page) -> str:
    return digest([type(asked).__name__, asked.model_dump(mode="json", exclude={"limit", "cursor"})])[:16]
