"""`kill -9` of MariaDB at every step: the server goes on by itself when the database is back, and nothing is lost or doubled."""

import threading
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from commerce import faults
from tests.prove.report import Claim
from tests.prove.scenarios import SCENARIOS, all_points, scenario_of
from tests.prove.sites import Site, repeated, send
from tests.prove.stores import MariaDB, until
from tests.prove.test_kills import prepared, settled

QUICK = "paying.recorded"
DARK = [
    "place_order.claimed",
    "place_order.committed",
    "placing.reserved",
    "paying.gateway_answered",
    "refunding.recorded",
]
"""Where the database also stays away for as long as the request lasts."""
FINE = {200, 201, 503}


def test_a_killed_database_does_no_harm(mariadb: Site, private_database: MariaDB, claim: Claim) -> None:
    outlive(QUICK, mariadb, private_database, claim, back_at_once=True)


@pytest.mark.full
@pytest.mark.parametrize("point", all_points())
def test_a_database_killed_at_any_step_does_no_harm(
    point: str, mariadb: Site, private_database: MariaDB, claim: Claim
) -> None:
    outlive(point, mariadb, private_database, claim, back_at_once=True)


@pytest.mark.full
@pytest.mark.parametrize("point", DARK)
def test_a_database_that_stays_away_makes_the_shop_wait_and_not_fail(
    point: str, mariadb: Site, private_database: MariaDB, claim: Claim
) -> None:
    outlive(point, mariadb, private_database, claim, back_at_once=False)


def outlive(point: str, site: Site, store: MariaDB, claim: Claim, *, back_at_once: bool) -> None:
    scenario, key, sign = SCENARIOS[scenario_of(point)], uuid4().hex, site.folder / "stalled"
    who, wish = prepared(site, scenario)
    answers: list[httpx.Response | None] = []
    with site.server() as server:
        server.launch(**{faults.VARIABLE: f"{point}:stall={sign}"})
        server.until_healthy()
        sender = threading.Thread(target=lambda: answers.append(send(server.url, who, wish.path, wish.body or {}, key)))
        if wish.path:
            sender.start()
        assert until(sign.exists), f"{point} was never reached"
        store.kill()
        meanwhile(sign, store, back_at_once, sender)
        final = repeated(server.url, who, wish.path, wish.body or {}, key) if wish.path else None
        assert final is None or final.status_code in scenario.fine, final.text
        seen = settled(site, who, scenario)
        assert server.stop() == 0
    told = [a.status_code if a else "no answer" for a in answers]
    assert {a.status_code for a in answers if a} <= FINE, [a.text for a in answers if a]
    assert site.findings() == []
    away = "and back at once" if back_at_once else "and away until the request is over"
    claim(did=f"kill -9 of MariaDB at {point}, {away}", seen=f"first answer {told or 'none asked'}; {seen}")


def meanwhile(sign: Path, store: MariaDB, back_at_once: bool, sender: threading.Thread) -> None:
    """The database comes back before the stalled step goes on, or after the request is over."""
    if back_at_once:
        store.start()
    sign.unlink()
    if sender.ident is not None:
        sender.join(60)
        assert not sender.is_alive(), "the request hangs"
    if not back_at_once:
        store.start()
