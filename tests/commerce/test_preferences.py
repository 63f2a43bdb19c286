"""What the shop remembers of a shopper: what they asked for, theirs alone, bounded, shown and forgotten."""

import asyncio

import pytest

from commerce.errors import BadInput, SignInRequired
from commerce.preferences.operations import MAX_PREFERENCES
from commerce.preferences.refusals import PreferenceNotFound, TooManyPreferences
from tests.worlds import Shopper, World


def said(view: object) -> list[str]:
    return [item.said for item in view.items]  # type: ignore[attr-defined]


async def test_it_remembers_shows_and_forgets(each_world: World) -> None:
    shopper = await each_world.customer()
    await shopper("remember_preference", said="I wear size M", kind="size")
    each_world.clock.move(seconds=1)
    await shopper("remember_preference", said="记住我不喜欢皮革", kind="dislike")
    listed = await shopper("list_preferences")
    assert said(listed) == ["记住我不喜欢皮革", "I wear size M"]
    assert said(await shopper("forget_preference", preference=listed.items[0].preference)) == ["I wear size M"]
    assert said(await shopper("forget_all_preferences")) == said(await shopper("list_preferences")) == []


async def test_twice_is_once_and_a_new_budget_takes_the_place_of_the_old_one(each_world: World) -> None:
    shopper = await each_world.customer()
    for words in ("I wear size M", "I wear size M"):
        await shopper("remember_preference", said=words, kind="size")
    for words in ("my budget is 50", "my budget is 60"):
        await shopper("remember_preference", said=words, kind="budget")
    assert sorted(said(await shopper("list_preferences"))) == ["I wear size M", "my budget is 60"]


async def test_nobody_sees_or_forgets_what_is_somebody_elses(each_world: World) -> None:
    ada, bob = await each_world.customer(), await each_world.customer()
    kept = (await ada("remember_preference", said="I wear size M")).items[0].preference
    assert said(await bob("list_preferences")) == []
    with pytest.raises(PreferenceNotFound):
        await bob("forget_preference", preference=kept)
    await bob("forget_all_preferences")
    assert said(await ada("list_preferences")) == ["I wear size M"]
    with pytest.raises(SignInRequired):
        await Shopper(each_world.shop)("list_preferences")


async def test_number_and_length_are_bounded_also_at_once(each_world: World) -> None:
    shopper = await each_world.customer()
    asked = [shopper("remember_preference", said=f"I like colour {n}") for n in range(MAX_PREFERENCES + 4)]
    refused = [r for r in await asyncio.gather(*asked, return_exceptions=True) if isinstance(r, BaseException)]
    assert [type(r) for r in refused] == [TooManyPreferences] * 4
    assert len(said(await shopper("list_preferences"))) == MAX_PREFERENCES
    for words in ("x" * 121, "", "two\nlines"):
        with pytest.raises(BadInput):
            await shopper("remember_preference", said=words)


async def test_a_guests_wishes_come_along_at_sign_in_and_the_accounts_own_stay(each_world: World) -> None:
    ada = await each_world.sign_in()
    await ada("remember_preference", said="my budget is 50", kind="budget")
    guest, other = await each_world.guest(), await each_world.guest()
    await guest("remember_preference", said="my budget is 5000", kind="budget")
    await guest("remember_preference", said="I wear size M", kind="size")
    await other("remember_preference", said="I am somebody else")
    await guest("sign_in", email="ada@example.com", password="demo-shopper")
    assert sorted(said(await ada("list_preferences"))) == ["I wear size M", "my budget is 50"]
    assert said(await other("list_preferences")) == ["I am somebody else"]
