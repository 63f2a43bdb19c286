"""What must be true of payments at any quiet moment; the audit asks."""

from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlmodel import col

from ..adapters.sandbox import SandboxCharge
from ..connections import Connection, rows_of
from ..ledger.records import TransferRow
from ..orders.records import OrderRow
from .outcomes import undone_by
from .records import PaymentRow, PaymentTokenRow


async def money_follows_the_orders(db: Connection) -> list[str]:
    """Paid orders are covered exactly once and in full, less what was given back; cancelled ones hold no money."""
    held = col(PaymentRow.status).in_(("authorized", "capturing", "captured")), col(PaymentRow.kind) != "refund"
    back = PaymentRow.released + PaymentRow.refunded
    sums = (
        select(
            col(PaymentRow.order_number),
            func.sum(PaymentRow.amount).label("taken"),
            func.sum(back).label("back"),
        )
        .where(*held)
        .group_by(col(PaymentRow.order_number))
        .subquery()
    )
    lost = exists().where(col(PaymentRow.order_number) == col(OrderRow.number), col(PaymentRow.status) == "lost")
    statement = select(
        OrderRow, func.coalesce(sums.c.taken, 0).label("taken"), func.coalesce(sums.c.back, 0).label("back")
    ).outerjoin(sums, sums.c.order_number == col(OrderRow.number))
    return [
        f"order {r.number} is {r.status}: {r.taken} held and {r.back} of it given back, {r.total} due"
        for r in await rows_of(db, statement.where(~lost))
        if not _covered(r)
    ]


def _covered(order: Any) -> bool:
    left = order.taken - order.back
    if order.status == "cancelled":
        return bool(left == 0)
    if order.status == "awaiting_payment":
        return bool(left < order.total)
    return bool(left <= order.total <= order.taken)


async def payments_agree_with_the_ledger(db: Connection) -> list[str]:
    """Each captured part and each refund that was made is one transfer of its amount; nothing else is."""
    moved = {
        r.id: r.amount
        for r in await rows_of(db, select(TransferRow).where(col(TransferRow.id).like("pay!_%", escape="!")))
    }
    findings = []
    for r in await rows_of(db, select(PaymentRow)):
        if r.kind == "refund" and r.status == "failed" and moved.get(r.id) == moved.pop(undone_by(r.id), None):
            moved.pop(r.id, None)
            continue
        done = r.status in ({"refunded"} if r.kind == "refund" else {"captured"})
        expected = (r.amount if r.kind == "refund" else r.captured) if done else None
        if moved.pop(r.id, None) != expected:
            findings.append(f"payment {r.id} is {r.status}, and the ledger does not say the same")
    return findings + [f"transfer {id} is of no payment" for id in moved]


async def refunds_stay_within_what_was_captured(db: Connection) -> list[str]:
    of_it = col(PaymentRow.kind) == "refund", col(PaymentRow.status).in_(("refunding", "refunded"))
    sums = (
        select(col(PaymentRow.charge), func.sum(PaymentRow.amount).label("opened"))
        .where(*of_it)
        .group_by(col(PaymentRow.charge))
        .subquery()
    )
    statement = select(PaymentRow, func.coalesce(sums.c.opened, 0).label("opened")).outerjoin(
        sums, sums.c.charge == col(PaymentRow.id)
    )
    wrong = or_(
        func.coalesce(sums.c.opened, 0) != PaymentRow.refunded,
        col(PaymentRow.refunded) > col(PaymentRow.captured),
        col(PaymentRow.released) > col(PaymentRow.amount),
    )
    sources = col(PaymentRow.kind) != "refund", col(PaymentRow.status) != "lost"
    return [
        f"payment {r.id}: {r.captured} captured, {r.refunded} given back, refunds of {r.opened}"
        for r in await rows_of(db, statement.where(*sources, wrong))
    ]


async def a_used_payment_token_has_its_charge(db: Connection) -> list[str]:
    """What a token allowed was done once: its order's charge, of its amount, and no other token's."""
    charge = exists().where(
        col(PaymentRow.id) == col(PaymentTokenRow.payment),
        col(PaymentRow.order_number) == col(PaymentTokenRow.order_number),
        col(PaymentRow.amount) == col(PaymentTokenRow.amount),
    )
    wrong = select(PaymentTokenRow).where(col(PaymentTokenRow.used_at).is_not(None), ~charge)
    shared = (
        select(col(PaymentTokenRow.payment))
        .where(col(PaymentTokenRow.payment).is_not(None))
        .group_by(col(PaymentTokenRow.payment))
        .having(func.count() > 1)
    )
    return [
        *(
            f"a payment token of the order {r.order_number} was used without its charge"
            for r in await rows_of(db, wrong)
        ),
        *(f"payment {r.payment} was made with several tokens" for r in await rows_of(db, shared)),
    ]


async def the_sandbox_tells_the_same(db: Connection) -> list[str]:
    """What the provider took and gave back is what the shop wrote down, unless the outcome is still open."""
    moved = col(SandboxCharge.status).in_(("captured", "refunded"))
    told = {r.key: r for r in await rows_of(db, select(SandboxCharge).where(moved))}
    wrote = {r.id: r for r in await rows_of(db, select(PaymentRow).where(col(PaymentRow.gateway) == "sandbox"))}
    findings = [f"the gateway holds {key}, the shop does not" for key in told.keys() - wrote.keys()]
    for key, row in wrote.items():
        done = row.status in {"captured", "refunded"}
        still_open = row.status in {"processing", "requires_action", "capturing", "voiding", "refunding"}
        if done != (key in told) and not still_open:
            findings.append(
                f"payment {key} is {row.status}, the gateway says {told[key].status if key in told else 'nothing'}"
            )
        elif key in told and not still_open:
            there = told[key].captured if row.kind == "charge" else told[key].amount
            here = row.captured if row.kind == "charge" else row.amount
            findings += [f"payment {key}: {here} wanted, {there} moved"] if here != there else []
    return findings


CHECKS = [
    money_follows_the_orders,
    payments_agree_with_the_ledger,
    refunds_stay_within_what_was_captured,
    a_used_payment_token_has_its_charge,
    the_sandbox_tells_the_same,
]
