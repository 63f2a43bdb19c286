"""What must be true of confirmations at any quiet moment; the audit asks."""

from sqlalchemy import select
from sqlmodel import col

from ..connections import Connection, rows_of
from .records import ConfirmationRow


async def used_confirmations_were_approved(db: Connection) -> list[str]:
    wrong = col(ConfirmationRow.status) == "used", col(ConfirmationRow.decided_at).is_(None)
    return [
        f"confirmation {r.id} was used without an answer"
        for r in await rows_of(db, select(ConfirmationRow).where(*wrong))
    ]


CHECKS = [
    used_confirmations_were_approved,
]
