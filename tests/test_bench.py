"""The benchmark's goods are goods: they can be found in both languages and bought."""

from tests.bench.goods import SERIES_SIZE, grow, noun_of, series_of, sku_of, slug_of
from tests.worlds import Shopper, World


async def test_what_a_search_for_a_series_finds_does_not_grow_with_the_catalogue(each_world: World) -> None:
    for size in (SERIES_SIZE * 2, SERIES_SIZE * 4):
        await grow(each_world.shop, size)
        for language in (0, 1):
            words = f"{series_of(1)[language]} {noun_of(1)[language]}"
            found = await Shopper(each_world.shop)("search_products", query=words, limit=100)
            assert {item.product for item in found.items} == {slug_of(n) for n in range(SERIES_SIZE)}
    assert await each_world.findings() == []


async def test_made_up_goods_are_bought_like_others(each_world: World) -> None:
    await grow(each_world.shop, SERIES_SIZE)
    customer = await each_world.customer()
    order = await customer.buy(sku_of(3))
    assert [line.product for line in order.lines] == [slug_of(3)]
