"""Events of the payment provider: hints to ask it, so that one that is late, repeated or out of order does no harm."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, delete, insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from ..adapters.gateway import BadSignature, GatewayEvent
from ..context import Context
from .records import GatewayEventRow, PaymentRow
from .refusals import EventNotTrusted, GatewayNotFound, PaymentProviderAway
from .settling import settle_again

KEPT = timedelta(days=1)
"""Much longer than a signature is good for: after that a repeat is refused for its age."""


async def receive(ctx: Context, gateway: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Attends to one event. Refuses what the provider did not sign just now; what is about nothing of ours has no effect.

    Asking comes first and remembering the event second: cut off in between, its repeat asks again, which is harmless.
    """
    if gateway != ctx.shop.gateway.name:
        raise GatewayNotFound(gateway)
    try:
        event = ctx.shop.gateway.read_event(body, headers)
    except BadSignature:
        raise EventNotTrusted() from None
    payment = await _new_and_ours(ctx, gateway, event) if event else None
    if event is None or payment is None:
        return
    if not await settle_again(ctx, payment):
        raise PaymentProviderAway()
    try:
        async with ctx.writing() as inside:
            row = {"id": _id_of(gateway, event), "payment": payment.id, "at": ctx.now}
            await inside.run(insert(GatewayEventRow).values(**row))
    except IntegrityError:
        return  # the same event came twice at once


async def _new_and_ours(ctx: Context, gateway: str, event: GatewayEvent) -> Row[Any] | None:
    named = [col(PaymentRow.id) == event.key] if event.key else []
    named += [col(PaymentRow.reference) == event.reference] if event.reference else []
    if not named:
        return None
    mine = select(PaymentRow).where(col(PaymentRow.gateway) == gateway, or_(*named)).limit(1)
    seen = select(col(GatewayEventRow.id)).where(col(GatewayEventRow.id) == _id_of(gateway, event))
    async with ctx.reading() as inside:
        payment = await inside.row(mine)
        return None if payment is None or await inside.value(seen) else payment


def _id_of(gateway: str, event: GatewayEvent) -> str:
    return hashlib.sha256(f"{gateway} {event.id}".encode()).hexdigest()


async def forget_old_events(ctx: Context) -> int:
    return await ctx.run(delete(GatewayEventRow).where(col(GatewayEventRow.at) <= ctx.now - KEPT))
