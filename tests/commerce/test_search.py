"""Search: filters, facets, order, spelling, and pages that stay whole while goods change."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from commerce.catalog.denials import denied, denied_tokens
from commerce.catalog.indexing import reindex
from commerce.catalog.rules import MOST_PHRASES, attributes_of, phrases_of
from commerce.catalog.schemas import ProductList
from commerce.catalog.spelling import LONG, allowed, distance, slips
from commerce.catalog.tokens import index_tokens, query_words
from commerce.context import ANONYMOUS, Context
from commerce.errors import BadInput
from tests.worlds import Shopper, World

WORDS = st.text("abcde", min_size=4, max_size=12)


async def _search(world: World, **asked: Any) -> ProductList:
    found: ProductList = await Shopper(world.shop)("search_products", **asked)
    return found


async def _slugs(world: World, **asked: Any) -> list[str]:
    return [p.product for p in (await _search(world, limit=100) if not asked else await _search(world, **asked)).items]


async def _change(world: World, product: str, change: str) -> None:
    """As a merchant's write does: the goods and the index in one transaction."""
    async with Context(world.shop, ANONYMOUS).writing() as ctx:
        await ctx.db.execute(text(f"UPDATE product SET {change} WHERE slug = :slug"), {"slug": product})
        await reindex(ctx, [product])


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"attributes": "color=red"}, True),
        ({"attributes": "颜色=红色"}, True),
        ({"attributes": "Color: RED; capacity = 350 ml"}, True),
        ({"attributes": "color=red, capacity=2 l"}, False),
        ({"attributes": "color=purple"}, False),
        ({"merchant": "harbor-home"}, True),
        ({"merchant": "trailhead-outfitters"}, False),
        ({"free_shipping": True}, False),
        ({"category": "mugs-and-cups"}, True),
        ({"category": "shoes"}, False),
    ],
)
async def test_filters_keep_what_fits(each_world: World, asked: dict[str, Any], found: bool) -> None:
    assert ("red-enamel-mug" in await _slugs(each_world, query="red enamel mug", **asked)) is found


async def test_attributes_price_and_stock_speak_of_the_same_variant(each_world: World) -> None:
    found = await _search(each_world, query="red enamel mug", attributes="color=red", max_price=1300)
    assert [v.price.amount for p in found.items for v in p.variants if v.sku == "MUG-RED-350"] == [1299]
    assert not (await _search(each_world, query="red enamel mug", attributes="color=red", max_price=100)).items


async def test_a_category_holds_what_its_parts_hold(each_world: World) -> None:
    async with each_world.shop.database.write() as db:
        await db.execute(text("UPDATE category SET parent = 'cookware' WHERE slug = 'mugs-and-cups'"))
        await db.execute(text("UPDATE category SET parent = 'kitchen-tools' WHERE slug = 'cookware'"))
    assert "red-enamel-mug" in await _slugs(each_world, query="red enamel mug", category="kitchen-tools")


@pytest.mark.parametrize("change", ["on_sale = 0", "deleted_at = '2026-01-01 00:00:00'"])
async def test_what_is_not_on_sale_never_appears(each_world: World, change: str) -> None:
    await _change(each_world, "red-enamel-mug", change)
    for asked in ({"query": "red enamel mug"}, {"query": "enamel"}, {"category": "mugs-and-cups", "limit": 100}):
        assert "red-enamel-mug" not in await _slugs(each_world, **asked)
    facets = (await _search(each_world, query="enamel", facets=True)).facets
    assert facets is not None
    assert facets.products == len(await _slugs(each_world, query="enamel", limit=100))


async def test_a_change_is_found_at_once(each_world: World) -> None:
    await _change(each_world, "red-enamel-mug", "name = 'Vermilion zeppelin'")
    assert await _slugs(each_world, query="zeppelin") == ["red-enamel-mug"]


@pytest.mark.parametrize(
    ("query", "corrected"),
    [
        ("enamle mug", "enamel mug"),
        ("red enamekl mug", "red enamel mug"),
        ("headphnoes", "headphones"),
        ("hedphones", "headphones"),
        ("nosie cancelling headphones", "noise cancelling headphones"),
    ],
)
async def test_misspelt_words_are_corrected_and_said_to_be(each_world: World, query: str, corrected: str) -> None:
    found = await _search(each_world, query=query)
    assert found.corrected_query == corrected
    assert found.matched == "all_words"
    assert [p.product for p in found.items] == await _slugs(each_world, query=corrected)


