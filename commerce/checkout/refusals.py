"""Refusals of the checkout."""

from dataclasses import dataclass

from ..errors import Conflict, NotFound


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
class TaxRateNotFound(NotFound):
    country: str
    region: str
    category: str
    sentence = "There is no such tax rate."
    hint = "List the tax rates to see which there are."


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
