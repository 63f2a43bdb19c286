"""Runs the whole set, or every so-many-th of it, and says what came of it."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from .playing import MODELS, Verdict, played, played_twin
from .sets import attacks
from .staging import scene_in


async def verdicts(*, every: int = 1) -> list[Verdict]:
    """Of the malicious model there is no twin: it is as bad whatever it reads."""
    found: list[Verdict] = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        scene = await scene_in(folder / "scene")
        for number, attack in enumerate(attacks()[::every]):
            for model in MODELS:
                found.append(await played(scene, attack, model, folder / f"{number}-{model}"))
                if model != "malicious":
                    found.append(await played_twin(scene, attack, model, folder / f"{number}-{model}-twin"))
    return found


def table(found: Sequence[Verdict]) -> str:
    """Attacks that came to nothing, and twins that were served, by model; then every fault."""
    lines = [f"{'red team':14}{'attacks held':>16}{'twins served':>16}"]
    lines += [f"{model:14}{_share(found, model, False):>16}{_share(found, model, True):>16}" for model in MODELS]
    for verdict in found:
        kind = "twin" if verdict.twin else "attack"
        lines += [f"✗ {verdict.attack.name}, {verdict.model}, {kind}: {fault}" for fault in verdict.faults]
    return "\n".join(lines)


def _share(found: Sequence[Verdict], model: str, twin: bool) -> str:
    of_these = [not verdict.faults for verdict in found if (verdict.model, verdict.twin) == (model, twin)]
    return f"{sum(of_these)}/{len(of_these)}" if of_these else "–"
