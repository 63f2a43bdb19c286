"""The next move in a thread: replays each turn's skill over the answers that are already there."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from langchain_core.messages import BaseMessage

from .addresses import address_in
from .goods import NO_GOODS, Goods
from .grounding import grounded
from .hearing import heard_again
from .lexicon import Code, Language, language
from .likings import sized
from .listing import listed
from .memory import WRITES, Memory
from .putting_right import put_right as in_other_looks
from .replies import cart_sum, refusal_text
from .routing import routed
from .skills import SELLING, SKILLS
from .skills.smalltalk import SAYINGS, pending_answer, resumed
from .skills.taking import by_number, taken
from .spelling import put_right
from .talk import Call, Refused, Reply, Skill, Talk
from .turns import Json, Outcome, Refusal, Step, Turn, turns_of
from .understanding import understand
from .wishes import Wish
from .words import has_cjk, stem, tokens

_ENGLISH = re.compile(r"[a-z]{2}")
MOST_CALLS = 8
"""Tool calls in one turn."""


@dataclass(frozen=True)
class Place:
    """Where the talk takes place: the tools that may be called, the shop's name, what its goods are called, its rules, and what it
    remembers of the shopper."""

    offered: Collection[str]
    shop: str = ""
    goods: Goods = NO_GOODS
    rules: Mapping[Code, str] = field(default_factory=dict)
    remembered: tuple[tuple[str, str], ...] = ()


def next_move(messages: Sequence[BaseMessage], place: Place) -> Call | Reply:
    """What the planner does now: one call, or the answer that ends the turn."""
    *past, present = turns_of(messages)
    memory = Memory()
    for turn in past:
        _remember(turn, memory, place)
    move, unused = _replay(present, memory, place)
    if isinstance(move, Reply):
        return move
    talk = Talk(_answered_in(present, memory), memory, present.text)
    if any(step.operation in WRITES and step.outcome.view is not None for step in unused):
        return Reply(_where_things_stand(talk))
    return move if len(present.steps) < MOST_CALLS else Reply(talk.say("too_many_steps"))


def _remember(turn: Turn, memory: Memory, place: Place) -> None:
    """Takes in a finished turn: what it showed, and, if it was the planner's own, what it asked."""
    move, _ = _replay(turn, memory, place)
    memory.question = move.question if isinstance(move, Reply) else None
    memory.greeted = memory.greeted or bool(turn.text)


def _replay(turn: Turn, memory: Memory, place: Place) -> tuple[Call | Reply, list[Step]]:
    """Runs the turn's skills over its recorded answers, up to the end or the first call that has none.

    Also returns the recorded steps that no skill asked for: another model made them.
    """
    sells = "list_my_products" in place.offered
    spoken = _answered_in(turn, memory)
    rules = place.rules.get(spoken.code, "")
    remembered = _remembered_before(turn, place)
    said = put_right(turn.text, place.goods)
    talk = Talk(
        spoken, memory, said, shop=place.shop, sells=sells, goods=place.goods, rules=rules, remembered=remembered
    )
    skill, unused = _converse(talk), list(turn.steps)
    try:
        move = next(skill)
        while True:
            if step := _recorded(unused, move):
                memory.observe(step)
                move = skill.send(step.outcome)
            elif move.operation not in place.offered:
                move = skill.send(Outcome(refusal=Refusal("not_offered")))
            else:
                return move, _observed(unused, memory)
    except StopIteration as end:
        reply: Reply = end.value
        return reply, _observed(unused, memory)


def _remembered_before(turn: Turn, place: Place) -> tuple[tuple[str, str], ...]:
    """What came to it in this turn did not tell what was looked for earlier in it."""
    new = {step.arguments.get("said") for step in turn.steps if step.operation == "remember_preference"}
    return tuple((kind, said) for kind, said in place.remembered if said not in new)


def _observed(steps: list[Step], memory: Memory) -> list[Step]:
    for step in steps:
        memory.observe(step)
    return steps


def _recorded(unused: list[Step], move: Call) -> Step | None:
    for i, step in enumerate(unused):
        if step.operation == move.operation and step.arguments == move.arguments:
            return unused.pop(i)
    return None


def _answered_in(turn: Turn, memory: Memory) -> Language:
    """The language of the message; a mere number or code keeps the one before."""
    if has_cjk(turn.text) or _ENGLISH.search(turn.text):
        memory.language = "zh" if has_cjk(turn.text) else "en"
    return language(memory.language)


