"""What must be true of gift cards at any quiet moment; the audit asks."""

from sqlalchemy import case, func, or_, select
from sqlmodel import col

from ..connections import Connection, rows_of
from ..ledger.records import LedgerRow, TransferRow
from .records import GiftCardRow


async def gift_cards_hold_what_their_movements_say(db: Connection) -> list[str]:
    signed = case((col(TransferRow.type) == "gift_card_use", -col(TransferRow.amount)), else_=col(TransferRow.amount))
    moved = (
        select(col(TransferRow.gift_card), func.sum(signed).label("balance"))
        .where(col(TransferRow.gift_card).is_not(None))
        .group_by(col(TransferRow.gift_card))
        .subquery()
    )
    statement = select(GiftCardRow, moved.c.balance.label("moved")).outerjoin(
        moved, moved.c.gift_card == col(GiftCardRow.id)
    )
    wrong = or_(func.coalesce(moved.c.balance, 0) != col(GiftCardRow.balance), col(GiftCardRow.balance) < 0)
    findings = [
        f"gift card {r.id} holds {r.balance}, its movements say {r.moved}"
        for r in await rows_of(db, statement.where(wrong))
    ]
    owed = await db.scalar(select(func.sum(col(LedgerRow.amount))).where(col(LedgerRow.book) == "gift_cards"))
    held = await db.scalar(select(func.sum(col(GiftCardRow.balance))))
    if -int(owed or 0) != int(held or 0):
        findings.append(f"gift cards hold {held or 0}, the ledger says {-(owed or 0)}")
    return findings


CHECKS = [
    gift_cards_hold_what_their_movements_say,
]
