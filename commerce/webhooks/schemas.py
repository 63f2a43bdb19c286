"""Inputs and views of webhooks."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ..events import EVENTS
from ..ids import Id, Slug
from ..views import Input, Line, OthersText, Page, View

DeliveryStatus = Literal["waiting", "delivered", "dead"]


def _known(type: str) -> str:
    groups = {f"{known.partition('.')[0]}.*" for known in EVENTS}
    if type not in EVENTS.keys() | groups:
        raise ValueError(f"there are no such events; there are {', '.join(sorted(EVENTS.keys() | groups))}")
    return type


EventType = Annotated[str, Field(max_length=64), AfterValidator(_known)]
EventTypes = Annotated[list[EventType], Field(max_length=50)]
Url = Annotated[Line, Field(min_length=1, max_length=1000)]
TYPES = "Types of events to be told, like `order.paid`, or `order.*` for all of orders; empty for every event."


class CreateWebhook(Input):
    url: Url = Field(
        description="Where events are POSTed: an https address on the internet.", examples=["https://example.com/hooks"]
    )
    types: EventTypes = Field(default_factory=list, description=TYPES, examples=[["order.paid", "order.cancelled"]])


class ListWebhooks(Page):
    """The caller's webhooks."""


class OfWebhook(Input):
    webhook: Id = Field(description="The webhook, as the list names it.")


class UpdateWebhook(OfWebhook):
    url: Url | None = Field(None, description="New address.")
    types: EventTypes | None = Field(None, description=TYPES)
    active: bool | None = Field(
        None, description="false pauses: events wait for it. true resumes, and what waits is delivered."
    )


class ListDeliveries(Page):
    webhook: Id = Field(description="The webhook, as the list names it.")
    status: DeliveryStatus | None = Field(None, description="`dead` lists those that were given up.")


class ReplayDelivery(OfWebhook):
    delivery: Id = Field(description="The delivery, as the list names it.")


class WebhookView(View):
    webhook: str
    merchant: Slug | None = Field(description="Whose events it is told; null for all of the shop's.")
    url: OthersText
    types: list[str]
    status: Literal["active", "paused"]
    paused_because: str | None
    failing_since: datetime | None = Field(description="Nothing was accepted since then; null when all is well.")
    deliveries: dict[str, int] = Field(description="How many wait, were delivered, and are dead.")
    created_at: datetime


class WebhookSecretView(View):
    webhook: WebhookView
    secret: str = Field(description="Signs the messages. Shown this once; keep it.")


class WebhookDeleted(View):
    deleted: bool = True


class DeliveryView(View):
    delivery: str
    event: str
    type: str
    status: DeliveryStatus
    attempts: int
    answer: int | None = Field(description="HTTP status of the last answer.")
    last_error: str | None
    happened_at: datetime
    changed_at: datetime


class ReplayedView(View):
    replayed: int = Field(description="How many are tried again.")
