"""The tree of categories: making, renaming, moving and deleting, and what it holds."""

import asyncio
from typing import Any

import pytest

from commerce.catalog.refusals import CategoryNotFound
from commerce.categories.refusals import CategoryExists, CategoryInItself, CategoryInUse, TreeTooDeep
from commerce.categories.rules import MAX_DEPTH, depth_first
from commerce.errors import AdminsOnly
from commerce.jobs import run_jobs
from tests.worlds import Shopper, World


async def _names(world: World) -> dict[str, str]:
    return {c.category: c.name for c in (await Shopper(world.shop)("list_categories", limit=100)).items}


async def _found(world: World, query: str) -> list[str]:
    return [p.product for p in (await Shopper(world.shop)("search_products", query=query, limit=100)).items]


async def test_a_category_is_made_renamed_and_deleted(each_world: World) -> None:
    admin = await each_world.admin()
    made = await admin("create_category", category="garden", name="Garden", names={"zh": "园艺"})
    assert (made.name, made.names, made.products, made.parent) == ("Garden", {"zh": "园艺"}, 0, None)
    with pytest.raises(CategoryExists):
        await admin("create_category", category="garden", name="Another")
    renamed = await admin("update_category", category="garden", name="Garden & balcony", position=3)
    assert (renamed.name, renamed.names) == ("Garden & balcony", {"zh": "园艺"})
    assert (await _names(each_world))["garden"] == "Garden & balcony"
    await admin("delete_category", category="garden")
    assert "garden" not in await _names(each_world)
    with pytest.raises(CategoryNotFound):
        await admin("delete_category", category="garden")
    await admin("create_category", category="garden", name="Garden again")


async def test_products_are_found_by_their_categorys_new_words(each_world: World) -> None:
    admin = await each_world.admin()
    assert await _found(each_world, "zeppelins") == []
    await admin("update_category", category="mugs-and-cups", name="Zeppelins", keywords=["mug"])
    await run_jobs(each_world.shop)
    assert "red-enamel-mug" in await _found(each_world, "zeppelins")


async def test_a_category_in_use_is_not_deleted(each_world: World) -> None:
    admin, merchant = await each_world.admin(), await each_world.merchant()
    with pytest.raises(CategoryInUse):
        await admin("delete_category", category="mugs-and-cups")
    await admin("create_category", category="garden", name="Garden")
    await admin("create_category", category="pots", name="Pots", parent="garden")
    with pytest.raises(CategoryInUse):
        await admin("delete_category", category="garden")
    made = await merchant("create_product", name="Pot", category="pots", on_sale=False)
    with pytest.raises(CategoryInUse):
        await admin("delete_category", category="pots")
    await merchant("delete_product", product=made.product)
    await admin("delete_category", category="pots")
    await admin("delete_category", category="garden")
    assert await each_world.findings() == []


async def test_deleting_and_using_at_once_ends_in_one_of_the_two(each_world: World) -> None:
    admin, merchant = await each_world.admin(), await each_world.merchant()
    for turn in range(4):
        await admin("create_category", category=f"g-{turn}", name="G")
        done: Any = await asyncio.gather(
            merchant("create_product", name="Pot", category=f"g-{turn}"),
            admin("delete_category", category=f"g-{turn}"),
            return_exceptions=True,
        )
        assert isinstance(done[0], CategoryNotFound) != isinstance(done[1], CategoryInUse)
    assert await each_world.findings() == []


async def test_the_tree_counts_what_is_in_the_parts(each_world: World) -> None:
    admin = await each_world.admin()
    before = {c.category: c.products for c in (await admin("get_category_tree")).items}
    await admin("create_category", category="kitchen", name="Kitchen", position=0)
    for part in ("cookware", "kitchen-tools"):
        assert (await admin("move_category", category=part, parent="kitchen")).parent == "kitchen"
    await admin("move_category", category="mugs-and-cups", parent="cookware")
    tree = (await admin("get_category_tree")).items
    counts = {c.category: c.products for c in tree}
    assert counts["cookware"] == before["cookware"] + before["mugs-and-cups"]
    assert counts["kitchen"] == counts["cookware"] + counts["kitchen-tools"]
    at = [c.category for c in tree].index("kitchen")
    assert [(c.category, c.depth) for c in tree[at : at + 4]] == [
        ("kitchen", 1),
        ("cookware", 2),
        ("mugs-and-cups", 3),
        ("kitchen-tools", 2),
    ]
    kitchen = await admin("search_products", category="kitchen", limit=100)
    assert len(kitchen.items) == counts["kitchen"]
    assert (await admin("move_category", category="mugs-and-cups")).parent is None


async def test_no_circles_however_they_are_asked_for(each_world: World) -> None:
    admin = await each_world.admin()
    with pytest.raises(CategoryInItself):
        await admin("move_category", category="shoes", parent="shoes")
    for _ in range(3):
        done = await asyncio.gather(
            admin("move_category", category="shoes", parent="bags"),
            admin("move_category", category="bags", parent="tops"),
            admin("move_category", category="tops", parent="shoes"),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, CategoryInItself) for answer in done) == 1
        assert len((await admin("get_category_tree")).items) == len(await _names(each_world))
        for category in ("shoes", "bags", "tops"):
            await admin("move_category", category=category)


async def test_the_tree_has_a_bound(each_world: World) -> None:
    admin = await each_world.admin()
    for level in range(MAX_DEPTH):
        parent = {"parent": f"level-{level - 1}"} if level else {}
        await admin("create_category", category=f"level-{level}", name="Level", **parent)
    with pytest.raises(TreeTooDeep):
        await admin("create_category", category="deeper", name="Deeper", parent=f"level-{MAX_DEPTH - 1}")
    with pytest.raises(TreeTooDeep):
        await admin("move_category", category="level-0", parent="shoes")
    with pytest.raises(CategoryNotFound):
        await admin("move_category", category="shoes", parent="submarines")


@pytest.mark.parametrize("operation", ["update_category", "move_category", "delete_category"])
async def test_categories_are_kept_by_admins_alone(world: World, operation: str) -> None:
    for stranger in (await world.merchant(), await world.customer()):
        with pytest.raises(AdminsOnly):
            await stranger(operation, category="shoes")


def test_parents_come_before_their_parts() -> None:
    assert depth_first({"c": "a", "a": None, "b": None, "d": "c"}) == ["a", "c", "d", "b"]
