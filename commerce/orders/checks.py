"""What must be true of orders and their parts at any quiet moment; the audit asks."""

from collections import defaultdict
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlmodel import col

from ..connections import Connection, rows_of
from ..payments.records import PaymentRow
from .records import FulfillmentRow, OrderLineRow, OrderRow
from .rules import status_of

GONE = col(OrderLineRow.cancelled) + col(OrderLineRow.returned)
ASKED = col(OrderLineRow.quantity)


async def orders_agree_with_their_parts(db: Connection) -> list[str]:
    joined: Any = select(col(OrderRow.number), col(OrderRow.status), col(FulfillmentRow.status).label("part"))
    joined = joined.join(FulfillmentRow, col(FulfillmentRow.order_number) == col(OrderRow.number))
    parts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in (await db.execute(joined)).all():
        parts[row.number, row.status].append(row.part)
    return [
        f"order {number} is {status}, its parts are {', '.join(sorted(found))}"
        for (number, status), found in parts.items()
        if status_of(found) != ("paid" if status == "awaiting_payment" else status)
    ]


async def no_piece_is_gone_twice(db: Connection) -> list[str]:
    """Nothing is returned of what was not shipped, and a part that is cancelled holds no pieces."""
    wrong = or_(
        GONE > ASKED,
        col(OrderLineRow.cancelled) < 0,
        col(OrderLineRow.returned) < 0,
        and_(col(FulfillmentRow.status).in_(("waiting", "cancelled")), col(OrderLineRow.returned) > 0),
        and_(col(FulfillmentRow.status) == "cancelled", GONE < ASKED),
    )
    joined: Any = select(OrderLineRow, col(FulfillmentRow.status)).join(
        FulfillmentRow, col(FulfillmentRow.id) == col(OrderLineRow.fulfillment)
    )
    return [
        f"order {r.order_number}, {r.sku}: of {r.quantity} are {r.cancelled} cancelled and {r.returned} returned, "
        f"the part is {r.status}"
        for r in await db.execute(joined.where(wrong))
    ]


async def a_part_that_waits_holds_something(db: Connection) -> list[str]:
    left = func.sum(ASKED - col(OrderLineRow.cancelled))
    held = select(col(FulfillmentRow.id)).join(OrderLineRow, col(OrderLineRow.fulfillment) == col(FulfillmentRow.id))
    empty = held.where(col(FulfillmentRow.status) != "cancelled").group_by(col(FulfillmentRow.id)).having(left == 0)
    return [f"part {r.id} is not cancelled and holds nothing" for r in await db.execute(empty)]


async def parts_add_up_to_what_is_due(db: Connection) -> list[str]:
    """What the parts cost, less what was given back of them: all of it is due while the order waits for payment, and
    none of it when the order is cancelled."""
    comes_to = await _left_by_order(db)
    findings = []
    for row in await db.execute(select(col(OrderRow.number), col(OrderRow.status), col(OrderRow.total))):
        left = comes_to.get(row.number, 0)
        due = {"awaiting_payment": row.total, "cancelled": 0}.get(row.status)
        if (due is not None and left != due) or not 0 <= left <= row.total:
            findings.append(f"order {row.number} is {row.status}: total {row.total}, its parts come to {left}")
    return findings


async def paid_orders_hold_what_their_parts_come_to(db: Connection) -> list[str]:
    """Refunds agree with cancelled and returned pieces. Left out: money that was lost, or could not be given back."""
    money = col(PaymentRow.amount) - col(PaymentRow.released) - col(PaymentRow.refunded)
    holds = col(PaymentRow.kind) != "refund", col(PaymentRow.status).in_(("authorized", "capturing", "captured"))
    held = await _by_order(db, select(col(PaymentRow.order_number), func.sum(money)).where(*holds))
    odd = select(col(PaymentRow.order_number)).where(col(PaymentRow.status).in_(("lost", "failed")))
    settled = col(OrderRow.paid_at).is_not(None), col(OrderRow.number).not_in(odd)
    left = await _left_by_order(db)
    return [
        f"order {row.number} holds {held.get(row.number, 0)}, its parts come to {left.get(row.number, 0)}"
        for row in (await db.execute(select(col(OrderRow.number)).where(*settled))).all()
        if held.get(row.number, 0) != left.get(row.number, 0)
    ]


async def _left_by_order(db: Connection) -> dict[str, int]:
    lines = col(OrderLineRow.unit_price) * ASKED - col(OrderLineRow.discount) + col(OrderLineRow.tax)
    goods = await _by_order(db, select(col(OrderLineRow.order_number), func.sum(lines)))
    parts = col(FulfillmentRow.price) + col(FulfillmentRow.tax) - col(FulfillmentRow.given_back)
    rest = await _by_order(db, select(col(FulfillmentRow.order_number), func.sum(parts)))
    return {number: goods.get(number, 0) + rest.get(number, 0) for number in goods.keys() | rest.keys()}


async def orders_add_up(db: Connection) -> list[str]:
    """What an order costs is what its lines cost less their coupons, the deliveries of its parts, and the taxes on both."""
    goods = (
        select(
            col(OrderLineRow.order_number),
            func.sum(
                col(OrderLineRow.quantity) * col(OrderLineRow.unit_price)
                - col(OrderLineRow.discount)
                + col(OrderLineRow.tax)
            ).label("goods"),
        )
        .group_by(col(OrderLineRow.order_number))
        .subquery()
    )
    deliveries = (
        select(
            col(FulfillmentRow.order_number),
            func.sum(col(FulfillmentRow.price) + col(FulfillmentRow.tax)).label("deliveries"),
        )
        .group_by(col(FulfillmentRow.order_number))
        .subquery()
    )
    statement = (
        select(
            col(OrderRow.number),
            (col(OrderRow.total) + col(OrderRow.taken_off)).label("total"),
            goods.c.goods,
            deliveries.c.deliveries,
        )
        .outerjoin(goods, goods.c.order_number == col(OrderRow.number))
        .outerjoin(deliveries, deliveries.c.order_number == col(OrderRow.number))
    )
    wrong = func.coalesce(goods.c.goods, 0) + func.coalesce(deliveries.c.deliveries, 0) != col(OrderRow.total) + col(
        OrderRow.taken_off
    )
    return [
        f"order {r.number}: {r.total} in all, but its goods cost {r.goods} and its deliveries {r.deliveries}"
        for r in await rows_of(db, statement.where(wrong))
    ]


async def no_order_was_made_twice_from_a_checkout(db: Connection) -> list[str]:
    statement = (
        select(col(OrderRow.checkout), func.count().label("orders"))
        .group_by(col(OrderRow.checkout))
        .having(func.count() > 1)
    )
    return [f"checkout {r.checkout} became {r.orders} orders" for r in await rows_of(db, statement)]


async def _by_order(db: Connection, sums: Any) -> dict[str, int]:
    found: Any = await db.execute(sums.group_by(sums.selected_columns[0]))
    return {row[0]: int(row[1]) for row in found.all()}


CHECKS = [
    orders_add_up,
    no_order_was_made_twice_from_a_checkout,
    orders_agree_with_their_parts,
    no_piece_is_gone_twice,
    a_part_that_waits_holds_something,
    parts_add_up_to_what_is_due,
    paid_orders_hold_what_their_parts_come_to,
]
