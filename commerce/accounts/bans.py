"""Bans: when one counts, and the answer to whom it hits."""

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, or_
from sqlmodel import col

from .records import AccountRow
from .refusals import AccountBanned

BAN_COLUMNS = (col(AccountRow.banned_at), col(AccountRow.banned_until), col(AccountRow.ban_reason))


def is_banned(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    lasts = or_(col(AccountRow.banned_until).is_(None), col(AccountRow.banned_until) > now)
    return and_(col(AccountRow.banned_at).is_not(None), lasts)


def ban_lasts(row: Any, now: datetime) -> bool:
    """A ban with an end is over by itself when that has come."""
    return row.banned_at is not None and (row.banned_until is None or row.banned_until > now)


def refuse_banned(row: Any, now: datetime) -> None:
    if ban_lasts(row, now):
        raise AccountBanned(row.ban_reason, row.banned_until.isoformat() if row.banned_until else None)