async def test_words_that_are_known_or_like_nothing_are_left_alone(each_world: World) -> None:
    assert (await _search(each_world, query="red enamel mug")).corrected_query is None
    nothing = await _search(each_world, query="xyzzyplugh")
    assert (nothing.items, nothing.corrected_query) == ([], None)


async def test_what_names_the_words_comes_before_what_describes_with_them(each_world: World) -> None:
    await _change(each_world, "celadon-tea-bowl", "description = 'Not a red enamel mug at all.'")
    found = await _slugs(each_world, query="red enamel mug")
    assert found.index("red-enamel-mug") < found.index("celadon-tea-bowl")


async def test_of_those_that_hold_some_words_the_best_named_comes_first(each_world: World) -> None:
    await _change(each_world, "blue-enamel-mug", "description = 'Like our red one, in blue.'")
    found = await _search(each_world, query="red enamel mug already")
    assert found.matched == "some_words"
    assert [p.product for p in found.items][:2] == ["red-enamel-mug", "blue-enamel-mug"]


async def test_best_selling_comes_first(each_world: World) -> None:
    await _change(each_world, "celadon-tea-bowl", "sold = 40")
    await _change(each_world, "red-enamel-mug", "sold = 90")
    assert (await _slugs(each_world, sort="best_selling"))[:2] == ["red-enamel-mug", "celadon-tea-bowl"]


async def test_facets_count_what_each_value_would_leave(each_world: World) -> None:
    asked: dict[str, Any] = {"query": "mug", "category": "mugs-and-cups"}
    facets = (await _search(each_world, **asked, facets=True)).facets
    assert facets is not None
    colors = next(a for a in facets.attributes if a.name == "color")
    assert colors.labels == {"zh": "颜色"}
    red = next(v for v in colors.values if v.value == "red")
    assert red.names == {"zh": "红色"}
    for value in colors.values:
        left = await _slugs(each_world, **asked, attributes=f"color={value.value}", limit=100)
        assert len(left) == value.products
    for category in facets.categories:
        left = await _slugs(each_world, query="mug", category=category.value, limit=100)
        assert len(left) == category.products
    assert (
        sum(m.products for m in facets.merchants)
        == facets.products
        == len(await _slugs(each_world, **asked, limit=100))
    )


async def test_facets_ignore_only_the_part_that_they_count(each_world: World) -> None:
    narrowed = (await _search(each_world, query="mug", attributes="color=red", facets=True)).facets
    wide = (await _search(each_world, query="mug", facets=True)).facets
    assert narrowed is not None
    assert wide is not None
    assert narrowed.attributes == wide.attributes
    assert narrowed.products < wide.products


