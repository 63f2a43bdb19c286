"""Trains the weights of both languages anew: `python -m evals.hearing`; `--apart` tells how much of every tenth saying, which the
training has not seen, is heard right, and writes nothing."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from agent.planner.classifier import Classifier, path_of
from agent.planner.goods import Goods
from agent.planner.lexicon import CODES, Code
from commerce.context import ANONYMOUS
from tools import Toolbox

from ..world import HandClock, fresh_world
from .training import trained
from .written import Example, examples

TENTH = 10


async def _goods() -> Goods:
    """What the demo shop's goods are called: their looks read alike."""
    with tempfile.TemporaryDirectory() as folder:
        shop = await fresh_world(Path(folder), HandClock())
        try:
            return Goods.of(await Toolbox(shop, ANONYMOUS).vocabulary())
        finally:
            await shop.close()


def _apart(code: Code, found: list[Example]) -> str:
    kept = found[::TENTH]
    hears = Classifier(trained(code, [example for i, example in enumerate(found) if i % TENTH]))
    likeliest = (max(odds, key=odds.__getitem__) for odds in (hears.likely(units) for units, _ in kept))
    right = sum(intent == heard for (_, intent), heard in zip(kept, likeliest, strict=True))
    return f"{code}: {right / len(kept):.1%} of {len(kept)} sayings not seen in training\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m evals.hearing", description=__doc__)
    parser.add_argument("--apart", action="store_true")
    apart = parser.parse_args().apart
    goods = asyncio.run(_goods())
    for code in CODES:
        found = examples(code, goods)
        if apart:
            sys.stdout.write(_apart(code, found))
            continue
        trained(code, found).write(path_of(code))
        sys.stdout.write(f"{code}: {len(found)} sayings, {path_of(code).stat().st_size} bytes\n")


main()
