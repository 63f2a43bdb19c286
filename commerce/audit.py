"""The audit: what must be true of a shop's books at any quiet moment, for tests, evals and operators."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Select, case, exists, func, or_, select
from sqlmodel import col

from .accounts.records import AccountRow, AddressRow, SessionRow
from .adapters.sandbox import SandboxCharge
from .aftersales import checks as of_aftersales
from .catalog import checks as of_catalog
from .catalog.records import ProductRow, VariantRow
from .confirmations.records import ConfirmationRow
from .connections import Connection
from .coupons.records import CouponClaimRow, CouponRow, CouponUseRow
from .database import Database
from .gift_cards.records import GiftCardRow
from .images.records import ImageFileRow
from .inventory.records import StockMovementRow, StockRow
from .ledger.records import LedgerRow, TransferRow
from .orders import checks as of_orders
from .orders.records import FulfillmentRow, OrderLineRow, OrderRow
from .payments.outcomes import undone_by
from .payments.records import PaymentRow, PaymentTokenRow
from .queue import JobRow
from .webhooks.delivering import RESUME
from .webhooks.fanout import DELIVER
from .webhooks.records import DeliveryRow, WebhookRow

Check = Callable[[Connection], Awaitable[list[str]]]
CHECKS: list[Check] = [*of_catalog.CHECKS, *of_orders.CHECKS, *of_aftersales.CHECKS]


async def audit(database: Database) -> list[str]:
    """One sentence for each thing that is wrong; empty when the books are clean."""
    async with database.snapshot() as db:
        return [finding for check in CHECKS for finding in await check(db)]


def _check(check: Check) -> Check:
    CHECKS.append(check)
    return check


async def _rows(db: Connection, statement: Select[*tuple[Any, ...]]) -> list[Any]:
    return list((await db.execute(statement)).all())


@_check
async def stock_agrees_with_its_movements(db: Connection) -> list[str]:
    moved = (
        select(
            col(StockMovementRow.sku),
            func.sum(col(StockMovementRow.on_hand)).label("on_hand"),
            func.sum(col(StockMovementRow.reserved)).label("reserved"),
        )
        .group_by(col(StockMovementRow.sku))
        .subquery()
    )
    statement = select(StockRow, moved.c.on_hand.label("moved"), moved.c.reserved.label("promised")).outerjoin(
        moved, moved.c.sku == col(StockRow.sku)
    )
    wrong = or_(
        func.coalesce(moved.c.on_hand, 0) != col(StockRow.on_hand),
        func.coalesce(moved.c.reserved, 0) != col(StockRow.reserved),
        col(StockRow.reserved) < 0,
        col(StockRow.on_hand) < col(StockRow.reserved),
    )
    return [
        f"stock of {r.sku}: {r.on_hand} on hand and {r.reserved} reserved, but its movements say {r.moved} and {r.promised}"
        for r in await _rows(db, statement.where(wrong))
    ]


@_check
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
        for r in await _rows(db, statement.where(wrong))
    ]


@_check
async def every_reservation_has_its_order(db: Connection) -> list[str]:
    waiting = (
        select(
            col(OrderLineRow.sku), func.sum(col(OrderLineRow.quantity) - col(OrderLineRow.cancelled)).label("wanted")
        )
        .join(OrderRow, col(OrderRow.number) == col(OrderLineRow.order_number))
        .where(col(OrderRow.status) == "awaiting_payment")
        .group_by(col(OrderLineRow.sku))
        .subquery()
    )
    statement = select(StockRow, waiting.c.wanted).outerjoin(waiting, waiting.c.sku == col(StockRow.sku))
    wrong = func.coalesce(waiting.c.wanted, 0) != col(StockRow.reserved)
    return [
        f"stock of {r.sku}: {r.reserved} reserved, but unpaid orders hold {r.wanted or 0}"
        for r in await _rows(db, statement.where(wrong))
    ]


@_check
async def every_variant_has_stock(db: Connection) -> list[str]:
    missing = select(VariantRow).where(~exists().where(col(StockRow.sku) == col(VariantRow.sku)))
    return [f"variant {r.sku} has no stock row" for r in await _rows(db, missing)]


@_check
async def every_image_has_its_file_and_every_file_its_image(db: Connection) -> list[str]:
    shown = {
        image["file"]: r.slug
        for r in await _rows(db, select(col(ProductRow.slug), col(ProductRow.gallery)))
        for image in r.gallery or []
    }
    held = {r.file for r in await _rows(db, select(ImageFileRow).where(col(ImageFileRow.due_at).is_(None)))}
    missing = [f"an image of {shown[file]} has no file {file}" for file in sorted(shown.keys() - held)]
    return missing + [f"file {file} is held and no product shows it" for file in sorted(held - shown.keys())]


@_check
async def the_ledger_balances(db: Connection) -> list[str]:
    statement = select(
        col(LedgerRow.transfer), func.sum(col(LedgerRow.amount)).label("rest"), func.count().label("sides")
    ).group_by(col(LedgerRow.transfer))
    wrong = or_(func.sum(col(LedgerRow.amount)) != 0, func.count() != 2)
    findings = [
        f"transfer {r.transfer} is out of balance by {r.rest}, with {r.sides} sides"
        for r in await _rows(db, statement.having(wrong))
    ]
    sides = func.sum(func.abs(col(LedgerRow.amount)))
    moved = select(col(LedgerRow.transfer), sides.label("moved")).group_by(col(LedgerRow.transfer)).subquery()
    told = select(TransferRow, moved.c.moved).outerjoin(moved, moved.c.transfer == col(TransferRow.id))
    wrong = func.coalesce(moved.c.moved, 0) != 2 * func.abs(col(TransferRow.amount))
    return findings + [
        f"transfer {r.id} is of {r.amount}, its sides say {r.moved}" for r in await _rows(db, told.where(wrong))
    ]


@_check
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
        for r in await _rows(db, statement.where(~lost))
        if not _covered(r)
    ]


def _covered(order: Any) -> bool:
    left = order.taken - order.back
    if order.status == "cancelled":
        return bool(left == 0)
    if order.status == "awaiting_payment":
        return bool(left < order.total)
    return bool(left <= order.total <= order.taken)


@_check
async def payments_agree_with_the_ledger(db: Connection) -> list[str]:
    """Each captured part and each refund that was made is one transfer of its amount; nothing else is."""
    moved = {
        r.id: r.amount
        for r in await _rows(db, select(TransferRow).where(col(TransferRow.id).like("pay!_%", escape="!")))
    }
    findings = []
    for r in await _rows(db, select(PaymentRow)):
        if r.kind == "refund" and r.status == "failed" and moved.get(r.id) == moved.pop(undone_by(r.id), None):
            moved.pop(r.id, None)
            continue
        done = r.status in ({"refunded"} if r.kind == "refund" else {"captured"})
        expected = (r.amount if r.kind == "refund" else r.captured) if done else None
        if moved.pop(r.id, None) != expected:
            findings.append(f"payment {r.id} is {r.status}, and the ledger does not say the same")
    return findings + [f"transfer {id} is of no payment" for id in moved]


@_check
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
        for r in await _rows(db, statement.where(*sources, wrong))
    ]


@_check
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
        for r in await _rows(db, statement.where(wrong))
    ]
    owed = await db.scalar(select(func.sum(col(LedgerRow.amount))).where(col(LedgerRow.book) == "gift_cards"))
    held = await db.scalar(select(func.sum(col(GiftCardRow.balance))))
    if -int(owed or 0) != int(held or 0):
        findings.append(f"gift cards hold {held or 0}, the ledger says {-(owed or 0)}")
    return findings


@_check
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
        *(f"a payment token of the order {r.order_number} was used without its charge" for r in await _rows(db, wrong)),
        *(f"payment {r.payment} was made with several tokens" for r in await _rows(db, shared)),
    ]


@_check
async def coupon_uses_add_up(db: Connection) -> list[str]:
    open_uses = (
        select(col(CouponUseRow.coupon), func.count().label("uses"))
        .where(col(CouponUseRow.returned_at).is_(None))
        .group_by(col(CouponUseRow.coupon))
        .subquery()
    )
    statement = select(CouponRow, open_uses.c.uses.label("counted")).outerjoin(
        open_uses, open_uses.c.coupon == col(CouponRow.code)
    )
    wrong = func.coalesce(open_uses.c.uses, 0) != col(CouponRow.used)
    return [f"coupon {r.code}: {r.used} uses, {r.counted or 0} rows" for r in await _rows(db, statement.where(wrong))]


@_check
async def coupon_claims_add_up(db: Connection) -> list[str]:
    counted = (
        select(func.count()).where(col(CouponClaimRow.coupon) == col(CouponRow.code)).correlate(CouponRow)
    ).scalar_subquery()
    statement = select(col(CouponRow.code), col(CouponRow.claimed), counted.label("counted"))
    return [
        f"coupon {r.code}: {r.claimed} claimed, {r.counted} rows"
        for r in await _rows(db, statement.where(col(CouponRow.claimed) != counted))
    ]


@_check
async def coupons_took_off_what_the_lines_say(db: Connection) -> list[str]:
    lines = (
        select(func.sum(col(OrderLineRow.discount))).where(col(OrderLineRow.order_number) == col(OrderRow.number))
    ).scalar_subquery()
    uses = (
        select(func.sum(col(CouponUseRow.amount))).where(col(CouponUseRow.order_number) == col(OrderRow.number))
    ).scalar_subquery()
    statement = select(col(OrderRow.number), lines.label("lines"), uses.label("uses"))
    wrong = func.coalesce(lines, 0) != func.coalesce(uses, 0)
    return [
        f"order {r.number}: its lines cost {r.lines} less, its coupons took off {r.uses}"
        for r in await _rows(db, statement.where(wrong))
    ]


@_check
async def no_coupon_of_a_cancelled_order_is_kept(db: Connection) -> list[str]:
    statement = (
        select(CouponUseRow)
        .join(OrderRow, col(OrderRow.number) == col(CouponUseRow.order_number))
        .where(col(OrderRow.status) == "cancelled", col(CouponUseRow.returned_at).is_(None))
    )
    return [f"order {r.order_number} is cancelled and still holds {r.coupon}" for r in await _rows(db, statement)]


@_check
async def the_sandbox_tells_the_same(db: Connection) -> list[str]:
    """What the provider took and gave back is what the shop wrote down, unless the outcome is still open."""
    moved = col(SandboxCharge.status).in_(("captured", "refunded"))
    told = {r.key: r for r in await _rows(db, select(SandboxCharge).where(moved))}
    wrote = {r.id: r for r in await _rows(db, select(PaymentRow).where(col(PaymentRow.gateway) == "sandbox"))}
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


@_check
async def no_order_was_made_twice_from_a_checkout(db: Connection) -> list[str]:
    statement = (
        select(col(OrderRow.checkout), func.count().label("orders"))
        .group_by(col(OrderRow.checkout))
        .having(func.count() > 1)
    )
    return [f"checkout {r.checkout} became {r.orders} orders" for r in await _rows(db, statement)]


@_check
async def every_message_that_waits_for_a_webhook_has_its_job(db: Connection) -> list[str]:
    message = col(JobRow.kind) == DELIVER, col(JobRow.name) == col(DeliveryRow.id)
    resumption = col(JobRow.kind) == RESUME, col(JobRow.name) == col(DeliveryRow.webhook)
    statement = (
        select(DeliveryRow)
        .join(WebhookRow, col(WebhookRow.id) == col(DeliveryRow.webhook))
        .where(col(DeliveryRow.status) == "waiting", col(WebhookRow.status) == "active")
        .where(~exists().where(*message), ~exists().where(*resumption))
    )
    return [f"message {r.id} waits for {r.webhook} and has no job" for r in await _rows(db, statement)]


@_check
async def used_confirmations_were_approved(db: Connection) -> list[str]:
    wrong = col(ConfirmationRow.status) == "used", col(ConfirmationRow.decided_at).is_(None)
    return [
        f"confirmation {r.id} was used without an answer"
        for r in await _rows(db, select(ConfirmationRow).where(*wrong))
    ]


@_check
async def saved_addresses_have_one_default(db: Connection) -> list[str]:
    defaults = func.sum(case((col(AddressRow.is_default).is_(True), 1), else_=0))
    statement = select(col(AddressRow.account), defaults.label("defaults")).group_by(col(AddressRow.account))
    return [
        f"account {r.account} has {r.defaults} default addresses"
        for r in await _rows(db, statement.having(defaults != 1))
    ]


@_check
async def closed_accounts_are_empty(db: Connection) -> list[str]:
    closed = col(AccountRow.closed_at).is_not(None)
    personal = or_(
        col(AccountRow.email).is_not(None),
        col(AccountRow.password_hash).is_not(None),
        exists().where(col(AddressRow.account) == col(AccountRow.id)),
        exists().where(col(SessionRow.account) == col(AccountRow.id), col(SessionRow.revoked_at).is_(None)),
    )
    found = await _rows(db, select(col(AccountRow.id)).where(closed, personal))
    return [f"account {r.id} is closed and still holds something personal" for r in found]
