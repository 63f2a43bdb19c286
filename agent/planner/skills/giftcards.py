"""Gift cards: what they hold, and paying with one."""

from ..replies import bullets, money, plain
from ..talk import Reply, Skill, Talk, call
from ..turns import Json
from ..wishes import Wish
from .quoting import make_quote, quote_text


def list_gift_cards(talk: Talk, wish: Wish) -> Skill:
    cards = (yield from call("list_gift_cards")).get("items", [])
    if not cards:
        return Reply(talk.say("gift_cards_none"))
    return Reply(f"{talk.say('gift_cards')}\n{bullets([_line(talk, card) for card in cards[:8]])}")


def _line(talk: Talk, card: Json) -> str:
    until = talk.say("coupon_until", date=str(card["expires_at"])[:10]) if card.get("expires_at") else ""
    return talk.say("gift_card_line", label=plain(card.get("label", "")), balance=money(card.get("balance"))) + until


def use_gift_card(talk: Talk, wish: Wish) -> Skill:
    """A new quote that the card pays, or the open one with the card in it."""
    if not talk.memory.quote and not (yield from call("view_cart")).get("items"):
        return Reply(talk.say("cart_empty"), done=True)
    made = yield from make_quote(talk, Wish("quote", gift_card=True, coupons=wish.coupons))
    return made if isinstance(made, Reply) else Reply(quote_text(talk, made))


def drop_gift_card(talk: Talk, wish: Wish) -> Skill:
    """Out of the open quote; and it is not put into the next one."""
    talk.choose(gift_card="")
    if not talk.memory.quote:
        return Reply(talk.say("gift_card_dropped"))
    view = yield from call("update_checkout", checkout=talk.memory.quote["checkout"], gift_card="none")
    return Reply(f"{talk.say('gift_card_dropped')}\n\n{quote_text(talk, view)}")
