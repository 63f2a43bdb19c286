"""The tree of categories: a parent each, no circles, and not too deep."""

from collections import Counter
from collections.abc import Mapping

from .refusals import CategoryInItself, TreeTooDeep

MAX_DEPTH = 6
MAX_CATEGORIES = 2000

Parents = Mapping[str, str | None]
"""The parent of each category."""


def path(parents: Parents, category: str) -> list[str]:
    """From the top down to the category."""
    found = [category]
    while parent := parents.get(found[-1]):
        found.append(parent)
    return found[::-1]


def below(parents: Parents, category: str) -> set[str]:
    """The category and all its parts."""
    return {slug for slug in parents if category in path(parents, slug)}


def may_stand(parents: Parents, category: str, parent: str | None) -> None:
    """Refuses a place that would close a circle or lie too deep. `parents`: as they are now."""
    if parent is None:
        return
    family = below(parents, category) | {category}
    if parent in family:
        raise CategoryInItself(category, parent)
    own_depth = len(path(parents, category))
    height = max(len(path(parents, slug)) for slug in family) - own_depth + 1
    if len(path(parents, parent)) + height > MAX_DEPTH:
        raise TreeTooDeep(MAX_DEPTH)


def with_parts(parents: Parents, own: Mapping[str, int]) -> Counter[str]:
    """How many each category holds, its parts included. `own`: how many stand in it itself."""
    sums: Counter[str] = Counter()
    for category, count in own.items():
        sums.update(dict.fromkeys(path(parents, category), count))
    return sums


def depth_first(parents: Parents) -> list[str]:
    """Parents before their parts; siblings in the order that they are given in."""
    children: dict[str | None, list[str]] = {}
    for slug, parent in parents.items():
        children.setdefault(parent, []).append(slug)
    found: list[str] = []
    waiting = list(reversed(children.get(None, [])))
    while waiting:
        found.append(waiting.pop())
        waiting += reversed(children.get(found[-1], []))
    return found
