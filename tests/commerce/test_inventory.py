"""The stock as merchants see and correct it, and shoppers who wait for it."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from commerce.catalog.refusals import VariantNotFound
from commerce.errors import BadInput, CustomersOnly, MerchantsOnly
from commerce.inventory.refusals import OutOfStock, StillInStock, StockAlertNotFound, StockMoved, StockPromised
from commerce.jobs import run_jobs
from tests.worlds import World

MUG, GREEN = "MUG-RED-350", "MUG-RIB-GRN"


async def _events(world: World, type: str) -> list[Any]:
    async with world.shop.database.read() as db:
        rows = await db.execute(text("SELECT data FROM outbox WHERE type = :type ORDER BY id"), {"type": type})
        return [row.data for row in rows]


async def test_stock_is_corrected_and_every_change_is_a_row(each_world: World) -> None:
    merchant, ada = await each_world.merchant(), await each_world.sign_in()
    each_world.clock.move(seconds=1)
    await ada.buy(MUG, 2)
    held = await merchant("get_stock", sku=MUG)
    assert (held.on_hand, held.reserved, held.available, held.low) == (24, 2, 22, False)
    assert (await merchant("adjust_stock", sku=MUG, by=6, reason="received")).on_hand == 30
    assert (await merchant("adjust_stock", sku=MUG, by=-1, reason="damaged", note="dented")).on_hand == 29
    counted = await merchant("adjust_stock", sku=MUG, counted=5, reason="counted", expected=29)
    assert (counted.on_hand, counted.available, counted.low) == (5, 3, True)
    moves = (await merchant("list_stock_movements", sku=MUG)).items
    assert [(m.on_hand, m.reserved, m.reason) for m in moves] == [
        (-24, 0, "counted"),
        (-1, 0, "damaged"),
        (6, 0, "received"),
        (0, 2, "reserve"),
        (24, 0, "receive"),
    ]
    assert (moves[1].note, moves[3].order is not None) == ("dented", True)
    page = await merchant("list_stock_movements", sku=MUG, limit=4)
    assert len((await merchant("list_stock_movements", sku=MUG, limit=4, cursor=page.next_cursor)).items) == 1
    assert await each_world.findings() == []


async def test_promised_goods_can_not_be_taken_away_and_the_rest_can_to_the_last(each_world: World) -> None:
    merchant, ada = await each_world.merchant(), await each_world.sign_in()
    order = await ada.buy(MUG, 2)
    changes: list[dict[str, Any]] = [{"by": -23}, {"counted": 1}]
    for change in changes:
        with pytest.raises(StockPromised):
            await merchant("adjust_stock", sku=MUG, **change)
    assert (await merchant("adjust_stock", sku=MUG, counted=2)).available == 0
    with pytest.raises(OutOfStock):
        await ada("add_to_cart", sku=MUG)
    await ada("cancel_order", order=order.order)
    empty = await merchant("adjust_stock", sku=MUG, counted=0)
    assert (empty.on_hand, empty.reserved, empty.available) == (0, 0, 0)
    with pytest.raises(OutOfStock):
        await ada("add_to_cart", sku=MUG)
    assert (await ada("get_product", product="red-enamel-mug")).variants[0].available == 0
    assert await each_world.findings() == []


async def test_a_count_of_stock_that_moved_meanwhile_is_refused(each_world: World) -> None:
    merchant = await each_world.merchant()
    with pytest.raises(StockMoved):
        await merchant("adjust_stock", sku=MUG, counted=9, expected=23)
    assert (await merchant("get_stock", sku=MUG)).on_hand == 24


async def test_orders_and_corrections_at_once_never_lose_a_piece(each_world: World) -> None:
    merchant = await each_world.merchant()
    shoppers = [await each_world.customer() for _ in range(8)]
    for shopper in shoppers:
        await shopper("add_to_cart", sku=MUG, quantity=3)
    quotes = [await shopper("create_checkout") for shopper in shoppers]
    placing = [s("place_order", checkout=q.checkout) for s, q in zip(shoppers, quotes, strict=True)]
    correcting = [merchant("adjust_stock", sku=MUG, by=by) for by in (-4, 3, -5, 2, -1, -6)]
    done = await asyncio.gather(*placing, *correcting, return_exceptions=True)
    placed = sum(not isinstance(answer, BaseException) for answer in done[:8])
    moved = sum(
        by for by, answer in zip((-4, 3, -5, 2, -1, -6), done[8:], strict=True) if not isinstance(answer, BaseException)
    )
    assert not [a for a in done[8:] if isinstance(a, BaseException) and not isinstance(a, StockPromised)]
    held = await merchant("get_stock", sku=MUG)
    assert (held.on_hand, held.reserved) == (24 + moved, 3 * placed)
    assert placed >= 3
    assert await each_world.findings() == []


async def test_low_stock_is_listed_by_its_own_threshold(each_world: World) -> None:
    merchant = await each_world.merchant()
    low = (await merchant("list_low_stock", limit=100)).items
    assert [s.available for s in low] == sorted(s.available for s in low)
    assert MUG not in [s.sku for s in low]
    assert all(s.low for s in low)
    await merchant("set_low_stock", sku=MUG, low_stock_at=24)
    assert MUG in [s.sku for s in (await merchant("list_low_stock", limit=100)).items]
    first = await merchant("list_low_stock", limit=2)
    rest = await merchant("list_low_stock", limit=100, cursor=first.next_cursor)
    assert [s.sku for s in (*first.items, *rest.items)] == [s.sku for s in low] + [MUG]


async def test_who_waits_is_told_once_when_it_is_back(each_world: World) -> None:
    merchant, ada, bob = await each_world.merchant(), await each_world.sign_in(), await each_world.customer()
    with pytest.raises(StillInStock):
        await ada("watch_stock", sku=MUG)
    for shopper in (ada, ada, bob):
        await shopper("watch_stock", sku=GREEN)
    await run_jobs(each_world.shop)
    assert await _events(each_world, "stock.back") == []
    await merchant("adjust_stock", sku=GREEN, by=1, reason="received")
    for _ in range(2):
        await asyncio.gather(run_jobs(each_world.shop), run_jobs(each_world.shop))
    assert len(await _events(each_world, "stock.back")) == 2
    [alert] = (await ada("list_stock_alerts")).items
    assert (alert.sku, alert.available, alert.back_at) == (GREEN, 1, each_world.clock.now)
    await merchant("adjust_stock", sku=GREEN, counted=0)
    await ada("watch_stock", sku=GREEN)
    assert [a.back_at for a in (await ada("list_stock_alerts")).items] == [None]
    assert (await bob("unwatch_stock", sku=GREEN)).items == []
    with pytest.raises(StockAlertNotFound):
        await bob("unwatch_stock", sku=GREEN)
    await merchant("adjust_stock", sku=GREEN, counted=4)
    await run_jobs(each_world.shop)
    assert len(await _events(each_world, "stock.back")) == 3


async def test_who_waits_is_not_told_of_what_is_not_sold(each_world: World) -> None:
    merchant, ada = await each_world.merchant(), await each_world.sign_in()
    await ada("watch_stock", sku=GREEN)
    await merchant("take_off_sale", product="ribbed-stoneware-mug")
    await merchant("adjust_stock", sku=GREEN, counted=4)
    await run_jobs(each_world.shop)
    assert [(a.available, a.back_at) for a in (await ada("list_stock_alerts")).items] == [(0, None)]
    await merchant("put_on_sale", product="ribbed-stoneware-mug")
    await run_jobs(each_world.shop)
    assert [(a.available, a.back_at) for a in (await ada("list_stock_alerts")).items] == [(4, each_world.clock.now)]
    await merchant("delete_product", product="ribbed-stoneware-mug")
    assert (await ada("list_stock_alerts")).items == []


async def test_waiting_at_the_moment_of_return_is_never_forgotten(each_world: World) -> None:
    merchant, shoppers = await each_world.merchant(), [await each_world.customer() for _ in range(6)]
    asked = [s("watch_stock", sku=GREEN) for s in shoppers]
    done = await asyncio.gather(
        *asked, merchant("adjust_stock", sku=GREEN, by=1), run_jobs(each_world.shop), return_exceptions=True
    )
    waiting = sum(not isinstance(answer, BaseException) for answer in done[:6])
    assert not [a for a in done if isinstance(a, BaseException) and not isinstance(a, StillInStock)]
    await run_jobs(each_world.shop)
    assert len(await _events(each_world, "stock.back")) == waiting


async def test_best_sellers_are_counted_when_paid_and_given_back(each_world: World) -> None:
    merchant, ada = await each_world.merchant(), await each_world.sign_in()
    order = await ada.buy(MUG, 2, payment_method=await ada.method("tok_succeeds"))
    assert (await merchant("get_my_product", product="red-enamel-mug")).sold == 2
    await ada("cancel_order", order=order.order)
    assert (await merchant("get_my_product", product="red-enamel-mug")).sold == 0


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        ("get_stock", {}),
        ("adjust_stock", {"by": 1}),
        ("set_low_stock", {"low_stock_at": 1}),
        ("list_stock_movements", {}),
    ],
)
async def test_another_merchants_stock_does_not_exist(world: World, operation: str, asked: dict[str, Any]) -> None:
    rival, told = await world.merchant("rival"), []
    for sku in (MUG, "NO-SUCH-SKU"):
        with pytest.raises(VariantNotFound) as refused:
            await rival(operation, sku=sku, **asked)
        told.append(str(refused.value).replace(sku, "?"))
    assert told[0] == told[1]
    with pytest.raises(MerchantsOnly):
        await (await world.customer())(operation, sku=MUG, **asked)
    assert (await rival("list_low_stock")).items == []
    assert (await (await world.admin())("get_stock", sku=MUG)).on_hand == 24
    with pytest.raises(CustomersOnly):
        await (await world.guest())("watch_stock", sku=GREEN)


@pytest.mark.parametrize(
    "wrong", [{}, {"by": 1, "counted": 1}, {"by": 10**10}, {"counted": -1}, {"by": 1, "reason": "luck"}]
)
async def test_a_correction_that_does_not_fit_is_refused(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        await (await world.merchant())("adjust_stock", sku=MUG, **wrong)
