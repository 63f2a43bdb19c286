"""The best combination of coupons, against all of them."""

import random
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from commerce.coupons.choosing import CANDIDATES, NODES, best
from commerce.coupons.rules import Goods, Offer, apply, go_together, offer_of

CODES = "ABCDEFGHIJ"


class Coupon:
    """The terms of a made-up coupon."""

    def __init__(self, kind: str, value: int, cap: int | None) -> None:
        self.kind = kind
        self.percent: int | None = value % 100 + 1
        self.amount: int | None = value
        self.max_discount = cap


def made_up(chance: random.Random, coupons: int, lines: int) -> tuple[list[Offer], list[int]]:
    goods = [Goods(chance.choice((0, 1, 5, 99, 100, 250, 999)), "", "", frozenset()) for _ in range(lines)]
    offers = []
    for code in CODES[:coupons]:
        touches = sorted(chance.sample(range(lines), chance.randint(1, lines)))
        kind = chance.choice(("percent_off", "amount_off"))
        terms = Coupon(kind, chance.choice((1, 2, 5, 50, 99, 100, 300)), chance.choice((None, None, 1, 40)))
        offers.append(offer_of(code, chance.random() < 0.5, terms, goods, touches))
    return offers, [line.total for line in goods]


def by_brute_force(offers: list[Offer], totals: list[int]) -> tuple[int, tuple[str, ...]]:
    """Every combination that may be used, best first."""
    allowed = [
        group
        for size in range(len(offers) + 1)
        for group in combinations(offers, size)
        if all(go_together(one, other) for one, other in combinations(group, 2))
    ]
    rank = lambda group: (-sum(apply(group, totals).by_line), len(group), tuple(sorted(o.code for o in group)))  # noqa: E731
    saved, _, codes = min(map(rank, allowed))
    return -saved, codes


@settings(max_examples=3000, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 7), st.integers(1, 5))
def test_nothing_saves_more_than_what_is_chosen(chance: random.Random, coupons: int, lines: int) -> None:
    offers, totals = made_up(chance, coupons, lines)
    choice = best(offers, totals)
    applied = apply(choice.offers, totals)
    assert (sum(applied.by_line), tuple(o.code for o in choice.offers)) == by_brute_force(offers, totals)
    assert choice.complete


@settings(max_examples=500, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 10), st.integers(1, 8))
def test_coupons_take_no_more_off_a_line_than_it_costs(chance: random.Random, coupons: int, lines: int) -> None:
    offers, totals = made_up(chance, coupons, lines)
    applied = apply(offers, totals)
    assert all(0 <= off <= total for off, total in zip(applied.by_line, totals, strict=True))
    assert sum(applied.by_code.values()) == sum(applied.by_line)


def test_a_larger_saving_of_two_beats_the_largest_of_one() -> None:
    """What a greedy choice gets wrong: the coupon that saves most alone keeps two others out."""
    totals = [1000, 1000]
    goods = [Goods(total, "", "", frozenset()) for total in totals]
    whole = offer_of("WHOLE", False, Coupon("amount_off", 700, None), goods, [0, 1])
    first = offer_of("FIRST", False, Coupon("amount_off", 400, None), goods, [0])
    second = offer_of("SECOND", False, Coupon("amount_off", 400, None), goods, [1])
    assert [o.code for o in best([whole, first, second], totals).offers] == ["FIRST", "SECOND"]


def test_equal_savings_take_the_fewest_coupons_and_then_the_first_codes() -> None:
    goods = [Goods(500, "", "", frozenset()), Goods(500, "", "", frozenset())]
    both = offer_of("Z-BOTH", False, Coupon("amount_off", 200, None), goods, [0, 1])
    halves = [offer_of(code, True, Coupon("amount_off", 100, None), goods, [i]) for i, code in enumerate("AB")]
    assert [o.code for o in best([*halves, both], [500, 500]).offers] == ["Z-BOTH"]
    same = both._replace(code="Y-BOTH")
    assert [o.code for o in best([both, same], [500, 500]).offers] == ["Y-BOTH"]


def test_the_work_is_bounded_and_the_answer_says_when_it_was_cut_short() -> None:
    chance = random.Random(7)
    goods = [Goods(chance.randint(900, 1100), "", "", frozenset()) for _ in range(40)]
    totals = [line.total for line in goods]
    offers = []
    for i in range(CANDIDATES + 10):
        terms = Coupon("amount_off", chance.randint(300, 400), None)
        offers.append(offer_of(f"C{i:02}", i % 3 == 0, terms, goods, sorted(chance.sample(range(40), 6))))
    choice = best(offers, totals)
    assert not choice.complete
    assert all(go_together(one, other) for one, other in combinations(choice.offers, 2))
    assert sum(apply(choice.offers, totals).by_line) >= max(offer.amount for offer in offers)
    assert NODES == 5_000
