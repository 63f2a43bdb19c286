"""Refusals of gift cards."""

from dataclasses import dataclass

from ..errors import Conflict, NotFound


@dataclass(eq=False)
class GiftCardNotFound(NotFound):
    gift_card: str
    sentence = "There is no gift card {gift_card}."
    hint = "List the gift cards to see which there are, or add one by its code."


@dataclass(eq=False)
class GiftCardCodeUnknown(NotFound):
    sentence = "No gift card that can be added has this code."
    hint = "Check the code; a card that somebody else has added can't be added again."


@dataclass(eq=False)
class GiftCardUnusable(Conflict):
    gift_card: str
    why: str
    sentence = "The gift card {gift_card} can't pay anything: {why}."
    hint = "Use another one, or pay with a payment method."


@dataclass(eq=False)
class TooManyGiftCards(Conflict):
    limit: int
    sentence = "An account holds at most {limit} gift cards with a balance."
    hint = "Use one of those that are there first."
