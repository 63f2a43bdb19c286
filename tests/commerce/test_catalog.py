"""Finding goods: words, Chinese, filters, order, pages."""

from typing import Any

import pytest

from commerce.catalog.refusals import CategoryNotFound, ProductNotFound
from commerce.catalog.tokens import index_tokens, query_words
from commerce.catalog.vocabulary import vocabulary
from commerce.context import ANONYMOUS, Context
from commerce.errors import BadInput, CursorInvalid
from tests.worlds import Shopper, World


async def _found(world: World, **asked: Any) -> list[str]:
    return [p.product for p in (await Shopper(world.shop)("search_products", **asked)).items]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("red enamel mug", "red-enamel-mug"),
        ("RED MUGS", "red-enamel-mug"),
        ("红色搪瓷杯", "red-enamel-mug"),
        ("MUG-RED-350", "red-enamel-mug"),
        ("noise-cancelling headphones", "noise-cancelling-headphones"),
    ],
)
async def test_words_find_what_they_name(each_world: World, query: str, first: str) -> None:
    assert (await _found(each_world, query=query))[0] == first


@pytest.mark.parametrize("query", ["红色杯子", "红色的杯子", "red 杯子"])
async def test_unspaced_chinese_and_mixed_words_are_found(each_world: World, query: str) -> None:
    assert "red-enamel-mug" in await _found(each_world, query=query)


async def test_what_holds_only_some_words_is_said_to(each_world: World) -> None:
    every = await Shopper(each_world.shop)("search_products", query="enamel mug")
    some = await Shopper(each_world.shop)("search_products", query="enamel submarine")
    none = await Shopper(each_world.shop)("search_products", query="submarine")
    assert (every.matched, some.matched, none.items) == ("all_words", "some_words", [])
    assert "red-enamel-mug" in [p.product for p in some.items]


async def test_price_and_stock_speak_of_the_same_variant(each_world: World) -> None:
    found = await Shopper(each_world.shop)(
        "search_products", query="mug", min_price=900, max_price=1500, in_stock=True, limit=100
    )
    assert found.items
    for product in found.items:
        assert any(900 <= v.price.amount <= 1500 and v.available > 0 for v in product.variants)
    sold_out = await _found(each_world, in_stock=False, limit=100)
    assert "celadon-tea-bowl" in sold_out
    assert not set(sold_out) & set(await _found(each_world, in_stock=True, limit=100))


@pytest.mark.parametrize("sort", ["relevance", "price_asc", "price_desc", "newest"])
@pytest.mark.parametrize("query", ["", "mug"])
async def test_pages_hold_everything_once_and_in_order(each_world: World, sort: str, query: str) -> None:
    whole = await Shopper(each_world.shop)("search_products", sort=sort, query=query, limit=100)
    seen, cursor = [], None
    while True:
        more: dict[str, Any] = {"cursor": cursor} if cursor else {}
        page = await Shopper(each_world.shop)("search_products", sort=sort, query=query, limit=7, **more)
        seen += [p.product for p in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert seen[:100] == [p.product for p in whole.items]
    prices = [p.price.amount for p in whole.items]
    if sort.startswith("price"):
        assert prices == sorted(prices, reverse=sort == "price_desc")


async def test_a_cursor_of_another_list_is_refused(world: World) -> None:
    shopper = Shopper(world.shop)
    cursor = (await shopper("search_products", query="mug", limit=2)).next_cursor
    for other in ({"query": "cup"}, {"query": "mug", "sort": "newest"}):
        with pytest.raises(CursorInvalid):
            await shopper("search_products", **other, cursor=cursor)
    with pytest.raises(CursorInvalid):
        await shopper("list_categories", cursor="bm90IGEgY3Vyc29y")


async def test_categories_are_listed_and_filter(world: World) -> None:
    shopper = Shopper(world.shop)
    categories = (await shopper("list_categories", limit=100)).items
    assert len(categories) >= 12
    assert sum(c.products for c in categories) >= 120
    mugs = await shopper("search_products", category="mugs-and-cups", limit=100)
    assert {p.category for p in mugs.items} == {"mugs-and-cups"}
    with pytest.raises(CategoryNotFound):
        await shopper("search_products", category="submarines")


async def test_an_unknown_product_is_refused(world: World) -> None:
    with pytest.raises(ProductNotFound):
        await Shopper(world.shop)("get_product", product="flying-carpet")


@pytest.mark.parametrize(
    "asked", [{"limit": 0}, {"limit": 101}, {"min_price": -1}, {"sort": "luck"}, {"colour": "red"}, {"limit": "5"}]
)
async def test_input_that_does_not_fit_is_refused(world: World, asked: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        await Shopper(world.shop)("search_products", **asked)


def _asked(query: str) -> set[str]:
    return {token for word in query_words(query) for tokens in word for token in tokens}


def test_tokens_are_stems_pairs_and_ascii() -> None:
    assert query_words("The Mugs") == query_words("mug")
    assert _asked("搪瓷杯") <= set(index_tokens("红色搪瓷杯"))
    assert _asked("杯") <= set(index_tokens("红色搪瓷杯"))
    assert all(
        token.isascii() and token.isalnum() and len(token) > 2 for token in index_tokens("XL café 杯 μ 5\" ' OR *")
    )
    assert query_words('"; DROP TABLE -- *') == query_words("drop table")


def test_chinese_is_read_as_words_and_not_as_what_stands_between_them() -> None:
    ((reading,),) = query_words("红色杯子")
    assert set(reading) == _asked("红色 杯子")
    assert len(query_words("一二三四五")[0]) == 2
    assert len(query_words("红色的杯子")) == 2
    assert len(query_words("字" * 200)[0]) == 1


async def test_the_vocabulary_holds_what_goods_are_called_and_look_like(world: World) -> None:
    words = await vocabulary(Context(world.shop, ANONYMOUS))
    assert {"red enamel mug", "红色搪瓷杯", "mug", "马克杯"} <= words.things
    assert {"red", "红色", "350 ml"} <= words.looks
    assert await vocabulary(Context(world.shop, ANONYMOUS)) is words
