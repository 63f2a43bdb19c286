"""The scripted shopper says its steps, tells what it knows when asked, and gives up in the end."""

from typing import Any

from evals.schema import Shopper
from evals.shoppers import ScriptedShopper


def shopper(**facts: Any) -> ScriptedShopper:
    return ScriptedShopper(Shopper.model_validate({"wants": "a mug", **facts}), "USD")


def test_steps_go_on_once_they_are_reached() -> None:
    ada = shopper(says=[{"say": "add it", "until": ["add_to_cart"]}, "thanks"])
    assert ada.first().text == "add it"
    following = ada.next("Done.", {"add_to_cart"}, {"add_to_cart"})
    assert following
    assert following.text == "thanks"
    assert ada.next("Bye.", {"add_to_cart"}, set()) is None
    assert ada.ended == "finished"


def test_a_hidden_fact_is_told_once_and_only_when_asked() -> None:
    ada = shopper(says=[{"say": "add it", "until": ["add_to_cart"]}], knows=[{"asked": ["size"], "say": "350 ml"}])
    ada.first()
    assert lines(ada, "There is a size 350 and a size 500.", "Which size?", "Which SIZE?") == [
        "add it",
        "350 ml",
        "Yes, please. add it",
    ]


def test_patience_ends_and_an_unknown_question_is_remembered() -> None:
    ada = shopper(says=[{"say": "add it", "until": ["add_to_cart"], "otherwise": ["put it in"]}], patience=1)
    ada.first()
    assert lines(ada, "Hm.", "Which colour?") == ["put it in", None]
    assert (ada.ended, ada.unknown) == ("gave_up", "Which colour?")


def test_who_asks_the_same_again_has_asked_nothing_unknown() -> None:
    ada = shopper(says=[{"say": "add it", "until": ["add_to_cart"]}], patience=1)
    ada.first()
    assert lines(ada, "What?", "What?") == ["Yes, please. add it", None]
    assert ada.unknown == ""


def test_a_step_that_is_done_already_is_not_said() -> None:
    ada = shopper(says=["hello", {"say": "add it", "until": ["add_to_cart"], "unless": ["add_to_cart"]}])
    ada.first()
    assert ada.next("Added.", {"add_to_cart"}, {"add_to_cart"}) is None


def test_questions_are_answered_in_order_up_to_the_price_and_else_rejected() -> None:
    answers = [
        {"to": "place_order", "answer": "approve", "up_to": "17.98"},
        {"to": "place_order", "answer": "approve", "up_to": "17.98"},
        {"to": "cancel_order", "answer": "leave"},
    ]
    ada = shopper(says=["buy"], answers=answers)
    asked = [
        ("cancel_order", None),
        ("place_order", 1798),
        ("place_order", 1799),
        ("cancel_order", None),
        ("pay_order", 1),
    ]
    assert [ada.decide(*question)[0] for question in asked] == ["reject", "approve", "reject", "leave", "reject"]


def lines(ada: ScriptedShopper, *heard: str) -> list[str | None]:
    found = [ada.next(text, set(), set()) for text in heard]
    return [line.text if line else None for line in found]
