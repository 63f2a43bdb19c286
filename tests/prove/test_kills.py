"""`kill -9` of the server at every step: after restart and healing there is one order, one charge, one event of each kind."""

import signal
from typing import Any
from uuid import uuid4

import pytest

from commerce.shop import Shop
from tests.prove.report import Claim
from tests.prove.scenarios import BY_PART, COMMITS, SCENARIOS, TOKENS, Scenario, Wish, all_points, scenario_of
from tests.prove.sites import Buyer, Site, buyer, events_of, orders_of, repeated, send
from tests.prove.stores import until

QUICK = {"placing.reserved", "paying.gateway_answered", "cancel_order.committed", "relaying.delivered"}


def test_every_operation_that_cannot_be_taken_back_has_its_scenario() -> None:
    assert [name for name in COMMITS if name not in BY_PART] == []
    assert [point for point in all_points() if scenario_of(point) not in SCENARIOS] == []


@pytest.mark.parametrize("point", sorted(QUICK))
def test_a_kill_does_no_harm(point: str, sqlite: Site, claim: Claim) -> None:
    survive(point, sqlite, claim)


@pytest.mark.full
@pytest.mark.parametrize("point", [p for p in all_points() if p not in QUICK])
def test_a_kill_at_any_step_does_no_harm_on_sqlite(point: str, sqlite: Site, claim: Claim) -> None:
    survive(point, sqlite, claim)


@pytest.mark.full
@pytest.mark.parametrize("point", all_points())
def test_a_kill_at_any_step_does_no_harm_on_mariadb(point: str, mariadb: Site, claim: Claim) -> None:
    survive(point, mariadb, claim)


def survive(point: str, site: Site, claim: Claim) -> None:
    """Prepares, kills at the point, starts again, repeats the request, and looks at everything."""
    scenario, key = SCENARIOS[scenario_of(point)], uuid4().hex
    who, wish = prepared(site, scenario)
    with site.server() as server:
        server.launch_to_die(point)
        if wish.path and server.alive():
            send(server.url, who, wish.path, wish.body or {}, key)
        assert server.died() == signal.SIGKILL, f"{point} was never reached\n{server.log()}"
        server.start()
        answer = repeated(server.url, who, wish.path, wish.body or {}, key) if wish.path else None
        assert answer is None or answer.status_code in scenario.fine, answer.text
        seen = settled(site, who, scenario)
        again = repeated(server.url, who, wish.path, wish.body or {}, key) if wish.path else None
        if not scenario.ends_session:
            assert (again and again.content) == (answer and answer.content), "the stored answer is told again"
        assert server.stop() == 0
    assert site.findings() == []
    claim(did=f"kill -9 at {point} while a shopper wants to {scenario_of(point)}", seen=seen)


def prepared(site: Site, scenario: Scenario) -> tuple[Buyer, Wish]:
    async def prepare(shop: Shop) -> tuple[Buyer, Wish]:
        who = await buyer(shop, TOKENS)
        return who, await scenario.prepare(shop, who)

    return site.inside(prepare)


def settled(site: Site, who: Buyer, scenario: Scenario) -> str:
    """One order, as the scenario ends, told once; says so."""

    def orders() -> list[Any]:
        return site.inside(lambda shop: orders_of(shop, who.shopper.caller.account))

    assert until(lambda: site.quiet() and [o.status for o in orders()] == [scenario.status]), [
        o.status for o in orders()
    ]
    [order] = orders()
    told = site.inside(lambda shop: events_of(shop, order.number))
    assert told == scenario.events
    return f"one order, {order.status}; events {', '.join(told)}; audit clean"
