"""Attacks the agent and prints what came of it: `python -m evals.redteam`. The exit status is 1 when anything got through."""

import asyncio
import sys

from loguru import logger

from .report import table, verdicts


def main() -> int:
    logger.remove()
    found = asyncio.run(verdicts())
    sys.stdout.write(table(found) + "\n")
    return int(any(verdict.faults for verdict in found))


sys.exit(main())
