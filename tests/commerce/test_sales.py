"""What merchants are told of their sales, on every database."""

from datetime import UTC, datetime
from typing import Any

import pytest

from commerce.errors import BadInput, MerchantsOnly
from commerce.merchants.refusals import MerchantNotFound
from commerce.operations import CATALOG
from tests.commerce.test_aftersales import arrived, asked
from tests.commerce.test_fulfillments import BAG, MUG, TRAIL, part_of, two_parts
from tests.statements import counting
from tests.worlds import Shopper, World


def figures(report: Any) -> tuple[int, int, int, int, int]:
    assert report.net.amount == report.gross.amount - report.refunded.amount
    return report.orders, report.units, report.units_back, report.gross.amount, report.refunded.amount


def best(report: Any) -> list[tuple[str, int, int]]:
    return [(b.product, b.units, b.amount.amount) for b in report.best_sellers]


async def paid(shopper: Shopper, sku: str = MUG, quantity: int = 1, **checkout: Any) -> Any:
    return await shopper.buy(sku, quantity, payment_method=await shopper.method("tok_succeeds"), **checkout)


async def test_a_merchant_sees_its_own_parts_of_paid_orders_and_an_admin_all(each_world: World) -> None:
    ada, home, trail = await each_world.sign_in(), await each_world.merchant(), await each_world.merchant(TRAIL)
    admin = await each_world.admin()
    assert figures(await home("get_sales_report")) == (0, 0, 0, 0, 0)
    order = await two_parts(ada, coupon_codes=["WELCOME10"])
    await ada.buy(MUG, 3)  # which nobody pays
    mine, theirs, all_of_them = [await who("get_sales_report") for who in (home, trail, admin)]
    assert (mine.merchant, theirs.merchant, all_of_them.merchant) == ("harbor-home", TRAIL, None)
    assert figures(mine)[:3] == (1, 2, 0)
    assert figures(theirs)[:3] == (1, 1, 0)
    assert figures(all_of_them) == (1, 3, 0, order.total.amount, 0)
    assert mine.gross.amount + theirs.gross.amount == order.total.amount
    [mugs] = mine.best_sellers
    line = next(line for line in order.lines if line.sku == MUG)
    assert best(mine) == [("red-enamel-mug", 2, line.total.amount - line.discount.amount)]
    assert (mugs.name, mugs.names["zh"]) == ("Red enamel mug", "红色搪瓷杯")
    assert await admin("get_sales_report", merchant=TRAIL) == theirs
    assert await trail("get_sales_report", merchant=TRAIL) == theirs
    assert all_of_them.best_sellers[0].product == "red-enamel-mug"
    assert len((await admin("get_sales_report", limit=1)).best_sellers) == 1


async def test_what_was_cancelled_returned_or_given_is_taken_off_the_order_that_it_was_of(each_world: World) -> None:
    ada, home = await each_world.sign_in(), await each_world.merchant()
    order = await arrived(each_world, ada, coupon_codes=["WELCOME10"])
    gross = (await home("get_sales_report")).gross.amount
    each_world.clock.move(days=3)
    request = await asked(ada, order, (MUG, 1))
    given = (await home("approve_refund", refund_request=request.refund_request, restock=True)).given.amount
    await home("refund_fulfillment", fulfillment=await part_of(home, order), amount=100, reason="late")
    cancelled = await paid(ada, MUG, 4)
    await ada("cancel_order", order=cancelled.order)
    report = await home("get_sales_report")
    assert figures(report) == (2, 6, 5, gross + cancelled.total.amount, given + 100 + cancelled.total.amount)
    assert [(b.product, b.units) for b in report.best_sellers] == [("red-enamel-mug", 1)]
    first_day = await home("get_sales_report", since="2026-06-01", until="2026-06-01")
    assert figures(first_day) == (1, 2, 1, gross, given + 100)
    assert await each_world.findings() == []


async def test_what_was_cancelled_before_the_payment_was_never_sold(each_world: World) -> None:
    ada, home, trail = await each_world.sign_in(), await each_world.merchant(), await each_world.merchant(TRAIL)
    await ada("add_to_cart", sku=MUG, quantity=4)
    await ada("add_to_cart", sku=BAG, quantity=3)
    order = await ada("place_order", checkout=(await ada("create_checkout", coupon_codes=["WELCOME10"])).checkout)
    await ada("cancel_order_line", order=order.order, sku=MUG, quantity=1)
    await ada("cancel_order_line", order=order.order, sku=BAG, quantity=1)
    order = await ada("pay_order", order=order.order, payment_method=await ada.method("tok_succeeds"))
    mine, theirs = await home("get_sales_report"), await trail("get_sales_report")
    assert figures(mine)[1:3] == (3, 0)
    assert figures(theirs)[1:3] == (2, 0)
    assert mine.gross.amount + theirs.gross.amount == order.total.amount
    later = await ada("cancel_order_line", order=order.order, sku=MUG, quantity=1)
    mine, theirs = await home("get_sales_report"), await trail("get_sales_report")
    assert figures(mine)[1:3] == (3, 1)
    assert (mine.refunded, theirs.refunded.amount) == (later.refunded, 0)
    everybodys = await (await each_world.admin())("get_sales_report")
    assert figures(everybodys) == (1, 5, 1, order.total.amount, later.refunded.amount)
    assert await each_world.findings() == []


