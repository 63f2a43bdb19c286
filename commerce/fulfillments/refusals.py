"""Refusals of fulfillments."""

from dataclasses import dataclass

from ..errors import Conflict, NotFound


@dataclass(eq=False)
class FulfillmentNotFound(NotFound):
    fulfillment: str
    sentence = "There is no fulfillment {fulfillment}."
    hint = "List the fulfillments, or look at the order, to see which there are."


@dataclass(eq=False)
class FulfillmentNotShippable(Conflict):
    fulfillment: str
    status: str
    sentence = "The fulfillment {fulfillment} is {status} and can't be shipped."
    hint = "Only one that waits can be shipped; of a shipped one the tracking can be corrected."


@dataclass(eq=False)
class FulfillmentNotShipped(Conflict):
    fulfillment: str
    status: str
    sentence = "The fulfillment {fulfillment} is {status}, not on its way."
    hint = "Only what is shipped and has not arrived can be delivered or tracked anew."


@dataclass(eq=False)
class FulfillmentNotCancellable(Conflict):
    fulfillment: str
    status: str
    sentence = "The fulfillment {fulfillment} is {status} and can't be cancelled."
    hint = "Only one that waits can be cancelled; money of a shipped one can be given back as a refund."
