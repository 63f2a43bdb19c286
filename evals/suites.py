"""The suites: files of cases, the red team, and a foreign shop; which there are, and how each is prepared and played."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools import tool_specs

from .grading import graded
from .playing import Setup, play
from .redteam.playing import Sortie, flown, sorties
from .redteam.staging import scene
from .results import Result
from .schema import CasesWrong, Filed, chosen, digest, read_cases
from .tau_retail import playing as tau
from .tau_retail import world as tau_world
from .tau_retail.adapter import OFFER
from .world import template

Playable = Filed | Sortie | tau.TauTask
MOST_SECONDS, MOST_SECONDS_ABROAD = 300, 1_800
"""Of one conversation, however slow its model is. In the foreign shop a model has to answer for the customer too, up to forty times."""
DEMO = Path(__file__).parent.parent / "commerce" / "demo"


def playable(names: Sequence[str], *, model: bool) -> list[Playable]:
    """What these names mean; all of our own shop's, where there are none. The foreign shop has a prompt and customers of its own, so
    that it is played alone. Raises CasesWrong."""
    foreign = [name for name in names if name.removeprefix("tag:").partition("/")[0] == tau.SUITE]
    if not foreign:
        return chosen([*read_cases(), *sorties(model=model)], names)
    if len(foreign) < len(names):
        raise CasesWrong(f"{tau.SUITE} is another shop, and can't be run together with ours")
    return list(chosen(tau.tau_tasks(model=model), names))


def is_foreign(cases: Sequence[Playable]) -> bool:
    return any(isinstance(case, tau.TauTask) for case in cases)


def most_seconds(cases: Sequence[Playable]) -> int:
    return MOST_SECONDS_ABROAD if is_foreign(cases) else MOST_SECONDS


async def prepare(cases: Sequence[Playable]) -> None:
    """What all conversations begin with a copy of."""
    await (tau_world.template() if is_foreign(cases) else template())
    if any(isinstance(case, Sortie) for case in cases):
        await scene()


async def played(case: Playable, setup: Setup, trial: int) -> Result:
    match case:
        case Sortie():
            return await flown(case, setup, trial)
        case tau.TauTask():
            return await tau.held(case, setup, trial)
        case _:
            return graded(case, await play(case.case, setup, trial), trial, model=setup.model is not None)


def offered(cases: Sequence[Playable]) -> list[dict[str, Any]]:
    """The tools of the agent."""
    specs = tool_specs("customer", OFFER) if is_foreign(cases) else tool_specs("customer")
    return [spec.as_function() for spec in specs]


def world_hash(cases: Sequence[Playable]) -> str:
    if is_foreign(cases):
        return tau.data_hash()
    return digest({str(f.relative_to(DEMO)): f.read_text("utf-8") for f in sorted(DEMO.rglob("*.yaml"))})
