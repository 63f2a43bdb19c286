"""Refusals of refund requests."""

from dataclasses import dataclass

from ..errors import Conflict, Invalid, Limited, NotFound


@dataclass(eq=False)
class RefundRequestNotFound(NotFound):
    refund_request: str
    sentence = "There is no refund request {refund_request}."
    hint = "List the refund requests to see which there are."


@dataclass(eq=False)
class NotYetReturnable(Conflict):
    order: str
    status: str
    sentence = "The order {order} is {status}; nothing of what is asked for was shipped."
    hint = "What is not shipped yet can be cancelled: the whole order, or a line of it."


@dataclass(eq=False)
class ReturnWindowOver(Conflict):
    order: str
    days: int
    sentence = "What arrived of the order {order} could be sent back for {days} days, and they are over."
    hint = "Ask the merchant; a merchant can still give money back of its own accord."


@dataclass(eq=False)
class NothingToReturn(Conflict):
    order: str
    sku: str
    left: int
    sentence = "Of {sku} only {left} can be sent back from the order {order}."
    hint = "Look at the order to see what is shipped and not yet sent back."


@dataclass(eq=False)
class RefundAlreadyRequested(Conflict):
    order: str
    refund_request: str
    sentence = "For this part of the order {order} a refund is requested already: {refund_request}."
    hint = "Wait for its review, or withdraw it and ask anew."


@dataclass(eq=False)
class TooManyRefundRequests(Limited):
    limit: int
    sentence = "At most {limit} refunds can be requested in a minute."
    hint = "Wait a minute and try again."
    retry_after = 60


@dataclass(eq=False)
class RefundRequestClosed(Conflict):
    refund_request: str
    status: str
    sentence = "The refund request {refund_request} is {status} and can't be changed any more."
    hint = "Look at the refund request to see what became of it."


@dataclass(eq=False)
class MoreThanRequested(Conflict):
    refund_request: str
    sku: str
    asked: int
    sentence = "The refund request {refund_request} asks for {asked} × {sku}, not for more."
    hint = "Approve at most what was asked for."


@dataclass(eq=False)
class MoreThanItCost(Conflict):
    most: str
    sentence = "At most {most} can be given back for this."
    hint = "Give back at most that."


@dataclass(eq=False)
class DeliveryStays(Conflict):
    refund_request: str
    sentence = (
        "The delivery can only be given back when the whole part comes back, and with {refund_request} it does not."
    )
    hint = "Approve it without the delivery, or give the money back as goodwill."


@dataclass(eq=False)
class NoteMissing(Invalid):
    sentence = "Whoever gives back less than was asked for has to say why."
    hint = "Send a note that the shopper can read."
