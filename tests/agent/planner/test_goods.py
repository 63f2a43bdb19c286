"""Words that name goods are told from talk by what the shop's catalogue holds."""

from typing import Any

import pytest

from agent.planner.goods import Goods
from agent.planner.keepsakes import kept_one
from tools import Vocabulary

GOODS = Goods.of(
    Vocabulary(
        frozenset({"insulated travel mug", "playing cards", "扑克牌", "毛绒刺猬", "羽绒枕", "茶"}),
        frozenset({"red", "350 ml", "红色", "小号", "藏青色"}),
    )
)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("my coffee is cold, I need an insulated mug", ("insulated", "mug")),
        ("what did I squirrel away for later", ()),
        ("两副红扑克牌", ("红", "扑克牌")),
        ("再加一只小号毛绒刺猬", ("小号", "毛绒刺猬")),
        ("藏青的那个", ("藏青",)),
        ("有什么茶合适", ("茶",)),
        ("家里水管漏了你能来修不", ()),
    ],
)
def test_only_what_the_catalogue_knows_names_goods(said: str, named: tuple[str, ...]) -> None:
    assert GOODS.named_in(said) == named


def test_what_a_thing_is_and_what_it_looks_like_are_told_apart() -> None:
    assert GOODS.is_thing("mugs")
    assert not GOODS.is_thing("insulated")
    assert GOODS.is_look("red")
    assert GOODS.is_look("红")
    assert not GOODS.is_look("mug")
    assert GOODS.nearly_holds("insulted")
    assert not GOODS.nearly_holds("wardrobe")


CARDS: list[dict[str, Any]] = [{"label": "Card 4242", "default": True}, {"label": "Card 0002"}]


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("the one ending 0002", "Card 0002"),
        ("尾号4242的卡", "Card 4242"),
        ("my other card", "Card 0002"),
        ("the second card", "Card 0002"),
    ],
)
def test_a_card_is_known_by_digits_position_or_as_the_other_one(said: str, label: str) -> None:
    chosen = kept_one(CARDS, said, lambda card: str(card["label"]))
    assert chosen is not None
    assert chosen["label"] == label


def test_what_tells_no_card_apart_means_none() -> None:
    assert kept_one(CARDS, "my card", lambda card: str(card["label"])) is None
    assert kept_one(CARDS[:1], "the card ending 9999", lambda card: str(card["label"])) is None