async def test_an_order_counts_on_the_day_of_its_payment_and_the_last_thirty_days_are_usual(
    each_world: World,
) -> None:
    ada, home = await each_world.sign_in(), await each_world.merchant()
    each_world.clock.now = datetime(2026, 6, 1, 23, 55, tzinfo=UTC)
    order = await ada.buy(MUG)
    each_world.clock.now = datetime(2026, 6, 2, 0, 1, tzinfo=UTC)
    await ada("pay_order", order=order.order, payment_method=await ada.method("tok_succeeds"))
    for since, until, orders in [("2026-06-01", "2026-06-01", 0), ("2026-06-02", "2026-06-02", 1), (None, None, 1)]:
        report = await home("get_sales_report", since=since, until=until)
        assert report.orders == orders
    assert (report.since, report.until) == ("2026-05-04", "2026-06-02")
    each_world.clock.now = datetime(2026, 7, 1, 23, 59, tzinfo=UTC)
    home = await each_world.merchant()
    assert (await home("get_sales_report")).orders == 1
    each_world.clock.now = datetime(2026, 7, 2, 0, 0, tzinfo=UTC)
    assert (await home("get_sales_report")).orders == 0
    assert (await home("get_sales_report", since="2026-01-01")).orders == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"since": "2026-06-02", "until": "2026-06-01"},
        {"since": "2027-01-01"},
        {"since": "2024-01-01", "until": "2026-01-01"},
        {"since": "yesterday"},
        {"limit": 51},
        {"days": 367},
        {"days": 7, "period": "today"},
        {"since": "2026-05-01", "period": "today"},
        {"until": "2026-05-01", "days": 7},
    ],
)
async def test_a_period_that_does_not_fit_is_refused(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        await (await world.merchant())("get_sales_report", **wrong)


@pytest.mark.parametrize(
    ("today", "asked", "days"),
    [
        ("2026-06-01", {"period": "today"}, ("2026-06-01", "2026-06-01")),
        ("2026-06-01", {"period": "yesterday"}, ("2026-05-31", "2026-05-31")),
        ("2026-06-01", {"period": "this_week"}, ("2026-06-01", "2026-06-01")),
        ("2026-06-07", {"period": "this_week"}, ("2026-06-01", "2026-06-07")),
        ("2026-06-07", {"period": "last_week"}, ("2026-05-25", "2026-05-31")),
        ("2026-06-07", {"period": "this_month"}, ("2026-06-01", "2026-06-07")),
        ("2026-03-31", {"period": "last_month"}, ("2026-02-01", "2026-02-28")),
        ("2026-01-01", {"period": "last_month"}, ("2025-12-01", "2025-12-31")),
        ("2026-12-31", {"period": "this_year"}, ("2026-01-01", "2026-12-31")),
        ("2026-06-07", {"days": 7}, ("2026-06-01", "2026-06-07")),
        ("2026-06-07", {"days": 1}, ("2026-06-07", "2026-06-07")),
    ],
)
async def test_a_period_is_named_by_what_people_call_it(
    world: World, today: str, asked: dict[str, Any], days: tuple[str, str]
) -> None:
    world.clock.now = datetime.fromisoformat(f"{today}T08:00:00+00:00")
    report = await (await world.merchant())("get_sales_report", **asked)
    assert (report.since, report.until) == days


@pytest.mark.parametrize("until", ["0001-01-01", "0001-01-20"])
async def test_the_first_days_of_the_calendar_have_no_days_before(world: World, until: str) -> None:
    report = await (await world.merchant())("get_sales_report", until=until)
    assert (report.since, report.orders) == ("0001-01-01", 0)


async def test_another_merchants_sales_do_not_exist(world: World) -> None:
    await paid(await world.sign_in())
    rival, told = await world.merchant("rival"), []
    for slug in ("harbor-home", "no-such-shop"):
        with pytest.raises(MerchantNotFound) as refused:
            await rival("get_sales_report", merchant=slug)
        told.append(str(refused.value).replace(slug, "?"))
    assert told[0] == told[1]
    assert figures(await rival("get_sales_report")) == (0, 0, 0, 0, 0)
    with pytest.raises(MerchantNotFound):
        await (await world.admin())("get_sales_report", merchant="no-such-shop")
    with pytest.raises(MerchantsOnly):
        await (await world.customer())("get_sales_report")


async def test_a_deleted_product_keeps_its_sales(world: World) -> None:
    home = await world.merchant()
    await paid(await world.sign_in())
    await home("delete_product", product="red-enamel-mug")
    assert [(b.product, b.name) for b in (await home("get_sales_report")).best_sellers] == [("red-enamel-mug",) * 2]


async def test_it_costs_three_statements_at_most(each_world: World) -> None:
    ada, home = await each_world.sign_in(), await each_world.merchant()
    order = await ada.buy(MUG, 2)
    await ada("cancel_order_line", order=order.order, sku=MUG, quantity=1)
    await ada("pay_order", order=order.order, payment_method=await ada.method("tok_succeeds"))
    operation = CATALOG["get_sales_report"]
    with counting() as counted:
        assert (await operation(home.context, operation.parse({}))).units == 1
    own = [told for told in counted.statements if told != "SELECT 1"]  # asked of a connection that has rested
    assert len(own) <= 3, counted
    assert counted.commits == 0
