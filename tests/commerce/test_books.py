"""Schema, seeds, money and the audit itself."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from agent import records as agent_records
from commerce.audit import audit
from commerce.catalog.refusals import ProductNotFound
from commerce.database import migrate, newest_revision, revision
from commerce.money import Money, minor_units, share
from commerce.seeding import read_seeds, seed
from commerce.shop import MIGRATIONS, VERSION_TABLE
from evals.world import AGENT_MIGRATIONS, AGENT_VERSION_TABLE, prepare, seeds
from tests.worlds import Shopper, World

OWN_TABLES = {"commerce_version", "agent_version"}


async def test_migrations_make_the_schema_that_the_tables_declare(each_world: World) -> None:
    assert agent_records.ThreadRow.__tablename__ == "chat_thread"
    dialect = each_world.shop.database

    def compare(connection: Connection) -> list[str]:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        found = compare_metadata(context, SQLModel.metadata)
        return [str(d) for d in found if not any(name in str(d) for name in (*OWN_TABLES, "product_search"))]

    async with dialect.read() as db:
        assert await db.run_sync(compare) == []


async def test_migrations_go_down_and_up_again(each_world: World) -> None:
    database = each_world.shop.database
    await migrate(database, AGENT_MIGRATIONS, AGENT_VERSION_TABLE, "base")
    await migrate(database, MIGRATIONS, VERSION_TABLE, "base")
    assert await revision(database, VERSION_TABLE) is None
    await prepare(each_world.shop)
    assert await revision(database, VERSION_TABLE) == newest_revision(MIGRATIONS)
    assert (await seed(each_world.shop, seeds()))["products"] >= 120


async def test_an_upgrade_that_is_cut_off_is_made_up_for_at_the_next_start(each_world: World) -> None:
    """A shop in use, from before there were cards."""
    shop, shopper = each_world.shop, await each_world.sign_in()
    await shopper.buy()
    before = await shopper("search_products", query="mug")
    await migrate(shop.database, MIGRATIONS, VERSION_TABLE, "0018")
    await migrate(shop.database, MIGRATIONS, VERSION_TABLE)
    with pytest.raises(ProductNotFound):
        await shopper("get_product", product="red-enamel-mug")
    assert (await shopper("search_products")).items == []
    await prepare(shop)
    assert await shopper("search_products", query="mug") == before
    assert await each_world.findings() == []


async def test_seeding_again_changes_nothing_and_a_new_price_is_taken_over(each_world: World) -> None:
    ada = await each_world.sign_in()
    await ada.buy(quantity=2)
    assert set((await seed(each_world.shop, seeds())).values()) == {0}
    assert await each_world.available("MUG-RED-350") == 22
    await each_world.set_price("MUG-RED-350", 1)
    await seed(each_world.shop, seeds())
    found = await Shopper(each_world.shop)("get_product", product="red-enamel-mug")
    assert found.variants[0].price.amount == 1299
    assert await each_world.findings() == []


def test_the_demo_shop_is_what_it_promises() -> None:
    found = read_seeds()
    variants = [v for _, p in found.products for v in p.variants]
    assert len(found.products) >= 120
    assert len({category for category, _ in found.products}) >= 12
    assert {c.category for c in found.shop.categories} == {category for category, _ in found.products}
    assert len({v.sku for v in variants}) == len(variants)
    assert all(p.names["zh"] and p.descriptions["zh"] for _, p in found.products)
    assert sum(v.stock == 0 for v in variants) >= 10
    assert sum(p.free_shipping for _, p in found.products) >= 4
    assert len(found.shop.customers[0].addresses) == 2


BREAKS = [
    ("UPDATE stock SET on_hand = on_hand + 1 WHERE sku = 'MUG-RED-350'", "stock of MUG-RED-350"),
    ("UPDATE stock SET reserved = reserved + 1 WHERE sku = 'MUG-RED-350'", "unpaid orders hold 0"),
    ("UPDATE ledger SET amount = amount + 1 WHERE book = 'sales'", "out of balance by 1"),
    ("UPDATE orders SET status = 'awaiting_payment'", "unpaid orders hold"),
    ("UPDATE orders SET total = total + 1", "due"),
    ("UPDATE order_line SET discount = discount + 1", "but its goods cost 2337 and its deliveries 499"),
    ("UPDATE fulfillment SET price = 0", "its deliveries 0"),
    ("UPDATE coupon SET used = used + 1 WHERE code = 'WELCOME10'", "coupon WELCOME10: 2 uses, 1 rows"),
    ("UPDATE orders SET status = 'cancelled'", "is cancelled and still holds WELCOME10"),
    ("UPDATE orders SET status = 'shipped'", "is shipped, its parts are waiting"),
    ("UPDATE fulfillment SET status = 'shipped'", "is paid, its parts are shipped"),
    ("UPDATE order_line SET returned = 1", "the part is waiting"),
    ("UPDATE order_line SET cancelled = 3", "of 2 are 3 cancelled"),
    ("UPDATE order_line SET cancelled = 2", "holds nothing"),
    ("UPDATE fulfillment SET given_back = -1", "its parts come to 2838"),
    ("DELETE FROM payment", "the gateway holds"),
    ("UPDATE payment SET captured = captured - 1", "wanted"),
    ("UPDATE payment SET amount = amount * 2", "held and 0 of it given back"),
    ("UPDATE payment SET refunded = 1", "refunds of 0"),
    ("UPDATE transfer SET amount = amount + 1", "the ledger does not say the same"),
    ("DELETE FROM ledger WHERE book = 'sales'", "with 1 sides"),
    ("DELETE FROM stock WHERE sku = 'MUG-BLU-350'", "variant MUG-BLU-350 has no stock row"),
]


@pytest.mark.parametrize(("broken", "finding"), BREAKS)
async def test_the_audit_sees_what_is_wrong(world: World, broken: str, finding: str) -> None:
    ada = await world.sign_in()
    await ada.buy(quantity=2, coupon_codes=["WELCOME10"], payment_method=await ada.method("tok_succeeds"))
    assert await audit(world.shop.database) == []
    async with world.shop.database.write() as db:
        await db.execute(text(broken))
    assert any(finding in found for found in await audit(world.shop.database))


def test_money_is_counted_in_minor_units() -> None:
    assert minor_units("12.99", "USD") == 1299
    assert minor_units("1200", "JPY") == 1200
    with pytest.raises(ValueError, match="more digits"):
        minor_units("12.999", "USD")
    assert [share(amount, 10) for amount in (5, 15, 25, 2598)] == [0, 2, 2, 260]
    assert str(Money(amount=123456, currency="USD")) == "$1,234.56"
    assert str(Money(amount=-5, currency="CHF")) == "-0.05 CHF"
    assert str(Money(amount=1200, currency="JPY")) == "¥1,200"
