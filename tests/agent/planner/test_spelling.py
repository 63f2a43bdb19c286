"""Slips of typing, and English words among Chinese ones."""

import pytest

from agent.planner.goods import Goods
from agent.planner.spelling import put_right
from tools import Vocabulary

GOODS = Goods.of(
    Vocabulary(
        things=frozenset(("cast iron skillet", "olive wood spoon", "wireless headphones")),
        looks=frozenset(("black", "navy")),
    )
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("remov the skilet", "remove the skillet"),
        ("wat is in my bascket", "wat is in my basket"),
        ("plz cansel my ordr", "plz cancel my order"),
        ("tell me mor abut the headfones", "tell me more about the headphones"),
        ("Shwo me spoons", "Show me spoons"),
        ("yesss that one", "yes that one"),
    ],
)
def test_a_slip_is_put_right_by_the_nearest_word(typed: str, meant: str) -> None:
    assert put_right(typed, GOODS) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "my feet are cold, mother says socks and gloves help",
        "send it to Mr Skilet, 12 Harbor Lantern Street",
        "write to ada@exmaple.com",
        "please call me jhon smyth",
        "remember that i hate halumi",
        "MUG-RED-350 and SKIL-CI-26",
        "quid, maths, colour, neighbours, gran",
    ],
)
def test_what_is_right_or_a_name_stays(typed: str) -> None:
    assert put_right(typed, GOODS) == typed


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("用 express shipping 的话 total 多少", "用特快配送的话一共多少"),
        ("OK 那就 place order 吧", "好,那就下单吧"),
        ("show 一下我的 orders", "看一下我的订单"),
        ("add the 马克杯 to my cart", "add the 马克杯 to my cart"),
        ("有 USB-C cable 吗", "有 USB-C cable 吗"),
    ],
)
def test_borrowed_words_are_read_in_the_language_of_the_sentence(typed: str, meant: str) -> None:
    assert put_right(typed, GOODS) == meant
