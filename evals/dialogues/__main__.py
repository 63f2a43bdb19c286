"""Plays both halves of the set and prints how exactly the planner called: `python -m evals.dialogues [--wrong] [--mending]`."""

import argparse
import asyncio
import sys

from .report import played, table, wrong_ones


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m evals.dialogues", description=__doc__)
    parser.add_argument("--mending", action="store_true", help="only the half that is not kept for measuring")
    parser.add_argument("--wrong", action="store_true", help="also print what went wrong in the mending half")
    asked = parser.parse_args()
    for measured in (False,) if asked.mending else (False, True):
        results = asyncio.run(played(measured=measured))
        sys.stdout.write(table(results, "measured" if measured else "mending") + "\n")
        if asked.wrong and not measured:
            sys.stdout.write("\n".join(wrong_ones(results)) + "\n")


main()
