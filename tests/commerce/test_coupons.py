"""Coupons: what they are for, who may have them, and what they take off."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from commerce.catalog.refusals import ProductNotFound
from commerce.coupons.refusals import (
    AllClaimed,
    AlreadyClaimed,
    ClaimingOver,
    CouponAlreadyUsed,
    CouponBelowMinimum,
    CouponEnded,
    CouponInUse,
    CouponNotClaimed,
    CouponNotForThese,
    CouponNotFound,
    CouponNotYetValid,
    CouponTaken,
    CouponUsedUp,
)
from commerce.errors import BadInput, CustomersOnly, MerchantsOnly, Refusal
from commerce.merchants.refusals import MerchantNotFound
from tests.worlds import Shopper, World

MUG, TEE = "MUG-RED-350", "TEE-HVY-WHT-M"
TERMS: dict[str, Any] = {"name": "Test", "kind": "percent_off", "percent": 10, "uses": 100}


async def _quote(shopper: Shopper, skus: dict[str, int], **asked: Any) -> Any:
    await shopper("clear_cart")
    for sku, quantity in skus.items():
        await shopper("add_to_cart", sku=sku, quantity=quantity)
    return await shopper("create_checkout", **asked)


def _totals(quoted: Any) -> dict[str, int]:
    return {total.type: total.amount for total in quoted.totals}


async def test_each_kind_and_range_takes_off_what_it_says(each_world: World) -> None:
    ada, admin = await each_world.sign_in(), await each_world.admin()
    amount: dict[str, Any] = {"name": "Test", "kind": "amount_off", "amount": 300, "uses": 100}
    await admin("create_coupon", coupon="ALL10", **TERMS)
    await admin("create_coupon", coupon="HARBOR", **amount, merchant="harbor-home")
    await admin("create_coupon", coupon="MUGS", **TERMS, category="mugs-and-cups")
    await admin("create_coupon", coupon="REDMUG", **amount, product="red-enamel-mug")
    expected = {"ALL10": ("discount", 480), "HARBOR": ("items_discount", 300), "MUGS": ("items_discount", 260)}
    for code, (kind, off) in (expected | {"REDMUG": ("items_discount", 300)}).items():
        quoted = await _quote(ada, {MUG: 2, TEE: 1}, coupon_codes=[code])
        assert _totals(quoted) == {"subtotal": 4798, kind: -off, "fulfillment": 998, "total": 4798 - off + 998}
        assert [(c.coupon, c.amount.amount) for c in quoted.coupons] == [(code, off)]
        assert sum(line.discount.amount for line in quoted.lines) == off
        if kind == "items_discount":
            assert [line.discount.amount for line in quoted.lines] == [off, 0]
        await ada("place_order", checkout=quoted.checkout)
    assert await each_world.findings() == []


async def test_a_category_holds_the_categories_below_it(each_world: World) -> None:
    ada, admin = await each_world.sign_in(), await each_world.admin()
    async with each_world.shop.database.write() as db:
        await db.execute(text("UPDATE category SET parent = 'cookware' WHERE slug = 'mugs-and-cups'"))
    await admin("create_coupon", coupon="KITCHEN", **TERMS, category="cookware")
    assert (await _quote(ada, {MUG: 2}, coupon_codes=["KITCHEN"])).lines[0].discount.amount == 260
    with pytest.raises(CouponNotForThese):
        await _quote(ada, {TEE: 1}, coupon_codes=["KITCHEN"])


async def test_minimum_and_cap_look_at_the_goods_that_it_is_for(world: World) -> None:
    ada, admin = await world.sign_in(), await world.admin()
    await admin("create_coupon", coupon="MUGS", **TERMS, category="mugs-and-cups", minimum=2600, max_discount=270)
    with pytest.raises(CouponBelowMinimum, match=r"a subtotal of \$26\.00 and this one is \$25\.98"):
        await _quote(ada, {MUG: 2, TEE: 3}, coupon_codes=["MUGS"])
    assert (await _quote(ada, {MUG: 3, TEE: 3}, coupon_codes=["MUGS"])).lines[0].discount.amount == 270


async def test_stackable_coupons_add_up_on_the_same_goods(each_world: World) -> None:
    ada = await each_world.sign_in()
    for code in ("MUGS15", "HARBOR4"):
        await ada("claim_coupon", coupon=code)
    quoted = await _quote(ada, {MUG: 3}, coupon_codes=["mugs15", "harbor4"])
    assert {c.coupon: c.amount.amount for c in quoted.coupons} == {"MUGS15": 585, "HARBOR4": 400}
    assert _totals(quoted) == {"subtotal": 3897, "items_discount": -985, "fulfillment": 499, "total": 3411}
    await ada("place_order", checkout=quoted.checkout)
    assert await each_world.findings() == []


async def test_the_checkout_uses_the_best_of_what_was_claimed(each_world: World) -> None:
    """REDMUG2 can't be stacked, and saves less than the two that can."""
    ada = await each_world.sign_in()
    for code in ("MUGS15", "HARBOR4", "REDMUG2"):
        await ada("claim_coupon", coupon=code)
    quoted = await _quote(ada, {MUG: 3})
    assert (quoted.coupon_codes, quoted.coupons_automatic) == (["HARBOR4", "MUGS15"], True)
    assert (await _quote(ada, {MUG: 1})).coupon_codes == ["REDMUG2"]
    assert (await _quote(ada, {MUG: 3}, coupon_codes=[])).coupon_codes == []
    assert (await _quote(ada, {MUG: 3}, coupon_codes=["REDMUG2"])).coupon_codes == ["REDMUG2"]


