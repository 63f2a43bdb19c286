"""Refusals: what the shop answers when it will not do something.

    Refusal
    ├── Invalid           the input can't be right
    ├── Unauthenticated   nobody is signed in
    ├── Forbidden         somebody is, and may not
    ├── NotFound          no such thing, or it is somebody else's: the two are never told apart
    ├── Conflict          right in itself, not in the state that things are in
    ├── Limited           too much, too often
    └── Unavailable       the shop can't just now

A refusal is an answer, not an incident: facts (the fields), one sentence, and one hint that says what to do next.
Each surface maps the seven families once; nobody else knows status numbers.
"""

import dataclasses
import re
from dataclasses import dataclass
from typing import Any, ClassVar


class Refusal(Exception):
    """An answer of the shop that is not the one asked for. Subclasses are dataclasses of facts."""

    sentence: ClassVar[str]
    """Said to people and models; `{field}` stands for a fact."""
    hint: ClassVar[str]
    """What to do next."""
    retry_after: ClassVar[int | None] = None
    """Seconds to wait before the same request can succeed, where waiting helps."""
    family: ClassVar[str] = "refusal"

    def __str__(self) -> str:
        return self.sentence.format(**self.facts)

    @property
    def code(self) -> str:
        """The class name in snake case: `OutOfStock` is `out_of_stock`."""
        return code_of(type(self))

    @property
    def facts(self) -> dict[str, Any]:
        return (
            {f.name: getattr(self, f.name) for f in dataclasses.fields(self)} if dataclasses.is_dataclass(self) else {}
        )

    @property
    def advice(self) -> str:
        return self.hint.format(**self.facts)


