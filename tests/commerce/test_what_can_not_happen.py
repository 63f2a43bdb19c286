"""What must not happen when an order is made of a cart."""

from sqlalchemy import text

from tests.worlds import World

CENTS = {"MUG-RED-350": (1299, 3), "TEE-HVY-WHT-M": (2200, 1), "MUG-BLU-350": (1299, 2)}


async def _lines(world: World) -> dict[str, tuple[int, int]]:
    async with world.shop.database.read() as db:
        rows = await db.execute(text("SELECT sku, unit_price, quantity FROM order_line"))
        return {row.sku: (row.unit_price, row.quantity) for row in rows.all()}


async def test_an_order_is_never_for_nothing_and_never_rounded_to_whole_units(each_world: World) -> None:
    ada = await each_world.sign_in()
    method = await ada.method("tok_succeeds")
    await each_world.set_price("MUG-RED-350", 1234)
    order = await ada.buy("MUG-RED-350", quantity=3, coupon_codes=["WELCOME10"], payment_method=method)
    total = 3 * 1234 - 370 + 499
    assert (order.total.amount, order.payment.amount.amount) == (total, total)
    async with each_world.shop.database.read() as db:
        held = await db.scalar(text("SELECT SUM(amount) FROM ledger WHERE amount > 0"))
    assert held == total
    assert await each_world.findings() == []


async def test_quantities_belong_to_skus_and_never_to_positions(each_world: World) -> None:
    """Added in one order, read from the database in another, and not one is missing or swapped."""
    ada = await each_world.sign_in()
    for sku, (_, quantity) in CENTS.items():
        await ada("add_to_cart", sku=sku, quantity=quantity)
    quoted = await ada("create_checkout", skus=sorted(CENTS, reverse=True))
    await ada("place_order", checkout=quoted.checkout)
    lines = await _lines(each_world)
    assert {sku: quantity for sku, (_, quantity) in lines.items()} == {s: q for s, (_, q) in CENTS.items()}
    shown = {line.sku: line.unit_price.amount for line in quoted.lines}
    assert {sku: price for sku, (price, _) in lines.items()} == shown


async def test_the_freight_is_never_left_out_and_the_address_is_the_one_that_was_chosen(each_world: World) -> None:
    ada = await each_world.sign_in()
    home, shanghai = (await ada("list_addresses")).items
    order = await ada.buy("MUG-RED-350", address=shanghai.address)
    assert (order.address.address, order.address.city) == (shanghai.address, "上海")
    assert order.total.amount == 1299 + 899
    assert (await ada.buy("MUG-RED-350")).address.address == home.address
    assert await each_world.findings() == []