async def test_a_renewed_checkout_chooses_anew_and_a_settled_one_does_not(world: World) -> None:
    ada = await world.sign_in()
    chosen = await _quote(ada, {MUG: 3})
    await ada("claim_coupon", coupon="MUGS15")
    assert (await ada("update_checkout", checkout=chosen.checkout)).coupon_codes == ["MUGS15"]
    settled = await ada("update_checkout", checkout=chosen.checkout, coupon_codes=[])
    assert (await ada("update_checkout", checkout=settled.checkout)).coupon_codes == []


async def test_who_claimed_nothing_pays_as_before(world: World) -> None:
    assert (await _quote(await world.sign_in(), {MUG: 3})).coupon_codes == []


async def test_what_was_shown_is_bought_even_when_a_better_coupon_is_claimed_meanwhile(world: World) -> None:
    ada = await world.sign_in()
    quoted = await _quote(ada, {MUG: 3})
    await ada("claim_coupon", coupon="MUGS15")
    order = await ada("place_order", checkout=quoted.checkout)
    assert (order.coupon_codes, order.total.amount) == ([], 3897 + 499)


async def test_why_a_code_does_not_apply_is_said_with_its_facts(world: World) -> None:
    ada, admin = await world.sign_in(), await world.admin()
    await admin("create_coupon", coupon="LATER", **TERMS, valid_from="2026-07-01T00:00:00Z")
    await admin("create_coupon", coupon="ONCE", **(TERMS | {"uses": 1}))
    await (await world.customer()).buy(MUG, coupon_codes=["ONCE"])
    await admin("create_coupon", coupon="GONE", **TERMS)
    await admin("end_coupon", coupon="GONE")
    reasons = {
        "LATER": (CouponNotYetValid, {"coupon": "LATER", "valid_from": "2026-07-01"}),
        "ONCE": (CouponUsedUp, {"coupon": "ONCE"}),
        "GONE": (CouponEnded, {"coupon": "GONE", "ended": "2026-06-01"}),
        "MUGS15": (CouponNotClaimed, {"coupon": "MUGS15"}),
    }
    for code, (kind, facts) in reasons.items():
        with pytest.raises(kind) as refused:
            await _quote(ada, {MUG: 1}, coupon_codes=[code])
        assert isinstance(refused.value, Refusal)
        assert refused.value.facts == facts


async def test_claiming_is_once_a_shopper_in_time_and_within_what_there_is(each_world: World) -> None:
    ada, admin = await each_world.sign_in(), await each_world.admin()
    terms = TERMS | {"claim_required": True, "claimable": 2}
    await admin("create_coupon", coupon="TWO", **terms, claim_until="2026-06-02T00:00:00+08:00")
    view = await ada("claim_coupon", coupon="two")
    assert (view.coupon, view.state, view.uses_left) == ("TWO", "usable", 1)
    with pytest.raises(AlreadyClaimed):
        await ada("claim_coupon", coupon="TWO")
    await (await each_world.customer())("claim_coupon", coupon="TWO")
    with pytest.raises(AllClaimed):
        await (await each_world.customer())("claim_coupon", coupon="TWO")
    await admin("create_coupon", coupon="SOON", **TERMS, claim_until="2026-06-02T00:00:00+08:00")
    each_world.clock.move(hours=5)
    with pytest.raises(ClaimingOver):
        await ada("claim_coupon", coupon="SOON")
    with pytest.raises(CouponNotFound):
        await ada("claim_coupon", coupon="NOPE")
    with pytest.raises(CustomersOnly):
        await (await each_world.guest())("claim_coupon", coupon="MUGS15")
    assert await each_world.findings() == []


