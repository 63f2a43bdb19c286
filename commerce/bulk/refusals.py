"""Refusals of bulk imports."""

from dataclasses import dataclass
from typing import Any

from ..errors import Invalid


@dataclass(eq=False)
class ImportHasProblems(Invalid):
    total: int
    problems: list[dict[str, Any]]
    """`{line, field, problem}` of the first ones."""
    sentence = "The file has {total} problem(s), so nothing was changed."
    hint = "Correct the lines named, or ask with dry_run to see all of them."
