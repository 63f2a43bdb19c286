"""Refusals of payment."""

from dataclasses import dataclass

from ..errors import Conflict, Forbidden, Invalid, NotFound, Unavailable


@dataclass(eq=False)
class TooManyPaymentMethods(Conflict):
    limit: int
    sentence = "An account holds at most {limit} payment methods."
    hint = "Use one of those that are saved."


@dataclass(eq=False)
class PaymentMethodNotFound(NotFound):
    payment_method: str
    sentence = "There is no payment method {payment_method}."
    hint = "List the payment methods to see which there are, or add one."


@dataclass(eq=False)
class PaymentTokenRefused(Invalid):
    sentence = "The payment provider does not know this token."
    hint = "Get a token from the payment provider's form; the sandbox knows tok_succeeds, tok_declines, tok_times_out and tok_needs_action."


@dataclass(eq=False)
class PaymentInProgress(Conflict):
    order: str
    sentence = "A payment of the order {order} is under way and its outcome is not known yet."
    hint = "Look at the order again in a moment; nothing is charged twice."
    retry_after = 5


@dataclass(eq=False)
class PaymentNeedsAction(Conflict):
    order: str
    action_url: str
    sentence = "A payment of the order {order} waits for its second step."
    hint = "Finish or decline it at {action_url} first."


@dataclass(eq=False)
class PaymentDeclined(Conflict):
    order: str
    reason: str
    sentence = "The payment of the order {order} was declined: {reason}."
    hint = "Pay with another method; the order still waits."


@dataclass(eq=False)
class PaymentLost(Conflict):
    order: str
    sentence = "The payment provider no longer holds the money that was authorised for the order {order}."
    hint = "Don't ship it; cancel it, or have the shopper order again."


@dataclass(eq=False)
class RefundTooLarge(Conflict):
    order: str
    asked: str
    left: str
    sentence = "{asked} can't be given back of the order {order}: {left} of what was paid are left."
    hint = "Give back at most what is left."


@dataclass(eq=False)
class PaymentTokenNotFound(NotFound):
    order: str
    sentence = "This payment token does not belong to the order {order}."
    hint = "Create a new payment token for the order."


@dataclass(eq=False)
class PaymentTokenUsed(Conflict):
    order: str
    sentence = "This payment token of the order {order} was already used."
    hint = "Look at the order; if it still awaits payment, create a new payment token."


@dataclass(eq=False)
class PaymentTokenExpired(Conflict):
    order: str
    sentence = "This payment token of the order {order} has expired."
    hint = "Create a new payment token for the order."


@dataclass(eq=False)
class PaymentAmountChanged(Conflict):
    order: str
    then: str
    now: str
    sentence = "The order {order} cost {then} when the payment token was made and costs {now}."
    hint = "Look at the order, and create a new payment token for what it costs now."


@dataclass(eq=False)
class PaymentProviderAway(Unavailable):
    sentence = "The payment provider does not answer just now; nothing was saved or charged."
    hint = "Try the same again in a moment."
    retry_after = 5


@dataclass(eq=False)
class GatewayNotFound(NotFound):
    gateway: str
    sentence = "There is no payment gateway {gateway} here."
    hint = "Have the provider send its events to the gateway that this shop uses."


@dataclass(eq=False)
class EventNotTrusted(Forbidden):
    sentence = "The event does not bear the payment provider's signature, or is not recent."
    hint = "Sign the raw body with the endpoint's secret, and send it within five minutes."
