"""The same Idempotency-Key from twenty connections at once: one effect, and one answer for all."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx
import pytest

from commerce.shop import Shop
from tests.prove.report import Claim
from tests.prove.scenarios import SCENARIOS, TOKENS, Wish
from tests.prove.sites import Buyer, Site, buyer, repeated
from tests.prove.storms import Shot, fired, servers
from tests.prove.test_kills import settled

TWENTY = 20
BUYING = ["place and pay", "place without paying", "pay", "cancel a paid order", "cancel an unpaid order"]


def test_twenty_equal_requests_over_two_processes_buy_once(mariadb: Site, claim: Claim) -> None:
    twenty(mariadb, 2, "place and pay", claim)


@pytest.mark.full
@pytest.mark.parametrize("processes", [1, 2, 4])
@pytest.mark.parametrize("scenario", BUYING)
def test_twenty_equal_requests_have_one_effect_on_mariadb(
    scenario: str, processes: int, mariadb: Site, claim: Claim
) -> None:
    twenty(mariadb, processes, scenario, claim)


@pytest.mark.full
@pytest.mark.parametrize("scenario", BUYING)
def test_twenty_equal_requests_have_one_effect_on_sqlite(scenario: str, sqlite: Site, claim: Claim) -> None:
    twenty(sqlite, 1, scenario, claim)


def twenty(site: Site, processes: int, name: str, claim: Claim) -> None:
    scenario = SCENARIOS[name]
    who, wish = site.inside(lambda shop: wished(shop, scenario.prepare))
    shot = Shot(who, wish.path, uuid4().hex, wish.body)
    with servers(site, processes) as running:
        answers = fired(running, [shot] * TWENTY)
        equal = [a for a in answers if a.status_code == 200]
        early = [a for a in answers if a.status_code != 200]
        assert equal
        assert {a.json()["code"] for a in early} <= {"still_running"}, [a.text for a in early]
        assert all(int(a.headers["retry-after"]) >= 1 for a in early)
        final = repeated(running[-1].url, who, wish.path, wish.body or {}, shot.key)
        assert {a.content for a in [*equal, final]} == {final.content}
        seen = settled(site, who, scenario)
    assert site.findings() == []
    claim(
        did=f"{TWENTY} connections want to {name} with one key, over {processes} process(es)",
        seen=f"{len(equal)} equal answers, {len(early)} told to wait and then told the same; {seen}",
        times=TWENTY,
    )


@pytest.mark.full
def test_twenty_equal_additions_to_a_cart_add_once(mariadb: Site, claim: Claim) -> None:
    who = mariadb.inside(buyer)
    shot = Shot(who, "/cart/items", uuid4().hex, {"sku": "MUG-RED-350", "quantity": 2})
    with servers(mariadb, 2) as running:
        answers = fired(running, [shot] * TWENTY)
        cart = httpx.get(f"{running[0].url}/v1/cart", headers=who.headers).json()
    assert {a.status_code for a in answers} <= {200, 409}
    assert len({a.content for a in answers if a.status_code == 200}) == 1
    assert [item["quantity"] for item in cart["items"]] == [2]
    claim(did=f"{TWENTY} connections add two mugs with one key", seen="two mugs in the cart", times=TWENTY)


async def wished(shop: Shop, prepare: Callable[[Shop, Buyer], Awaitable[Wish]]) -> tuple[Buyer, Wish]:
    who = await buyer(shop, TOKENS)
    return who, await prepare(shop, who)
