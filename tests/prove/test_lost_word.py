"""The database commits and the word of it gets lost: nothing is done twice, and nobody is told that it failed."""

from dataclasses import replace
from uuid import uuid4

import httpx
import pytest

from tests.prove.report import Claim
from tests.prove.scenarios import SCENARIOS
from tests.prove.sites import Buyer, Site, buyer, repeated, send
from tests.prove.stores import MariaDB
from tests.prove.test_kills import prepared, settled
from tests.prove.wire import Wire, wire_to

WISHES = ["place and pay", "place without paying", "pay", "cancel a paid order"]
COMMITS = 6
"""As many as a request makes, and some of the worker's."""


def test_a_commit_whose_word_is_lost_places_one_order(mariadb: Site, private_database: MariaDB, claim: Claim) -> None:
    lost(mariadb, private_database, "place and pay", range(1, 3), claim)


@pytest.mark.full
@pytest.mark.parametrize("name", WISHES)
def test_any_commit_whose_word_is_lost_has_one_effect(
    name: str, mariadb: Site, private_database: MariaDB, claim: Claim
) -> None:
    lost(mariadb, private_database, name, range(1, COMMITS + 1), claim)


def lost(site: Site, store: MariaDB, name: str, commits: range, claim: Claim) -> None:
    """For each commit in turn: a new shopper's request, during which its word is lost."""
    scenario, told = SCENARIOS[name], []
    with wire_to(store.port) as wire, behind(site, wire).server() as server:
        server.start()
        for commit in commits:
            (who, wish), key = prepared(site, scenario), uuid4().hex
            wire.cut_at(commit)
            first = send(server.url, who, wish.path, wish.body or {}, key)
            assert first is not None
            assert first.status_code in {200, 503}, f"commit {commit}: {first.text}"
            final = repeated(server.url, who, wish.path, wish.body or {}, key)
            assert final.status_code == 200, f"commit {commit}: {final.text}"
            settled(site, who, scenario)
            told.append(first.status_code)
        assert wire.cuts >= 1, "no word was ever lost"
        assert server.stop() == 0
    assert site.findings() == []
    claim(
        did=f"the answer to the commit number {commits[0]} to {commits[-1]} is cut off while a shopper wants to {name}",
        seen=f"{wire.cuts} cuts; first answers {told}; one order, one charge and one event of each kind every time",
        times=len(commits),
    )


@pytest.mark.full
def test_a_write_without_a_key_is_never_done_twice(mariadb: Site, private_database: MariaDB, claim: Claim) -> None:
    """Nobody can know whether it was done; then it is said, and not tried again."""
    counts = []
    with wire_to(private_database.port) as wire, behind(mariadb, wire).server() as server:
        server.start()
        for _ in range(5):
            who = mariadb.inside(buyer)
            wire.cut_at(1)
            answer = httpx.post(f"{server.url}/v1/cart/items", json={"sku": "MUG-RED-350"}, headers=who.headers)
            assert answer.status_code in {200, 503}, answer.text
            counts.append(quantity(server.url, who))
        assert server.stop() == 0
    assert set(counts) <= {1}, counts
    claim(
        did="the answer to the commit of add_to_cart is cut off, no key was sent", seen="one piece in the cart", times=5
    )


def quantity(url: str, who: Buyer) -> int:
    items = httpx.get(f"{url}/v1/cart", headers=who.headers).json()["items"]
    return sum(item["quantity"] for item in items)


def behind(site: Site, wire: Wire) -> Site:
    """The same shop, whose processes reach the database over the wire."""
    before, name = site.database_url.rsplit(":", 1)[0], site.database_url.rsplit("/", 1)[1]
    return replace(site, database_url=f"{before}:{wire.port}/{name}")
