"""Refusals of webhooks."""

from dataclasses import dataclass

from ..errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class WebhookNotFound(NotFound):
    webhook: str
    sentence = "There is no webhook {webhook}."
    hint = "List the webhooks to see which there are."


@dataclass(eq=False)
class DeliveryNotFound(NotFound):
    delivery: str
    sentence = "There is no delivery {delivery} of this webhook."
    hint = "List the deliveries to see which there are."


@dataclass(eq=False)
class DeliveryNotDead(Conflict):
    delivery: str
    status: str
    sentence = "The delivery {delivery} is not dead, but {status}."
    hint = "Only deliveries that were given up are replayed; those that wait are tried again by themselves."


@dataclass(eq=False)
class WebhookPaused(Conflict):
    webhook: str
    sentence = "The webhook {webhook} is paused."
    hint = "Set `active` to true; what waits is then delivered."


@dataclass(eq=False)
class TooManyWebhooks(Conflict):
    limit: int
    sentence = "There are {limit} webhooks already, and no more can be added."
    hint = "Delete one that is not needed, or change it."


@dataclass(eq=False)
class WebhookTargetRefused(Invalid):
    reason: str
    sentence = "Events are not sent to this address: {reason}."
    hint = "Name an https address that the whole internet can reach."