async def test_a_race_of_claims_gives_out_exactly_what_there_is(each_world: World) -> None:
    shoppers = [await each_world.customer() for _ in range(5)]
    claims = [shopper("claim_coupon", coupon="REDMUG2") for shopper in shoppers for _ in range(2)]
    outcomes = await asyncio.gather(*claims, return_exceptions=True)
    assert sorted(type(o).__name__ for o in outcomes).count("MyCouponView") == 3
    assert all(isinstance(o, AllClaimed | AlreadyClaimed) for o in outcomes if type(o).__name__ != "MyCouponView")
    async with each_world.shop.database.read() as db:
        rows = await db.execute(text("SELECT DISTINCT account FROM coupon_claim WHERE coupon = 'REDMUG2'"))
        assert len(rows.all()) == 3
    assert await each_world.findings() == []


async def test_my_coupons_are_listed_by_what_they_are_good_for(each_world: World) -> None:
    ada, admin = await each_world.sign_in(), await each_world.admin()
    await admin("create_coupon", coupon="SHORT", **TERMS, valid_until="2026-06-02T00:00:00Z")
    for code in ("MUGS15", "REDMUG2", "SHORT"):
        await ada("claim_coupon", coupon=code)
    await ada.buy(MUG, coupon_codes=["REDMUG2"])
    each_world.clock.move(hours=24)
    by_state = {
        s: [c.coupon for c in (await ada("list_my_coupons", state=s)).items] for s in ("usable", "used", "expired")
    }
    assert by_state == {"usable": ["MUGS15"], "used": ["REDMUG2"], "expired": ["SHORT"]}
    first = await ada("list_my_coupons", limit=2)
    rest = await ada("list_my_coupons", limit=2, cursor=first.next_cursor)
    assert [c.coupon for c in [*first.items, *rest.items]] == ["MUGS15", "REDMUG2", "SHORT"]
    assert (await (await each_world.customer())("list_my_coupons")).items == []


async def test_public_coupons_are_those_that_can_be_used_or_claimed(world: World) -> None:
    ada, admin = await world.sign_in(), await world.admin()
    await admin("create_coupon", coupon="FEW", **TERMS, claim_required=True, claimable=1)
    assert "FEW" in [c.coupon for c in (await ada("list_coupons", limit=100)).items]
    await ada("claim_coupon", coupon="FEW")
    shown = [c.coupon for c in (await ada("list_coupons", limit=100)).items]
    assert not {"FEW", "LASTYEAR"} & set(shown)
    first = await ada("list_coupons", limit=3)
    assert [c.coupon for c in (await ada("list_coupons", limit=100, cursor=first.next_cursor)).items] == shown[3:]


async def test_a_use_is_given_back_once_when_its_order_is_cancelled(each_world: World) -> None:
    ada = await each_world.sign_in()
    await ada("claim_coupon", coupon="REDMUG2")
    order = await ada.buy(MUG)
    assert order.coupon_codes == ["REDMUG2"]
    with pytest.raises(CouponAlreadyUsed):
        await _quote(ada, {MUG: 1}, coupon_codes=["REDMUG2"])
    await asyncio.gather(*(ada("cancel_order", order=order.order) for _ in range(3)), return_exceptions=True)
    assert (await ada("list_my_coupons")).items[0].uses_left == 1
    assert (await _quote(ada, {MUG: 1})).coupon_codes == ["REDMUG2"]
    assert await each_world.findings() == []


