"""What was to be remembered leaves out goods and tells a size; what is said now comes first."""

import pytest

from agent.planner.lexicon import language
from agent.planner.likings import disliked, sized
from agent.planner.memory import Memory
from agent.planner.talk import Talk
from agent.planner.understanding import understand


def _talk(*remembered: tuple[str, str]) -> Talk:
    return Talk(language("en"), Memory(), "", remembered=remembered)


@pytest.mark.parametrize(
    ("said", "left_out"),
    [
        ("never show me wool", ("wool",)),
        ("I hate polyester", ("polyester",)),
        ("I don't like red", ("red",)),
        ("no leather please", ("leather",)),
        ("我不喜欢红色", ("红色",)),
        ("I do not like how my neighbours look at my old garden chairs", ()),
    ],
)
def test_what_is_disliked_is_left_out(said: str, left_out: tuple[str, ...]) -> None:
    assert disliked(_talk(("dislike", said)), understand("show me blankets")[0]) == left_out
    assert disliked(_talk(("like", said)), understand("show me blankets")[0]) == ()


def test_what_is_asked_for_by_name_is_not_left_out() -> None:
    assert disliked(_talk(("dislike", "never show me wool")), understand("a wool blanket")[0]) == ()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("find a polo shirt in my usual size", {"polo", "shirt", "m"}),
        ("running shoes in my size", {"running", "shoes", "42"}),
        ("找一件我平时穿的码的卫衣", {"卫衣", "m"}),
        ("find a polo shirt", {"polo", "shirt"}),
    ],
)
def test_ones_usual_size_is_what_was_to_be_remembered(asked: str, words: set[str]) -> None:
    talk = _talk(("size", "I wear size M"), ("size", "my shoes are 42"))
    assert set(sized(talk, understand(asked)[0]).words) == words
