"""The classifier: trained from the sayings as they stand, sure of what was said, and in order whatever is said."""

import pytest

from agent.planner.classifier import Trained, classifier, path_of
from agent.planner.goods import NO_GOODS, Goods
from agent.planner.lexicon import CODES, Code
from agent.planner.units import reader
from evals.hearing.written import digest, examples
from tools import Vocabulary


@pytest.mark.parametrize("code", CODES)
def test_the_weights_are_those_of_the_sayings(code: Code) -> None:
    assert Trained.read(path_of(code)).digest == digest(code), "sayings were changed: python -m evals.hearing"


@pytest.mark.parametrize("code", CODES)
def test_what_was_said_is_heard(code: Code) -> None:
    said = examples(code, NO_GOODS)[::40]
    heard = [max(odds, key=odds.__getitem__) for odds in (classifier(code).likely(units) for units, _ in said)]
    right = sum(meant == intent for meant, (_, intent) in zip(heard, said, strict=True))
    assert right > 0.9 * len(said)


@pytest.mark.parametrize("units", [[], ["?"], ["_"], ["add"] * 300])
def test_odds_are_odds(units: list[str]) -> None:
    odds = classifier("en").likely(units)
    assert sum(odds.values()) == pytest.approx(1)
    assert min(odds.values()) >= 0


def test_goods_read_the_same_whatever_they_are_called() -> None:
    goods = Goods.of(Vocabulary(things=frozenset(("teapot", "sledge", "茶壶")), looks=frozenset(("blue", "蓝色"))))
    known = classifier("en").vocabulary - {"teapot", "sledge"}
    one, other = (reader("en").units(f"add the {thing} in blue", (), goods, known) for thing in ("teapot", "sledge"))
    assert one == other == ["add", "the", "_", "in", "%"]
    assert reader("zh").units("加蓝色茶壶", (), goods, classifier("zh").vocabulary) == ["加", "%", "_"]
