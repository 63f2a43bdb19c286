"""What tells only looks puts right what was just added, or shares out what was shown; a question changes nothing."""

from typing import Any

import pytest

from agent.planner.lexicon import language
from agent.planner.memory import Memory
from agent.planner.putting_right import put_right
from agent.planner.routing import routed
from agent.planner.skills.ruling import returns
from agent.planner.talk import Talk
from agent.planner.understanding import understand
from agent.planner.wishes import Wish

RULES = "- Returns: for 30 days after the arrival a refund can be requested. The merchant decides within 14 days."


def _hoodie() -> dict[str, Any]:
    looks = (("grey", "M"), ("grey", "L"), ("black", "L"))
    variants = [
        {"sku": f"{color[:3]}-{size}".upper(), "attributes": {"color": color, "size": size}, "available": 3}
        for color, size in looks
    ]
    return {"product": "hoodie", "name": "Hoodie", "variants": variants}


def _talk(said: str, *, added: str = "") -> Talk:
    memory = Memory(listed=[_hoodie()], focus=_hoodie(), products={"hoodie": _hoodie()}, shown="products")
    if added:
        memory.cart, memory.shown, memory.touched = {"items": [{"sku": added, "quantity": 1}]}, "cart", added
        memory.undone = "add_to_cart"
    return Talk(language("en"), memory, said, rules=RULES)


def _heard(talk: Talk) -> list[tuple[str, tuple[str, ...], int | None]]:
    return [(w.intent, w.skus, w.quantity) for w in put_right(talk, list(understand(talk.text)))]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("no wait, L", "GRE-L"),
        ("actually black", "BLA-L"),
        ("ugh, the large one instead", "GRE-L"),
        ("oops, larges I meant", "GRE-L"),
    ],
)
def test_other_looks_put_right_what_was_just_added(said: str, meant: str) -> None:
    assert _heard(_talk(said, added="GRE-M")) == [("meant", (meant,), None)]


@pytest.mark.parametrize(
    "said", ["black", "and a black one too, actually", "no, is it warm in black?", "sorry, M it is"]
)
def test_what_corrects_nothing_is_left_as_it_was_heard(said: str) -> None:
    assert all(intent != "meant" for intent, _, _ in _heard(_talk(said, added="GRE-M")))


def test_numbers_of_looks_are_shared_out() -> None:
    assert _heard(_talk("one black and two medium")) == [("add", ("BLA-L",), 1), ("add", ("GRE-M",), 2)]
    assert {(intent, count) for intent, _, count in _heard(_talk("two of each colour"))} == {("add", 2)}


@pytest.mark.parametrize(
    "said", ["if I cancel now will I get my money back?", "should I add two of them?", "how do I swap it?"]
)
def test_a_question_changes_nothing(said: str) -> None:
    talk = _talk(said, added="GRE-M")
    changing = {"return_order", "cancel_order", "add", "swap", "change", "remove", "buy", "pay"}
    assert not {routed(talk, wish) for wish in understand(said)} & changing


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("can I send it back after 45 days?", "No: that is only possible within 30 days."),
        ("can I return it after two weeks?", "Yes, within 30 days."),
        ("can I return it?", "- Returns"),
    ],
)
def test_a_time_is_compared_with_the_rule(said: str, answer: str) -> None:
    assert returns(_talk(said), Wish("returns", said)).text.startswith(answer)
