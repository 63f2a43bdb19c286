"""Use cases of webhooks: merchants have theirs, which are told of their own orders and goods; admins have the shop's."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, true, update
from sqlmodel import col

from ..context import Context
from ..merchants.records import MerchantRow
from ..operation import REST_ONLY, Effect, Who, operation
from ..paging import cursor_after, key_of
from ..queue import enqueue
from ..views import ListView
from . import rules
from .delivering import counted, schedule_waiting
from .fanout import DELIVER, fresh
from .records import DeliveryRow, WebhookRow
from .refusals import (
    DeliveryNotDead,
    DeliveryNotFound,
    TooManyWebhooks,
    WebhookNotFound,
    WebhookPaused,
    WebhookTargetRefused,
)
from .schemas import (
    CreateWebhook,
    DeliveryView,
    ListDeliveries,
    ListWebhooks,
    OfWebhook,
    ReplayDelivery,
    ReplayedView,
    UpdateWebhook,
    WebhookDeleted,
    WebhookSecretView,
    WebhookView,
)
from .targets import TargetRefused, checked

MOST = 20
"""Webhooks of one merchant, or of the shop."""


@operation(Effect.WRITE, "POST /webhooks", who=Who.MERCHANT, surfaces=REST_ONLY, creates=True, secret=True)
async def create_webhook(ctx: Context, asked: CreateWebhook) -> WebhookSecretView:
    """Have events POSTed to an https address: a merchant those of its own orders and goods, an admin all.

    Each message is JSON `{id, type, timestamp, data}` and signed as Standard Webhooks 1.0 says: `webhook-id` (the event, the
    same in every attempt: drop repeats by it), `webhook-timestamp` (seconds) and `webhook-signature` (`v1,` and the Base64
    HMAC-SHA256 over `id.timestamp.body`, keyed with the secret's part after `whsec_`, Base64-decoded; several signatures are
    separated by spaces). Any 2xx within 15 seconds accepts it; anything else is tried again 11 times over about a day, and
    then dead until it is replayed. Order is not promised. Refuses addresses inside private networks.
    """
    _check(ctx, asked.url)
    merchant = _owner(ctx)
    await _make_room(ctx, merchant)
    webhook, secret = ctx.new_id("whk"), rules.new_secret()
    row = {"id": webhook, "merchant": merchant, "url": asked.url, "types": asked.types, "secret": secret}
    await ctx.run(insert(WebhookRow).values(**row, status="active", created_at=ctx.now))
    return WebhookSecretView(webhook=await _shown(ctx, webhook), secret=secret)


@operation(Effect.READ, "GET /webhooks", who=Who.MERCHANT, surfaces=REST_ONLY)
async def list_webhooks(ctx: Context, asked: ListWebhooks) -> ListView[WebhookView]:
    """The merchant's webhooks; for an admin, everybody's."""
    statement = select(WebhookRow).where(_mine(ctx)).order_by(col(WebhookRow.id)).limit(asked.limit + 1)
    if key := key_of(asked, str):
        statement = statement.where(col(WebhookRow.id) > key[0])
    rows = list(await ctx.rows(statement))
    page = rows[: asked.limit]
    counts = await counted(ctx, [row.id for row in page])
    more = cursor_after(asked, [page[-1].id]) if len(rows) > asked.limit else None
    return ListView(items=[_view(row, counts[row.id]) for row in page], next_cursor=more)


@operation(Effect.READ, "GET /webhooks/{webhook}", who=Who.MERCHANT, surfaces=REST_ONLY)
async def get_webhook(ctx: Context, asked: OfWebhook) -> WebhookView:
    """One webhook: whether it is active, since when it fails, and how its deliveries stand. The secret is not shown."""
    return await _shown(ctx, asked.webhook)


@operation(Effect.WRITE, "PATCH /webhooks/{webhook}", who=Who.MERCHANT, surfaces=REST_ONLY)
async def update_webhook(ctx: Context, asked: UpdateWebhook) -> WebhookView:
    """Change its address or its types, pause it or resume it. While it is paused, events wait for it."""
    await _locked(ctx, asked.webhook)
    if asked.url is not None:
        _check(ctx, asked.url)
    changes: dict[str, Any] = asked.model_dump(include={"url", "types"}, exclude_none=True)
    if asked.active is not None:
        because = None if asked.active else "paused by its owner"
        changes |= {"status": "active" if asked.active else "paused", "paused_because": because}
    if asked.active or asked.url:
        changes["failing_since"] = None
    if changes:
        await ctx.run(update(WebhookRow).where(col(WebhookRow.id) == asked.webhook).values(**changes))
    if asked.active:
        await schedule_waiting(ctx, asked.webhook)
    return await _shown(ctx, asked.webhook)


@operation(Effect.WRITE, "DELETE /webhooks/{webhook}", who=Who.MERCHANT, surfaces=REST_ONLY)
async def delete_webhook(ctx: Context, asked: OfWebhook) -> WebhookDeleted:
    """Delete a webhook with all its deliveries; nothing more is sent to it."""
    await _locked(ctx, asked.webhook)
    await ctx.run(delete(DeliveryRow).where(col(DeliveryRow.webhook) == asked.webhook))
    await ctx.run(delete(WebhookRow).where(col(WebhookRow.id) == asked.webhook))
    return WebhookDeleted()


@operation(Effect.WRITE, "POST /webhooks/{webhook}/secret", who=Who.MERCHANT, surfaces=REST_ONLY, secret=True)
async def rotate_webhook_secret(ctx: Context, asked: OfWebhook) -> WebhookSecretView:
    """Get a new secret. For 24 hours messages carry a signature with the old one as well."""
    row = await _locked(ctx, asked.webhook)
    secret, kept = rules.new_secret(), ctx.now + rules.OLD_SECRET_KEPT
    exchanged = {"secret": secret, "old_secret": row.secret, "old_until": kept}
    await ctx.run(update(WebhookRow).where(col(WebhookRow.id) == asked.webhook).values(**exchanged))
    return WebhookSecretView(webhook=await _shown(ctx, asked.webhook), secret=secret)


@operation(Effect.WRITE, "POST /webhooks/{webhook}/test", who=Who.MERCHANT, surfaces=REST_ONLY)
async def send_test_event(ctx: Context, asked: OfWebhook) -> DeliveryView:
    """Send it a message of the type `webhook.test`, whatever types it wants; look at its delivery a moment later."""
    row = await _locked(ctx, asked.webhook)
    if row.status != "active":
        raise WebhookPaused(asked.webhook)
    made = fresh(ctx, row.id, ctx.new_id("evt"), "webhook.test", {"webhook": row.id}, ctx.now)
    await ctx.run(insert(DeliveryRow).values(**made))
    await enqueue(ctx, DELIVER, made["id"], delivery=made["id"])
    return await _delivery_view(ctx, asked.webhook, made["id"])


@operation(Effect.READ, "GET /webhooks/{webhook}/deliveries", who=Who.MERCHANT, surfaces=REST_ONLY)
async def list_deliveries(ctx: Context, asked: ListDeliveries) -> ListView[DeliveryView]:
    """What was sent to a webhook and what became of it, newest first; `status=dead` lists the dead letters."""
    await _my_webhook(ctx, asked.webhook)
    statement = select(DeliveryRow).where(col(DeliveryRow.webhook) == asked.webhook)
    if asked.status:
        statement = statement.where(col(DeliveryRow.status) == asked.status)
    if key := key_of(asked, str):
        statement = statement.where(col(DeliveryRow.id) < key[0])
    rows = await ctx.rows(statement.order_by(col(DeliveryRow.id).desc()).limit(asked.limit + 1))
    page = rows[: asked.limit]
    more = cursor_after(asked, [page[-1].id]) if len(rows) > asked.limit else None
    return ListView(items=[_shown_delivery(row) for row in page], next_cursor=more)


@operation(Effect.WRITE, "POST /webhooks/{webhook}/deliveries/{delivery}/replay", who=Who.MERCHANT, surfaces=REST_ONLY)
async def replay_delivery(ctx: Context, asked: ReplayDelivery) -> DeliveryView:
    """Try a dead delivery again from the start."""
    await _active(ctx, asked.webhook)
    one = await _delivery_view(ctx, asked.webhook, asked.delivery)
    if not await _revive(ctx, asked.webhook, col(DeliveryRow.id) == asked.delivery):
        raise DeliveryNotDead(asked.delivery, one.status)
    return await _delivery_view(ctx, asked.webhook, asked.delivery)


@operation(Effect.WRITE, "POST /webhooks/{webhook}/replay", who=Who.MERCHANT, surfaces=REST_ONLY)
async def replay_dead_deliveries(ctx: Context, asked: OfWebhook) -> ReplayedView:
    """Try all dead deliveries of a webhook again from the start."""
    await _active(ctx, asked.webhook)
    return ReplayedView(replayed=await _revive(ctx, asked.webhook, true()))


async def _revive(ctx: Context, webhook: str, which: ColumnElement[bool]) -> int:
    dead = col(DeliveryRow.webhook) == webhook, col(DeliveryRow.status) == "dead", which
    again = {"status": "waiting", "attempts": 0, "changed_at": ctx.now}
    revived = await ctx.run(update(DeliveryRow).where(*dead).values(**again))
    if revived:
        await schedule_waiting(ctx, webhook)
    return revived


def _check(ctx: Context, url: str) -> None:
    try:
        checked(url, private=ctx.shop.settings.webhook_private)
    except TargetRefused as refused:
        raise WebhookTargetRefused(str(refused)) from None


async def _make_room(ctx: Context, merchant: str | None) -> None:
    """Counts while nobody else of this merchant adds one."""
    if merchant:
        await ctx.rows(select(col(MerchantRow.slug)).where(col(MerchantRow.slug) == merchant).with_for_update())
    same = col(WebhookRow.merchant).is_not_distinct_from(merchant)
    if await ctx.value(select(func.count()).select_from(WebhookRow).where(same)) >= MOST:
        raise TooManyWebhooks(MOST)


def _owner(ctx: Context) -> str | None:
    """The merchant, or None for the whole shop, which nobody but an admin gets."""
    return None if ctx.caller.role == "admin" else ctx.caller.merchant or ""


def _mine(ctx: Context) -> ColumnElement[bool]:
    owner = _owner(ctx)
    return true() if owner is None else col(WebhookRow.merchant) == owner


async def _my_webhook(ctx: Context, webhook: str, *, locked: bool = False) -> Row[Any]:
    """Somebody else's does not exist."""
    statement = select(WebhookRow).where(col(WebhookRow.id) == webhook, _mine(ctx))
    row = await ctx.row(statement.with_for_update() if locked else statement)
    if row is None:
        raise WebhookNotFound(webhook)
    return row


