"""Talk that needs no shop, and answers to the planner's own questions."""

from dataclasses import replace

from ..memory import Question
from ..references import named, pick, variant_text
from ..replies import plain
from ..talk import Reply, Skill, Talk, call
from ..understanding import foreign_letters
from ..wishes import Wish
from .cart import add, change
from .choosing import answered, as_position
from .details import details
from .finding import refine, search

SAYINGS = {
    "thanks": "thanks",
    "bye": "bye",
    "how_are_you": "how_are_you",
    "who_are_you": "who",
    "robot": "robot",
    "help": "help",
    "rude": "rude",
    "off_topic": "off_topic",
    "returns": "returns",
    "sign_in": "sign_in",
    "no": "what_next",
    "leave": "left_as_it_is",
    "yes": "what_next",
    "cancel": "nothing_to_cancel",
}
"""Reply by intent, where nothing else has to be known."""


def greet(talk: Talk, wish: Wish) -> Reply:
    return Reply(talk.say("hello_again" if talk.memory.greeted else "hello"))


def ponder(talk: Talk, wish: Wish) -> Reply:
    """ "Should I buy it?" orders nothing."""
    return talk.ask("nothing_without_approval", "quote", [], Wish("quote"))


def unclear(talk: Talk, wish: Wish) -> Reply:
    return Reply(talk.say("foreign" if foreign_letters(talk.text) else "not_understood"))


def account(talk: Talk, wish: Wish) -> Skill:
    view = yield from call("get_account")
    facts = {
        "name": plain(view.get("name", "")),
        "role": talk.word(str(view.get("role"))),
        "email": plain(view.get("email") or ""),
    }
    return Reply(talk.say("account_mail" if view.get("email") else "account", **facts))


def pending_answer(talk: Talk, wish: Wish) -> Reply | None:
    """A typed yes or no to the shop's question, where only a button counts."""
    if not talk.memory.pending:
        return None
    if wish.intent == "yes":
        return Reply(talk.say("awaiting_yes"), done=True)
    return Reply(talk.say("awaiting_no"), done=True) if wish.intent in ("no", "cancel", "leave") else None


def resumed(question: Question, wish: Wish) -> list[Wish] | None:
    """The wishes that the answer to a question sets going; nothing when it is no answer."""
    if question.about in ("relax", "available", "quote") and question.wish:
        return [question.wish, *question.rest] if wish.intent == "yes" else None
    if question.about == "order" and question.wish:
        asked = as_position(wish, len(question.options))
        chosen = [o for o in question.options if o.get("order") == wish.order] or pick(
            question.options, asked, lambda order: f"{order.get('order')} {order.get('title')}"
        )
        return [replace(question.wish, order=str(chosen[0]["order"])), *question.rest] if len(chosen) == 1 else None
    return answered(question, wish)


def bare(talk: Talk, wish: Wish) -> Skill | Reply:
    """No verb: a position or a description of something shown, a mere number, or words to search for."""
    if not wish.words and not wish.filtered and not wish.points and wish.quantity is None:
        return unclear(talk, wish)
    if not wish.words and wish.quantity is not None:
        return _mere_number(talk, wish)
    if wish.quantity and (wish.ordinals or wish.pronoun):
        return add(talk, wish)
    if wish.words and talk.memory.focus and named(talk.memory.focus.get("variants", []), wish.words, variant_text):
        return refine(talk, wish)
    if (
        wish.words
        and not wish.points
        and any(named(p.get("variants", []), wish.words, variant_text) for p in talk.memory.listed)
    ):
        return refine(talk, wish)
    if wish.sort.startswith("price") and not wish.words and talk.memory.listed and not talk.memory.cursor:
        return details(talk, wish)
    if (wish.ordinals or wish.pronoun or wish.comparison or wish.skus) and (talk.memory.listed or talk.memory.focus):
        return details(talk, wish)
    if len(wish.words) > 8:
        return unclear(talk, wish)
    return search(talk, wish)


def _mere_number(talk: Talk, wish: Wish) -> Skill | Reply:
    if wish.quantity is not None and wish.quantity < 0:
        return add(talk, wish)
    if wish.skus:
        return change(talk, wish) if talk.memory.shown in ("cart", "quote") else add(talk, wish)
    if talk.memory.shown in ("products", "product") and talk.memory.focus is None:
        return details(talk, replace(wish, ordinals=(wish.quantity or 0,)))
    if talk.memory.shown in ("cart", "quote"):
        return change(talk, wish)
    return add(talk, wish) if talk.memory.focus else unclear(talk, wish)
