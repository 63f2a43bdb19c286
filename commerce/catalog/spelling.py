"""Words of the catalogue that a query's misspelt words were meant to be.

Every word is kept with its slips: what is left of it when a letter (or two, in long words) is missing. Two words whose slips
meet are a slip or two apart, so one look at an index finds the candidates among any number of words.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations

from sqlalchemy import insert, select
from sqlmodel import col

from ..context import Context
from .records import SearchSlipRow, SearchWordRow
from .tokens import stem_of

SHORTEST = 4
"""Shorter words are a letter away from too many others."""
LONG = 8
"""From this length on a word may be two letters wrong."""
LONGEST = 24


def allowed(word: str) -> int:
    """How many letters may be wrong."""
    return 0 if len(word) < SHORTEST else 1 if len(word) < LONG else 2


def slips(word: str) -> set[str]:
    return {
        "".join(letter for i, letter in enumerate(word) if i not in left_out)
        for count in range(allowed(word) + 1)
        for left_out in combinations(range(len(word)), count)
    }


def distance(one: str, other: str) -> int:
    """Letters added, left out, exchanged or swapped with their neighbour (optimal string alignment)."""
    before_last: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            row.append(min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b)))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                row[j] = min(row[j], before_last[j - 2] + 1)
        before_last, last = last, row
    return last[-1]


async def learn(ctx: Context, words: Iterable[str]) -> None:
    """Keeps words, in the transaction that wrote them to the search index."""
    told = sorted({word for word in words if word.isascii() and word.isalpha() and len(word) <= LONGEST})
    if not told:
        return
    known = set(
        (await ctx.db.execute(select(col(SearchWordRow.word)).where(col(SearchWordRow.word).in_(told)))).scalars()
    )
    fresh = [word for word in told if word not in known]
    if not fresh:
        return
    await ctx.db.execute(insert(SearchWordRow), [{"word": word, "stem": stem_of(word)} for word in fresh])
    left = [{"slip": slip, "word": word} for word in fresh if allowed(word) for slip in sorted(slips(word))]
    if left:
        await ctx.db.execute(insert(SearchSlipRow), left)


async def corrections(ctx: Context, words: Sequence[str]) -> dict[str, str]:
    """For each word that the catalogue does not know and that is close to one it knows, the closest one."""
    stems = {stem_of(word): word for word in words if word.isascii() and word.isalpha() and allowed(word)}
    rows = await ctx.rows(select(col(SearchWordRow.stem)).where(col(SearchWordRow.stem).in_(sorted(stems))))
    unknown = [word for stem, word in stems.items() if stem not in {row.stem for row in rows}]
    if not unknown:
        return {}
    meeting = {slip for word in unknown for slip in slips(word[:LONGEST])}
    found = await ctx.rows(select(SearchSlipRow).where(col(SearchSlipRow.slip).in_(sorted(meeting))))
    candidates = {row.word for row in found}
    return {word: best for word in unknown if (best := _closest(word, candidates))}


def _closest(word: str, candidates: Iterable[str]) -> str | None:
    near = [(distance(word, other), abs(len(word) - len(other)), other) for other in candidates]
    within = [found for found in near if found[0] <= allowed(word)]
    return min(within)[2] if within else None