@pytest.mark.parametrize("sort", ["relevance", "price_asc", "price_desc", "newest", "best_selling"])
@pytest.mark.parametrize("query", ["", "mug"])
async def test_pages_stay_whole_while_other_goods_change(each_world: World, sort: str, query: str) -> None:
    asked: dict[str, Any] = {"sort": sort, "query": query}
    before = await _slugs(each_world, **asked, limit=100)
    touched = {before[3], before[-2], before[len(before) // 2]}
    page = await _search(each_world, **asked, limit=5)
    seen = [p.product for p in page.items]
    changes = iter(["on_sale = 0", "lowest_price = 1, sold = 7, name = 'Mug of mugs'", "name = 'Other thing'"])
    for product in touched:
        await _change(each_world, product, next(changes))
    while page.next_cursor and len(seen) < 200:
        page = await _search(each_world, **asked, limit=5, cursor=page.next_cursor)
        seen += [p.product for p in page.items]
    others = [slug for slug in seen if slug not in touched]
    assert len(others) == len(set(others))
    assert others[: len(before) - 10] == [slug for slug in before if slug not in touched][: len(before) - 10]


@pytest.mark.parametrize(
    "wrong", ["color", "=red", "color=", "color=red,color=blue", ",".join(f"a{i}=1" for i in range(9))]
)
async def test_attributes_that_can_not_be_read_are_refused(world: World, wrong: str) -> None:
    with pytest.raises(BadInput):
        await _search(world, attributes=wrong)


def test_attributes_are_read_in_every_spelling() -> None:
    assert attributes_of("Color = Red ；size：XL") == {"color": "red", "size": "xl"}
    assert attributes_of("") == {}


@given(WORDS, st.randoms(use_true_random=False))
def test_the_slips_of_a_word_with_one_mistake_meet_its_own(word: str, chance: random.Random) -> None:
    """Left out, added, exchanged, swapped: whatever one slip does, both words leave a common rest."""
    i = chance.randrange(len(word) - 1)
    for slipped in (
        word[:i] + word[i + 1 :],
        word[:i] + "x" + word[i:],
        word[:i] + "x" + word[i + 1 :],
        word[:i] + word[i + 1] + word[i] + word[i + 2 :],
    ):
        assert distance(word, slipped) <= 1
        assert not allowed(slipped) or slips(word) & slips(slipped)


def test_short_words_have_no_slips_and_long_ones_have_two() -> None:
    assert slips("mug") == {"mug"}
    assert allowed("a" * LONG) == 2
    assert distance("headphones", "hedphoens") == 2


@pytest.mark.parametrize(
    ("asked", "kept", "left_out", "told"),
    [
        ({"query": "tea", "without": "caffeine"}, "herbal-infusion-box", "breakfast-black-tea", "said"),
        ({"query": "headphones", "without": "wires"}, "", "studio-headphones", "said"),
        ({"query": "茶", "without": "咖啡因"}, "herbal-infusion-box", "breakfast-black-tea", "said"),
        ({"query": "coat", "without": "wool"}, "", "wool-overcoat", "unmentioned"),
        ({"query": "enamel mug", "without": "red"}, "blue-enamel-mug", "red-enamel-mug", "unmentioned"),
        ({"query": "throw", "without": "red, pink"}, "fleece-throw", "", "unmentioned"),
        ({"query": "马克杯", "without": "红色"}, "blue-enamel-mug", "red-enamel-mug", "unmentioned"),
    ],
    ids=str,
)
async def test_what_is_unwanted_is_left_out(
    each_world: World, asked: dict[str, Any], kept: str, left_out: str, told: str
) -> None:
    found = await _search(each_world, **asked, limit=50, facets=True)
    slugs = [product.product for product in found.items]
    assert slugs
    assert not kept or kept in slugs
    assert left_out not in slugs
    assert found.without == told
    assert found.facets is not None
    assert found.facets.products == len(slugs)


async def test_what_is_left_out_stays_out_page_by_page(each_world: World) -> None:
    whole = await _slugs(each_world, query="mug", without="red, lid", limit=100)
    paged: list[str] = []
    cursor: str | None = None
    while cursor or not paged:
        page = await _search(each_world, query="mug", without="red, lid", limit=2, cursor=cursor)
        paged += [product.product for product in page.items]
        cursor = page.next_cursor
    assert paged == whole
    assert len(whole) < len(await _slugs(each_world, query="mug", limit=100))


async def test_only_a_variant_that_lacks_what_is_unwanted_counts(each_world: World) -> None:
    assert "fleece-throw" in await _slugs(each_world, query="throw", without="grey, pink", limit=50)
    assert "fleece-throw" not in await _slugs(
        each_world, query="throw", attributes="color=red", without="red", limit=50
    )


def test_what_is_unwanted_holds_nothing_that_stands_for_anything_else() -> None:
    assert phrases_of("50%, re_, _, %, \\%wool") == ("50", "re", "wool")


@given(st.text(max_size=60))
def test_any_text_names_what_is_unwanted_or_is_refused(unwanted: str) -> None:
    try:
        assert len(phrases_of(unwanted)) <= MOST_PHRASES
    except ValueError:
        assert len(unwanted.split(",")) > MOST_PHRASES or len(unwanted) > MOST_PHRASES


@pytest.mark.parametrize(
    ("text", "free_of"),
    [
        ("Caffeine-free infusions", "caffeine"),
        ("contains no added sugar", "sugar"),
        ("free from parabens", "paraben"),
        ("a sleeveless vest", "sleeves"),
        ("不含咖啡因的茶", "咖啡因"),
    ],
)
def test_a_text_says_what_goods_are_free_of(text: str, free_of: str) -> None:
    [word] = denied(query_words(free_of))
    assert any(set(reading) <= set(denied_tokens(text)) for reading in word)
    assert not set(word[0]) & set(index_tokens(text))