async def test_a_coupon_is_not_used_twice_by_two_orders_at_once(each_world: World) -> None:
    """Both quotes were made while it could still be used; only one checkout can be open, so the other is of another time."""
    ada = await each_world.sign_in()
    first = await _quote(ada, {MUG: 3}, coupon_codes=["WELCOME10"])
    async with each_world.shop.database.write() as db:
        await db.execute(text("UPDATE checkout SET status = 'completed' WHERE id = :id"), {"id": first.checkout})
    second = await _quote(ada, {MUG: 3}, coupon_codes=["WELCOME10"])
    async with each_world.shop.database.write() as db:
        await db.execute(text("UPDATE checkout SET status = 'ready_for_complete'"))
    placing = (ada("place_order", checkout=quoted.checkout) for quoted in (first, second))
    outcomes = await asyncio.gather(*placing, return_exceptions=True)
    assert [type(o).__name__ for o in outcomes].count("OrderView") == 1
    assert await each_world.findings() == []


async def test_merchants_make_coupons_for_their_own_goods_only(each_world: World) -> None:
    harbor, other = await each_world.merchant(), await each_world.merchant("pixel-and-play")
    ada = await each_world.sign_in()
    made = await harbor("create_coupon", coupon="mine", **TERMS)
    assert (made.coupon, made.scope, made.merchant, made.used) == ("MINE", "merchant", "harbor-home", 0)
    with pytest.raises(MerchantNotFound):
        await harbor("create_coupon", coupon="THEIRS", **TERMS, merchant="pixel-and-play")
    with pytest.raises(ProductNotFound):
        await other("create_coupon", coupon="MUG", **TERMS, product="red-enamel-mug")
    await other("create_coupon", coupon="PLAYMUGS", **TERMS, category="mugs-and-cups")
    with pytest.raises(CouponNotForThese):
        await _quote(ada, {MUG: 2}, coupon_codes=["PLAYMUGS"])
    assert len((await other("create_coupon", **TERMS)).coupon) == 10
    with pytest.raises(CouponTaken):
        await other("create_coupon", coupon="MINE", **TERMS)
    for operation, arguments in (("end_coupon", {}), ("replace_coupon", TERMS)):
        for stranger, code in ((other, "MINE"), (harbor, "WELCOME10"), (harbor, "NOPE")):
            with pytest.raises(CouponNotFound, match=f"no coupon {code}"):
                await stranger(operation, coupon=code, **arguments)
        with pytest.raises(MerchantsOnly):
            await ada(operation, coupon="MINE", **arguments)
    assert [c.coupon for c in (await harbor("list_managed_coupons")).items] == ["HARBOR4", "MINE"]
    assert "WELCOME10" in [c.coupon for c in (await (await each_world.admin())("list_managed_coupons")).items]


async def test_terms_change_until_the_first_use_and_end_for_new_orders_only(each_world: World) -> None:
    harbor, ada = await each_world.merchant(), await each_world.sign_in()
    await harbor("create_coupon", coupon="MINE", **TERMS)
    changed = await harbor("replace_coupon", coupon="MINE", **(TERMS | {"percent": 50}))
    assert changed.percent == 50
    order = await ada.buy(MUG, coupon_codes=["MINE"])
    with pytest.raises(CouponInUse):
        await harbor("replace_coupon", coupon="MINE", **TERMS)
    ended = await harbor("end_coupon", coupon="MINE")
    assert (ended.used, ended.ended_at) == (1, each_world.clock.now)
    with pytest.raises(CouponEnded):
        await _quote(ada, {MUG: 1}, coupon_codes=["MINE"])
    assert (await ada("get_order", order=order.order)).total == order.total
    assert "MINE" not in [c.coupon for c in (await harbor("list_managed_coupons")).items]
    assert "MINE" in [c.coupon for c in (await harbor("list_managed_coupons", ended=True)).items]
    assert await each_world.findings() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"percent": None},
        {"amount": 5},
        {"percent": 101},
        {"uses": 0},
        {"valid_from": "2026-07-02T00:00:00Z", "valid_until": "2026-07-01T00:00:00Z"},
        {"claim_until": "2026-07-02T00:00:00Z", "valid_until": "2026-07-01T00:00:00Z"},
        {"valid_until": "2026-07-01T00:00:00"},
        {"valid_until": "tomorrow"},
    ],
)
async def test_terms_that_make_no_sense_are_refused(world: World, wrong: dict[str, Any]) -> None:
    """Among them a missing optional field, which is no reason to fail: the rest of the terms decide."""
    admin = await world.admin()
    with pytest.raises(BadInput):
        await admin("create_coupon", coupon="WRONG", **(TERMS | wrong))