def code_of(kind: type[Refusal]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def all_refusals(kind: type[Refusal] = Refusal) -> dict[str, type[Refusal]]:
    """Every refusal by its code."""
    found: dict[str, type[Refusal]] = {code_of(kind): kind} if dataclasses.is_dataclass(kind) else {}
    for sub in kind.__subclasses__():
        found |= all_refusals(sub)
    return found


class Invalid(Refusal):
    family = "invalid"


class Unauthenticated(Refusal):
    family = "unauthenticated"


class Forbidden(Refusal):
    family = "forbidden"


class NotFound(Refusal):
    family = "not_found"


class Conflict(Refusal):
    family = "conflict"


class Limited(Refusal):
    family = "limited"


class Unavailable(Refusal):
    family = "unavailable"


# Any operation


@dataclass(eq=False)
class BadInput(Invalid):
    problems: list[dict[str, str]]
    """One `{field, problem}` for each thing that is wrong."""
    sentence = "The input does not fit: {listed}."
    hint = "Correct the fields named and send it again."

    def __str__(self) -> str:
        listed = "; ".join(f"{p['field']}: {p['problem']}" for p in self.problems)
        return self.sentence.format(listed=listed)


@dataclass(eq=False)
class TooLarge(Invalid):
    limit: int
    sentence = "The request is larger than {limit} bytes."
    hint = "Send less."


@dataclass(eq=False)
class UnknownOperation(Invalid):
    operation: str
    sentence = "There is no operation called {operation}."
    hint = "Use one of the operations that are offered."


@dataclass(eq=False)
class IdempotencyKeyRequired(Invalid):
    sentence = "This request moves money or goods and has no Idempotency-Key."
    hint = "Send an Idempotency-Key header: any text of up to 200 characters that is new for each intended effect and the same for each retry."


@dataclass(eq=False)
class IdempotencyKeyReused(Invalid):
    sentence = "This Idempotency-Key was already used for another request."
    hint = "Use a new key for a new request; repeat a request exactly to get its first answer."


@dataclass(eq=False)
class StillRunning(Conflict):
    sentence = "The first request with this Idempotency-Key is still running."
    hint = "Repeat the same request in a moment; it will get the first one's answer."
    retry_after = 1


@dataclass(eq=False)
class SignInRequired(Unauthenticated):
    sentence = "Nobody is signed in."
    hint = "Sign in (POST /v1/sessions) or start a guest session (POST /v1/sessions/guest), and send its access token as a Bearer token."


@dataclass(eq=False)
class TokenInvalid(Unauthenticated):
    sentence = "The access token is not valid, or no longer."
    hint = "Refresh the session (POST /v1/sessions/refresh) or sign in again."


@dataclass(eq=False)
class CustomersOnly(Forbidden):
    sentence = "Guests can't do this."
    hint = "Sign in or register first; the cart comes along."


@dataclass(eq=False)
class NotForAgents(Forbidden):
    operation: str
    sentence = "{operation} can't be done from a conversation."
    hint = "Do it on the page or over REST."


@dataclass(eq=False)
class Busy(Unavailable):
    sentence = "The shop is very busy just now; nothing was changed."
    hint = "Try the same again in a moment."
    retry_after = 1


# Accounts


@dataclass(eq=False)
class EmailTaken(Conflict):
    sentence = "There is already an account with this e-mail address."
    hint = "Sign in, or register with another address."


@dataclass(eq=False)
class WrongCredentials(Unauthenticated):
    sentence = "The e-mail address and the password do not belong together."
    hint = "Check both and try again, or register."


@dataclass(eq=False)
class TooManyAttempts(Limited):
    sentence = "Too many sign-ins failed for this address."
    hint = "Wait a minute and try again."
    retry_after = 60


@dataclass(eq=False)
class RefreshRefused(Unauthenticated):
    sentence = "The refresh token is not valid, was already used, or has ended."
    hint = "Sign in again."


@dataclass(eq=False)
class AddressNotFound(NotFound):
    address: str
    sentence = "There is no address {address}."
    hint = "List the addresses to see which there are, or add one."


@dataclass(eq=False)
class TooManyAddresses(Conflict):
    limit: int
    sentence = "An account holds at most {limit} addresses."
    hint = "Use one of those that are saved."


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


# Catalogue and cart


@dataclass(eq=False)
class ProductNotFound(NotFound):
    product: str
    sentence = "There is no product {product}."
    hint = "Search for products and use the id of one that was found."


@dataclass(eq=False)
class CategoryNotFound(NotFound):
    category: str
    sentence = "There is no category {category}."
    hint = "List the categories to see which there are."


@dataclass(eq=False)
class VariantNotFound(NotFound):
    sku: str
    sentence = "There is no variant with the SKU {sku}."
    hint = "Search for products and use the SKU of one of their variants."


@dataclass(eq=False)
class CursorInvalid(Invalid):
    sentence = "The cursor does not belong to this list."
    hint = "Leave it out to start at the first page, and keep the other parameters the same from page to page."


@dataclass(eq=False)
class OutOfStock(Conflict):
    sku: str
    wanted: int
    available: int
    sentence = "Only {available} of {sku} are left; {wanted} asked."
    hint = "Offer the available quantity or another variant."


@dataclass(eq=False)
class TooManyOfOne(Conflict):
    sku: str
    limit: int
    sentence = "One order holds at most {limit} of {sku}."
    hint = "Ask for fewer."


@dataclass(eq=False)
class CartFull(Conflict):
    limit: int
    sentence = "A cart holds at most {limit} different variants."
    hint = "Check out or remove something first."


@dataclass(eq=False)
class NotInCart(NotFound):
    sku: str
    sentence = "{sku} is not in the cart."
    hint = "Look at the cart, or add it."


@dataclass(eq=False)
class CartEmpty(Conflict):
    sentence = "The cart is empty."
    hint = "Add something first."


# Checkout and orders


@dataclass(eq=False)
class CheckoutNotFound(NotFound):
    checkout: str
    sentence = "There is no checkout {checkout}."
    hint = "Create a checkout from the cart."


@dataclass(eq=False)
class DeliveryOptionNotFound(NotFound):
    delivery_option: str
    sentence = "There is no delivery option {delivery_option}."
    hint = "Use one of the delivery options that the checkout lists."


@dataclass(eq=False)
class CouponRefused(Conflict):
    coupon: str
    reason: str
    sentence = "The coupon {coupon} does not apply: {reason}."
    hint = "Go on without it or try another one."


@dataclass(eq=False)
class TooManyCoupons(Conflict):
    limit: int
    sentence = "At most {limit} coupon can be used for one order."
    hint = "Choose one."


@dataclass(eq=False)
class CheckoutIncomplete(Conflict):
    checkout: str
    missing: list[str]
    sentence = "The checkout is not ready; missing: {missing_list}."
    hint = "Update the checkout with what is missing."

    def __str__(self) -> str:
        return self.sentence.format(missing_list=", ".join(self.missing))


@dataclass(eq=False)
class CheckoutClosed(Conflict):
    checkout: str
    status: str
    sentence = "The checkout {checkout} can't be changed or placed any more: it is {status}."
    hint = "Create a new checkout from the cart."


@dataclass(eq=False)
class CheckoutExpired(Conflict):
    checkout: str
    sentence = "The checkout {checkout} has expired."
    hint = "Create a new checkout from the cart."


@dataclass(eq=False)
class CheckoutChanged(Conflict):
    checkout: str
    changes: list[str]
    """One sentence for each thing that is no longer as the checkout shows it."""
    sentence = "Something changed since the checkout was shown: {listed}"
    hint = "Update the checkout to see the new totals, show them, and ask again."

    def __str__(self) -> str:
        return self.sentence.format(listed=" ".join(self.changes))


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


# The yes


@dataclass(eq=False)
class ApprovalRequired(Forbidden):
    operation: str
    sentence = "{operation} needs the shopper's own yes to its exact terms; a conversation can't give it."
    hint = "Propose it; the shop shows the terms and asks the shopper."


@dataclass(eq=False)
class TermsChanged(Conflict):
    changes: list[str]
    sentence = "The terms are no longer those that were agreed to: {listed}"
    hint = "Show the new terms and ask again."

    def __str__(self) -> str:
        return self.sentence.format(listed=" ".join(self.changes))


@dataclass(eq=False)
class ConfirmationNotFound(NotFound):
    confirmation: str
    sentence = "There is no confirmation {confirmation}."
    hint = "Look at the conversation to see what waits for an answer."


@dataclass(eq=False)
class ConfirmationExpired(Conflict):
    confirmation: str
    sentence = "The time to answer is over."
    hint = "Ask for it again to get a new question."


@dataclass(eq=False)
class ConfirmationAnswered(Conflict):
    confirmation: str
    status: str
    sentence = "This question was already answered: {status}."
    hint = "Ask for it again to get a new question."


@dataclass(eq=False)
class Rejected(Conflict):
    operation: str
    sentence = "The shopper said no to {operation}; nothing was done."
    hint = "Ask what to change."


# Conversations


@dataclass(eq=False)
class ThreadNotFound(NotFound):
    thread: str
    sentence = "There is no conversation {thread}."
    hint = "List the conversations, or start one."


@dataclass(eq=False)
class TurnNotFound(NotFound):
    turn: str
    sentence = "There is no turn {turn}."
    hint = "Look at the conversation to see its turns."


@dataclass(eq=False)
class TurnRunning(Conflict):
    thread: str
    sentence = "This conversation is still answering."
    hint = "Wait for the answer, then go on."
    retry_after = 1


@dataclass(eq=False)
class IdNotShown(Invalid):
    value: str
    sentence = "{value} was never shown in this conversation."
    hint = "Look it up with a search or a list first, and use the id that it shows."


@dataclass(eq=False)
class OneDecisionAtATime(Conflict):
    operation: str
    sentence = "{operation} was not proposed: another question to the shopper comes first."
    hint = "Ask again after the shopper has answered it."


@dataclass(eq=False)
class TurnLimit(Limited):
    sentence = "This took more steps than one answer may take, so it stops here; what was done so far stands."
    hint = "Ask for the next step on its own."
