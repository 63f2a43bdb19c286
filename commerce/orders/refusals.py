"""Refusals of orders."""

from dataclasses import dataclass

from ..errors import Conflict, NotFound


@dataclass(eq=False)
class OrderNotFound(NotFound):
    order: str
    sentence = "There is no order {order}."
    hint = "List the orders to see which there are."


@dataclass(eq=False)
class OrderNotCancellable(Conflict):
    order: str
    status: str
    sentence = "The order {order} is {status} and can't be cancelled."
    hint = "Only orders that are not yet shipped can be cancelled."


@dataclass(eq=False)
class OrderNotPayable(Conflict):
    order: str
    status: str
    sentence = "The order {order} is {status} and can't be paid."
    hint = "Only an order that awaits payment can be paid."


@dataclass(eq=False)
class OrderExpired(Conflict):
    order: str
    sentence = "The time to pay the order {order} is over."
    hint = "Order again."


@dataclass(eq=False)
class OrderNotFinished(Conflict):
    order: str
    status: str
    sentence = "The order {order} is {status} and can't be taken off the list."
    hint = "Only orders that are delivered or cancelled can be hidden."


@dataclass(eq=False)
class NothingOnItsWay(Conflict):
    order: str
    status: str
    sentence = "The order {order} is {status}; nothing of it is on its way."
    hint = "Look at the order to see what is shipped and what has arrived."
