"""`kill -9` of a worker process at every step of its work: two others, at once, finish it, and neither does a thing twice."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from uuid import uuid4

import pytest

from commerce import faults
from tests.prove.report import Claim
from tests.prove.scenarios import SCENARIOS, scenario_of
from tests.prove.sites import Site, repeated
from tests.prove.stores import until
from tests.prove.test_kills import prepared, settled

LOST, LATE = "place and pay, the provider's answer is lost", "let an order expire"
WORK = {
    **{point: scenario_of(point) for point in faults.POINTS if point.startswith(("relaying.", "working."))},
    **{
        point: LOST for point in faults.POINTS if point.startswith(("healing.", "paying.")) and point != "paying.opened"
    },
    **{point: LATE for point in faults.POINTS if point.startswith(("expiring.", "cancelling."))},
    "telling.answered": scenario_of("telling.answered"),
}
"""The steps that a worker passes, and what brings it there."""
READY = "is at work."
QUICK = "relaying.delivered"


def test_a_killed_worker_does_no_harm(mariadb: Site, claim: Claim) -> None:
    outwork(QUICK, mariadb, claim)


@pytest.mark.full
@pytest.mark.parametrize("point", [point for point in WORK if point != QUICK])
def test_a_worker_killed_at_any_step_does_no_harm(point: str, mariadb: Site, claim: Claim) -> None:
    outwork(point, mariadb, claim)


def outwork(point: str, site: Site, claim: Claim) -> None:
    """A server takes the request; the worker dies; two others come."""
    site = replace(site, environ=site.environ | {"SHOP_WORKER": "apart"})
    scenario, key = SCENARIOS[WORK[point]], uuid4().hex
    who, wish = prepared(site, scenario)
    with site.server() as server, site.worker() as doomed:
        server.start()
        if wish.path:
            answer = repeated(server.url, who, wish.path, wish.body or {}, key)
            assert answer.status_code == 200, answer.text
        doomed.launch(**{faults.VARIABLE: f"{point}:kill"})
        assert doomed.died() == signal.SIGKILL, f"{point} was never reached\n{doomed.log()}"
        with two_workers(site):
            seen = settled(site, who, scenario)
        assert server.stop() == 0
    assert site.findings() == []
    claim(did=f"kill -9 of a worker process at {point}; two others come at once", seen=seen)


@contextmanager
def two_workers(site: Site) -> Iterator[None]:
    with ExitStack() as stack:
        both = [stack.enter_context(site.worker()) for _ in range(2)]
        before = both[0].log().count(READY)
        for worker in both:
            worker.launch()
        assert until(lambda: both[0].log().count(READY) == before + 2), both[0].log()
        yield
        assert [worker.stop() for worker in both] == [0, 0]
