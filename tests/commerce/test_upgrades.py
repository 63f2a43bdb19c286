"""Shops that are in use while their schema goes down to an older one and up again."""

import pytest

from commerce.database import migrate, revision
from commerce.shop import MIGRATIONS, VERSION_TABLE
from evals.world import prepare
from tests.commerce.test_fulfillments import part_of
from tests.worlds import Shopper, World

MERCHANTS, PART_OF_A_REFUND, AFTERSALES = "0002", "0008", "0018"
"""The first revisions that know of them; what an older one can't hold is lost on the way down."""


async def sold(world: World, ada: Shopper, *, some_money_back: bool) -> dict[str, str]:
    """Orders of each fate, by number, and their state: unpaid, cancelled, paid with a coupon, sent, cancelled when paid."""
    card = await ada.method("tok_succeeds")
    home = await world.merchant()
    unpaid, cancelled = await ada.buy(quantity=2), await ada.buy()
    await ada("cancel_order", order=cancelled.order)
    cheaper = await ada.buy(quantity=2, payment_method=card, coupon_codes=["WELCOME10"])
    sent, given_back = [await ada.buy(payment_method=card) for _ in range(2)]
    part = await part_of(home, sent)
    await home("ship_fulfillment", fulfillment=part, carrier="UPS", tracking="1Z999")
    if some_money_back:
        await home("refund_fulfillment", fulfillment=part, amount=500, reason="chipped")
    await ada("cancel_order", order=given_back.order)
    numbers = [order.order for order in (unpaid, cancelled, cheaper, sent, given_back)]
    return {number: (await ada("get_order", order=number)).status for number in numbers}


@pytest.mark.parametrize("older", [MERCHANTS, PART_OF_A_REFUND, AFTERSALES])
async def test_a_shop_in_use_goes_down_to_an_older_schema_and_up_again(each_world: World, older: str) -> None:
    shop, ada = each_world.shop, await each_world.sign_in()
    states = await sold(each_world, ada, some_money_back=older >= PART_OF_A_REFUND)
    await ada("add_to_cart", sku="MUG-BLU-350")
    assert await each_world.findings() == []
    await migrate(shop.database, MIGRATIONS, VERSION_TABLE, older)
    assert await revision(shop.database, VERSION_TABLE) == older
    await prepare(shop)
    assert await each_world.findings() == []
    assert {number: (await ada("get_order", order=number)).status for number in states} == states
    assert [line.sku for line in (await ada("view_cart")).items] == ["MUG-BLU-350"]
    another = await ada.buy()
    await ada("cancel_order", order=another.order)
    assert await each_world.findings() == []
