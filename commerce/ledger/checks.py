"""What must be true of the books at any quiet moment; the audit asks."""

from sqlalchemy import func, or_, select
from sqlmodel import col

from ..connections import Connection, rows_of
from .records import LedgerRow, TransferRow


async def the_ledger_balances(db: Connection) -> list[str]:
    statement = select(
        col(LedgerRow.transfer), func.sum(col(LedgerRow.amount)).label("rest"), func.count().label("sides")
    ).group_by(col(LedgerRow.transfer))
    wrong = or_(func.sum(col(LedgerRow.amount)) != 0, func.count() != 2)
    findings = [
        f"transfer {r.transfer} is out of balance by {r.rest}, with {r.sides} sides"
        for r in await rows_of(db, statement.having(wrong))
    ]
    sides = func.sum(func.abs(col(LedgerRow.amount)))
    moved = select(col(LedgerRow.transfer), sides.label("moved")).group_by(col(LedgerRow.transfer)).subquery()
    told = select(TransferRow, moved.c.moved).outerjoin(moved, moved.c.transfer == col(TransferRow.id))
    wrong = func.coalesce(moved.c.moved, 0) != 2 * func.abs(col(TransferRow.amount))
    return findings + [
        f"transfer {r.id} is of {r.amount}, its sides say {r.moved}" for r in await rows_of(db, told.where(wrong))
    ]


CHECKS = [
    the_ledger_balances,
]