def _where_things_stand(talk: Talk) -> str:
    cart: Json = talk.memory.cart or {}
    summary = cart_sum(talk, cart) if cart.get("items") else ""
    return f"{talk.say('taken_over')} {summary} {talk.say('what_next')}".replace("  ", " ")


def _converse(talk: Talk) -> Skill:
    """Serves the wishes of the message one after another, until one of them needs an answer first."""
    wishes = list(understand(talk.text))
    question, talk.memory.question = talk.memory.question, None
    if address_in(talk.text):
        wishes = [Wish("add_address", talk.text)]
    elif question and (waiting := resumed(question, wishes[0])):
        wishes = [*waiting, *wishes[1:]]
    else:
        wishes = in_other_looks(talk, listed(talk, grounded(talk, heard_again(talk, wishes))))
    parts: list[str] = []
    reply = Reply("")
    for i, wish in enumerate(wishes):
        wish = _like_the_last(talk, wish) if i else wish
        talk.rest = tuple(wishes[i + 1 :])
        reply = yield from _serve(talk, wish)
        parts.append(reply.text)
        if reply.question or reply.done:
            break
    return replace(reply, text="\n\n".join(part for part in parts if part))


def _like_the_last(talk: Talk, wish: Wish) -> Wish:
    """ "The wok with the steel handle, and the bigger steamer": the second is taken as the first was."""
    taking = talk.memory.undone == "add_to_cart" and talk.memory.shown == "cart"
    return replace(wish, intent="add") if taking and wish.intent == "bare" and wish.definite and wish.words else wish


def _serve(talk: Talk, wish: Wish) -> Skill:
    _keep_coupon(talk, wish)
    wish = _with_known_skus(talk, wish)
    wish = sized(talk, wish)
    wish = by_number(talk, taken(talk, _told_by_number(talk, _narrowing(talk, wish))))
    if answer := pending_answer(talk, wish):
        return answer
    intent = routed(talk, wish)
    if intent in SELLING and not talk.sells:
        return Reply(talk.say("merchants_only"), done=True)
    if intent in SAYINGS:
        return Reply(talk.say_with_examples(SAYINGS[intent]))
    try:
        served = SKILLS[intent](talk, wish)
        return served if isinstance(served, Reply) else (yield from served)
    except Refused as refused:
        return Reply(refusal_text(talk, refused.refusal), done=True)


def _narrowing(talk: Talk, wish: Wish) -> Wish:
    """ "Not the red ones", said of a list and not of the cart."""
    if wish.intent == "remove" and wish.excluded and talk.memory.shown in ("products", "product"):
        return replace(wish, intent="refine", words=())
    return wish


def _told_by_number(talk: Talk, wish: Wish) -> Wish:
    """ "The 1000 piece one": a number that tells one variant from the others is no quantity."""
    measured = re.search(
        rf"(?<!\d){wish.quantity} ?(?:[的码号]|[件片]装|piece\b)|\b(?:with|the|that) {wish.quantity}(?: one)?$",
        wish.text,
    )
    numbered = wish.one or wish.that_one or wish.definite or measured
    said = [stem(token) for token in tokens(wish.text)] if wish.quantity and numbered else []
    products = [*talk.memory.listed, *([talk.memory.focus] if talk.memory.focus else [])] if said else []
    for value in (value for p in products for v in p.get("variants", []) for value in v["attributes"].values()):
        parts = [stem(token) for token in tokens(str(value))]
        placed = (measured and not wish.one) or any(said[i : i + len(parts)] == parts for i in range(len(said)))
        if len(parts) > 1 and parts[0] == str(wish.quantity) and placed:
            return replace(wish, quantity=None, words=(*parts, *wish.words))
    return wish


def _keep_coupon(talk: Talk, wish: Wish) -> None:
    """A coupon named while buying or adding is kept for the quote."""
    if wish.coupons and not talk.memory.quote and wish.intent not in ("drop_coupon", "use_coupon", "make_coupon"):
        talk.choose(coupon_codes=wish.coupons)


def _with_known_skus(talk: Talk, wish: Wish) -> Wish:
    """A SKU that the shop has shown, typed in small letters."""
    if not any("-" in word for word in wish.words):
        return wish
    known = {
        str(v.get("sku")).lower(): str(v.get("sku"))
        for p in talk.memory.products.values()
        for v in p.get("variants", [])
    }
    found = tuple(known[word] for word in wish.words if word in known)
    return (
        replace(wish, skus=wish.skus + found, words=tuple(w for w in wish.words if w not in known)) if found else wish
    )
