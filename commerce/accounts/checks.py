"""What must be true of accounts at any quiet moment; the audit asks."""

from sqlalchemy import case, exists, func, or_, select
from sqlmodel import col

from ..connections import Connection, rows_of
from .records import AccountRow, AddressRow, SessionRow


async def saved_addresses_have_one_default(db: Connection) -> list[str]:
    defaults = func.sum(case((col(AddressRow.is_default).is_(True), 1), else_=0))
    statement = select(col(AddressRow.account), defaults.label("defaults")).group_by(col(AddressRow.account))
    return [
        f"account {r.account} has {r.defaults} default addresses"
        for r in await rows_of(db, statement.having(defaults != 1))
    ]


async def closed_accounts_are_empty(db: Connection) -> list[str]:
    closed = col(AccountRow.closed_at).is_not(None)
    personal = or_(
        col(AccountRow.email).is_not(None),
        col(AccountRow.password_hash).is_not(None),
        exists().where(col(AddressRow.account) == col(AccountRow.id)),
        exists().where(col(SessionRow.account) == col(AccountRow.id), col(SessionRow.revoked_at).is_(None)),
    )
    found = await rows_of(db, select(col(AccountRow.id)).where(closed, personal))
    return [f"account {r.id} is closed and still holds something personal" for r in found]


CHECKS = [
    saved_addresses_have_one_default,
    closed_accounts_are_empty,
]
