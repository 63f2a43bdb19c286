"""Talk that needs no shop, and answers to the planner's own questions."""

from collections.abc import Callable
from dataclasses import replace

from ..memory import Question
from ..questions import asked, idle
from ..references import name_text, named, pick, product_text, variant_text
from ..replies import plain
from ..talk import Reply, Skill, Talk, call
from ..understanding import foreign_letters
from ..wishes import Wish
from ..words import has_cjk, tokens
from .cart import add, change
from .choosing import answered, as_position, names_a_variant, takes_what_is_shown
from .details import details, shown_products
from .finding import refine, search
from .orders import titled
from .preferences import list_delivery, names_a_country

TERSE = 0.6
"""Part of a clause that names the thing, where it merely names one."""
LONGEST_NAME = 6
MOST_WORDS = 8
"""Words of a search; more are no search."""
SAYINGS = {
    "thanks": "thanks",
    "bye": "bye",
    "how_are_you": "how_are_you",
    "help": "help",
    "rude": "rude",
    "off_topic": "off_topic",
    "bypass": "no_bypass",
    "make_coupon": "coupons_made_elsewhere",
    "delete_goods": "deleted_on_page",
    "private": "private",
    "add_gift_card": "gift_card_on_page",
    "add_payment": "card_on_page",
    "sign_in": "sign_in",
    "no": "what_next",
    "leave": "left_as_it_is",
    "chat": "what_next",
    "yes": "what_next",
    "cancel": "nothing_to_cancel",
}
"""Reply by intent, where nothing else has to be known."""


def greet(talk: Talk, wish: Wish) -> Reply:
    return Reply(talk.say("hello_again") if talk.memory.greeted else talk.say("hello", shop=talk.shop_name))


def who_are_you(talk: Talk, wish: Wish) -> Reply:
    return Reply(talk.say("who", shop=talk.shop_name))


def robot(talk: Talk, wish: Wish) -> Reply:
    return Reply(talk.say("robot", shop=talk.shop_name))


def ponder(talk: Talk, wish: Wish) -> Reply:
    """ "Should I buy it?" orders nothing."""
    return talk.ask("nothing_without_approval", "quote", [], Wish("quote"))


def unclear(talk: Talk, wish: Wish) -> Reply:
    return Reply(talk.say_with_examples("foreign" if foreign_letters(talk.text) else "not_understood"))


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
        chosen = [o for o in question.options if o.get("order") == wish.order] or pick(question.options, asked, titled)
        return [replace(question.wish, order=str(chosen[0]["order"])), *question.rest] if len(chosen) == 1 else None
    return answered(question, wish)


def bare(talk: Talk, wish: Wish) -> Skill | Reply:
    """No verb: a position or a description of something shown, a mere number, or words to search for."""
    if not wish.words and not wish.filtered and not wish.points and wish.quantity is None:
        return unclear(talk, wish)
    if not wish.words and wish.quantity is not None:
        return _mere_number(talk, wish)
    if talk.memory.shown == "delivery" and names_a_country(talk, wish):
        return list_delivery(talk, wish)
    if talk.memory.shown == "categories" and (wish.ordinals or wish.words):
        return search(talk, wish)
    adding_on = talk.memory.shown == "cart" and talk.memory.undone == "add_to_cart"
    if len(wish.words) > 1 and wish.definite and not wish.one and names_a_variant(talk, wish):
        return add(talk, wish)
    on_top = talk.language.any_of(talk.language.adding_on).search(wish.text.lower())
    if wish.words and talk.memory.shown == "cart" and on_top and not asked(talk, wish) and not wish.limited:
        return add(talk, wish)
    if wish.words and wish.quantity and (adding_on or takes_what_is_shown(talk, wish)):
        return add(talk, wish)
    if (talk.memory.listed or talk.memory.focus) and (skill := _of_what_is_shown(talk, wish)):
        return skill(talk, wish)
    return unclear(talk, wish) if len(wish.words) > MOST_WORDS or _is_talk(talk, wish) else search(talk, wish)


def _is_talk(talk: Talk, wish: Wish) -> bool:
    """A sentence that names nothing which the shop could have, and does not merely name something."""
    said, named = "".join(tokens(wish.text)), "".join(wish.words)
    wordy = len(named) < TERSE * len(said) if not has_cjk(said) else len(said) > LONGEST_NAME
    seeks = talk.language.any_of(talk.language.seeking).search(talk.text.lower())
    return idle(talk, wish) and wordy and not seeks


def _of_what_is_shown(talk: Talk, wish: Wish) -> Callable[[Talk, Wish], Skill] | None:
    """What to do with a remark that points at something shown; nothing when it does not."""
    if wish.ordered and not wish.words:
        return refine
    if wish.quantity and (wish.ordinals or wish.pronoun or wish.that_one):
        return add
    if wish.that_one and not wish.pronoun and wish.words and _takes_it(talk, wish):
        return add
    if wish.words and (_names_another(talk, wish) or (wish.that_one and _shows_it(talk, wish))):
        return details
    if wish.words and _of_the_focus(talk, wish):
        chosen = wish.that_one and not wish.pronoun and "?" not in talk.text
        return add if wish.quantity or chosen else refine
    variants = [v for product in talk.memory.listed for v in product.get("variants", [])]
    if wish.words and not wish.points and named(variants, wish.words, variant_text):
        return refine
    one_page = talk.memory.listed and not talk.memory.cursor
    pointed = wish.pronoun and (not wish.words or shown_products(talk, wish))
    if pointed or wish.that_one or wish.ordinals or wish.comparison or wish.skus or (_by_price(wish) and one_page):
        return details
    return None


def _takes_it(talk: Talk, wish: Wish) -> bool:
    """ "The 350 ml one please", not "the 350 ml one?"."""
    tails = talk.language.any_of(talk.language.choosing_tails, after=r"[ .!]*$")
    return "?" not in talk.text and tails.search(talk.text.lower()) is not None


def _by_price(wish: Wish) -> bool:
    return wish.sort.startswith("price") and not wish.words and not wish.ordered


def _of_the_focus(talk: Talk, wish: Wish) -> bool:
    return bool(talk.memory.focus and named(talk.memory.focus.get("variants", []), wish.words, variant_text))


def _names_another(talk: Talk, wish: Wish) -> bool:
    """ "And the red?", said of one product of a list while another is looked at."""
    focus = talk.memory.focus
    if talk.memory.shown != "product" or focus is None or named([focus], wish.words, product_text):
        return False
    return len(named(talk.memory.listed, wish.words, name_text)) == 1


def _shows_it(talk: Talk, wish: Wish) -> bool:
    """Whether "the blue one" is a product of the list, and not merely a variant of the one looked at."""
    return bool(named(talk.memory.listed, wish.words, name_text) or (wish.words and not talk.memory.focus))


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
