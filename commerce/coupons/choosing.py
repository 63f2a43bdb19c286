"""The best combination of coupons: the largest saving; among equals the fewest coupons, then the first by their codes.

Branch and bound. Coupons that have no line in common with the others are looked at apart. Within such a group they are
tried from the largest saving down, first with, then without each. What the rest can still save is bounded line by line:
on one line either a single coupon that can't be stacked counts, or all those that can, and never more than the line costs.

The work is bounded too: of more than CANDIDATES coupons only those that save most alone are tried, and after NODES
combinations the best one found so far is taken. Then `complete` is false, and the quote says so.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .rules import Offer, go_together

CANDIDATES = 50
NODES = 5_000


class Choice(NamedTuple):
    """What was chosen, in the order of its codes."""

    offers: list[Offer]
    complete: bool
    """Whether nothing can be better."""


class _Best(NamedTuple):
    saved: int
    codes: tuple[str, ...]

    @property
    def rank(self) -> tuple[int, int, tuple[str, ...]]:
        return -self.saved, len(self.codes), self.codes


def best(offers: Sequence[Offer], totals: Sequence[int]) -> Choice:
    """`totals`: what each line costs before any coupon."""
    useful = sorted((offer for offer in offers if offer.amount > 0), key=lambda o: (-o.amount, o.code))
    tried = useful[:CANDIDATES]
    codes: set[str] = set()
    nodes = NODES
    for group in _groups(tried):
        search = _Search(group, totals, nodes)
        codes |= set(search.run().codes)
        nodes = search.nodes
    chosen = sorted((offer for offer in tried if offer.code in codes), key=lambda offer: offer.code)
    return Choice(chosen, nodes > 0 and len(tried) == len(useful))


def _groups(offers: Sequence[Offer]) -> Iterator[list[Offer]]:
    """Coupons that share lines, directly or through others."""
    left = list(offers)
    while left:
        group, lines = [left.pop(0)], set[int]()
        lines |= group[0].touches
        while near := [offer for offer in left if offer.touches & lines]:
            group += near
            lines.update(*(offer.touches for offer in near))
            left = [offer for offer in left if offer not in near]
        yield sorted(group, key=lambda o: (-o.amount, o.code))


class _Search:
    """One group of coupons, searched depth first."""

    def __init__(self, offers: list[Offer], totals: Sequence[int], nodes: int) -> None:
        self._offers = offers
        self._lines = sorted(frozenset[int]().union(*(offer.touches for offer in offers)))
        self._totals = totals
        self._best = _Best(0, ())
        self.nodes = nodes
        self._single, self._stacked = self._what_is_left()

    def _what_is_left(self) -> tuple[list[dict[int, int]], list[dict[int, int]]]:
        """By position in the list: what the coupons from there on can take off each line, alone and stacked."""
        single = [dict.fromkeys(self._lines, 0)]
        stacked = [dict.fromkeys(self._lines, 0)]
        for offer in reversed(self._offers):
            alone, together = dict(single[-1]), dict(stacked[-1])
            for line in offer.touches:
                alone[line] = max(alone[line], offer.shares[line])
                together[line] += offer.shares[line] if offer.stackable else 0
            single.append(alone)
            stacked.append(together)
        return single[::-1], stacked[::-1]

    def run(self) -> _Best:
        self._descend(0, [], dict.fromkeys(self._lines, 0))
        return self._best

    def _descend(self, at: int, chosen: list[Offer], taken: dict[int, int]) -> None:
        if self.nodes <= 0:
            return
        self.nodes -= 1
        found = _Best(sum(taken.values()), tuple(sorted(offer.code for offer in chosen)))
        self._best = min(self._best, found, key=lambda best: best.rank)
        if at == len(self._offers) or not self._promising(at, chosen, taken):
            return
        offer = self._offers[at]
        if all(go_together(offer, other) for other in chosen):
            more = {line: min(self._totals[line], taken[line] + offer.shares[line]) for line in self._lines}
            self._descend(at + 1, [*chosen, offer], more)
        self._descend(at + 1, chosen, taken)

    def _promising(self, at: int, chosen: list[Offer], taken: dict[int, int]) -> bool:
        """Whether a coupon from here on can still lead to something better, or as good with as many coupons."""
        closed = frozenset[int]().union(*(offer.touches for offer in chosen if not offer.stackable))
        stacking = frozenset[int]().union(*(offer.touches for offer in chosen if offer.stackable))
        ceiling = 0
        for line in self._lines:
            more = self._stacked[at][line]
            if line not in stacking:
                more = max(more, self._single[at][line])
            ceiling += min(self._totals[line], taken[line] + (0 if line in closed else more))
        if ceiling == self._best.saved:
            return len(chosen) < len(self._best.codes)
        return ceiling > self._best.saved
