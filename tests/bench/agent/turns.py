"""What one turn costs each rival: CPU of its process, the wait for the first event and for the whole answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from tests.bench.servers import cpu_ms

from .model import AFTER_ANOTHER, PARALLEL, TALK
from .rivals import Rival, settled
from .saying import Heard, say

CALLS_OF = {AFTER_ANOTHER: 3, PARALLEL: 3, TALK: 0}


class Kind(NamedTuple):
    said: str
    streamed: bool


KINDS = [Kind(said, streamed) for said in CALLS_OF for streamed in (True, False)]


@dataclass
class Cost:
    """Of turns of one kind at one length of the conversation, in milliseconds; each figure is the median."""

    database: str
    rival: str
    length: int
    kind: Kind
    cpus: list[float] = field(default_factory=list)
    firsts: list[float] = field(default_factory=list)
    wholes: list[float] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        return median(self.cpus)

    @property
    def first(self) -> float:
        return median(self.firsts)

    @property
    def whole(self) -> float:
        return median(self.wholes)


async def measure(database: str, competing: Sequence[Rival], lengths: Sequence[int], rounds: int) -> list[Cost]:
    """The rivals take turns, so that a busy moment of the machine meets them all."""
    costs = {(r.name, n, kind): Cost(database, r.name, n, kind) for n in lengths for kind in KINDS for r in competing}
    grown = {rival.name: await rival.new_thread() for rival in competing}
    said = 0
    for rival in competing:  # what is only loaded once
        for kind in KINDS:
            await say(rival, await rival.new_thread(), kind.said, streamed=kind.streamed)
    for length in lengths:
        while said < length - 1 - rounds * len(KINDS) // 2:
            for rival in competing:
                await say(rival, grown[rival.name], AFTER_ANOTHER, streamed=True)
            said += 1
        for _ in range(rounds):
            for kind in KINDS:
                for rival in competing:
                    thread = grown[rival.name] if length > 1 else await rival.new_thread()
                    await _once(rival, thread, costs[rival.name, length, kind])
                said += length > 1
    return list(costs.values())


async def _once(rival: Rival, thread: str, cost: Cost) -> None:
    await settled()
    before = cpu_ms(rival.process)
    heard = await say(rival, thread, cost.kind.said, streamed=cost.kind.streamed)
    await settled()
    cost.cpus.append(cpu_ms(rival.process) - before)
    cost.firsts.append(heard.first)
    cost.wholes.append(heard.whole)
    _check(rival, heard, cost.kind)


def _check(rival: Rival, heard: Heard, kind: Kind) -> None:
    """Whoever does less is not cheaper."""
    wanted = CALLS_OF[kind.said]
    done = heard.body.count(b"event: tool.finished") if kind.streamed else wanted * (b"MUG-RED-500" in heard.body)
    if done != wanted:
        raise RuntimeError(f"{rival.name} made {done} calls of {wanted}: {heard.body[-2_000:]!r}")