async def _locked(ctx: Context, webhook: str) -> Row[Any]:
    return await _my_webhook(ctx, webhook, locked=True)


async def _active(ctx: Context, webhook: str) -> None:
    if (await _locked(ctx, webhook)).status != "active":
        raise WebhookPaused(webhook)


async def _shown(ctx: Context, webhook: str) -> WebhookView:
    row = await _my_webhook(ctx, webhook)
    return _view(row, (await counted(ctx, [webhook]))[webhook])


def _view(row: Row[Any], deliveries: dict[str, int]) -> WebhookView:
    facts = {name: getattr(row, name) for name in WebhookView.model_fields.keys() - {"webhook", "deliveries"}}
    counts = {status: deliveries.get(status, 0) for status in ("waiting", "delivered", "dead")}
    return WebhookView(webhook=row.id, deliveries=counts, **facts)


async def _delivery_view(ctx: Context, webhook: str, delivery: str) -> DeliveryView:
    this = col(DeliveryRow.webhook) == webhook, col(DeliveryRow.id) == delivery
    row = await ctx.row(select(DeliveryRow).where(*this))
    if row is None:
        raise DeliveryNotFound(delivery)
    return _shown_delivery(row)


def _shown_delivery(row: Row[Any]) -> DeliveryView:
    facts = {name: getattr(row, name) for name in DeliveryView.model_fields.keys() - {"delivery"}}
    return DeliveryView(delivery=row.id, **facts)


async def forget_old(ctx: Context, before: datetime) -> int:
    """Of deliveries that nobody waits for any more."""
    old = col(DeliveryRow.changed_at) < before
    return await ctx.run(delete(DeliveryRow).where(old))
