"""Gift cards: what they hold, and paying with one."""

from ..replies import bullets, money, plain
from ..talk import Reply, Skill, Talk, call
from ..turns import Json
from ..wishes import Wish
from .quoting import make_quote, quote_text

_CARDS, _MOVES = 3, 10
_MOVED = {"gift_card_issue": "card_issued", "gift_card_use": "card_paid", "gift_card_return": "card_returned"}


def list_gift_cards(talk: Talk, wish: Wish) -> Skill:
    cards = (yield from call("list_gift_cards")).get("items", [])
    if not cards:
        return Reply(talk.say("gift_cards_none"))
    return Reply(f"{talk.say('gift_cards')}\n{bullets([_line(talk, card) for card in cards[:8]])}")


def _line(talk: Talk, card: Json) -> str:
    until = talk.say("coupon_until", date=str(card["expires_at"])[:10]) if card.get("expires_at") else ""
    return talk.say("gift_card_line", label=_ending(card), balance=money(card.get("balance"))) + until


def _ending(card: Json) -> str:
    """Of its code; the shop's label has words before it."""
    return plain(card.get("label", "")).rpartition(" ")[2]


def gift_card_movements(talk: Talk, wish: Wish) -> Skill:
    """Of the card whose ending is named, else of all that are shown."""
    cards = (yield from call("list_gift_cards")).get("items", [])
    if not cards:
        return Reply(talk.say("gift_cards_none"))
    named = [card for card in cards if _ending(card) and _ending(card).lower() in talk.text.lower()]
    told: list[str] = []
    for card in (named or cards)[:_CARDS]:
        moves = yield from call("list_gift_card_movements", gift_card=card["gift_card"], limit=_MOVES)
        told += [_line(talk, card), bullets([_move(talk, move) for move in moves.get("items", [])])]
    return Reply("\n".join(told))


def _move(talk: Talk, move: Json) -> str:
    facts = {"date": str(move.get("at"))[:10], "amount": money(move.get("amount"))}
    return talk.say(_MOVED[move["type"]], order=move.get("order"), **facts)


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
