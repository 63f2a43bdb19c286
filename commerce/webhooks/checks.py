"""What must be true of webhooks at any quiet moment; the audit asks."""

from sqlalchemy import exists, select
from sqlmodel import col

from ..connections import Connection, rows_of
from ..queue import JobRow
from .delivering import RESUME
from .fanout import DELIVER
from .records import DeliveryRow, WebhookRow


async def every_message_that_waits_for_a_webhook_has_its_job(db: Connection) -> list[str]:
    message = col(JobRow.kind) == DELIVER, col(JobRow.name) == col(DeliveryRow.id)
    resumption = col(JobRow.kind) == RESUME, col(JobRow.name) == col(DeliveryRow.webhook)
    statement = (
        select(DeliveryRow)
        .join(WebhookRow, col(WebhookRow.id) == col(DeliveryRow.webhook))
        .where(col(DeliveryRow.status) == "waiting", col(WebhookRow.status) == "active")
        .where(~exists().where(*message), ~exists().where(*resumption))
    )
    return [f"message {r.id} waits for {r.webhook} and has no job" for r in await rows_of(db, statement)]


CHECKS = [
    every_message_that_waits_for_a_webhook_has_its_job,
]
