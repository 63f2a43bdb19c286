"""Addresses: changed and deleted by their owner alone, always one default, and orders that keep theirs."""

import asyncio

import pytest

from commerce.accounts.refusals import AddressNotFound
from commerce.errors import BadInput
from tests.worlds import ADDRESS, Shopper, World


async def _addresses(shopper: Shopper) -> dict[str, tuple[str, bool]]:
    return {a.address: (a.city, a.default) for a in (await shopper("list_addresses")).items}


async def test_an_address_is_corrected_and_what_is_left_out_stays(each_world: World) -> None:
    bob = await each_world.customer()
    [address] = await _addresses(bob)
    changed = await bob("update_address", address=address, city="Chicago", line2="Flat 3")
    assert (changed.city, changed.line2, changed.recipient) == ("Chicago", "Flat 3", ADDRESS["recipient"])
    assert (await bob("update_address", address=address, line2="")).line2 == ""
    with pytest.raises(BadInput, match="country"):
        await bob("update_address", address=address, country="Utopia")


async def test_exactly_one_address_is_the_default(each_world: World) -> None:
    bob = await each_world.customer()
    [first] = await _addresses(bob)
    second = (await bob("add_address", **ADDRESS)).address
    third = (await bob("add_address", **ADDRESS)).address
    await bob("update_address", address=second, default=True)
    assert [a for a, (_, default) in (await _addresses(bob)).items() if default] == [second]
    assert (await bob("delete_address", address=second)).default == third
    assert (await bob("delete_address", address=first)).default == third
    assert (await bob("delete_address", address=third)).default is None
    assert await _addresses(bob) == {}
    assert (await bob("add_address", **ADDRESS)).default


async def test_addresses_added_and_made_the_default_at_once_leave_one_default(each_world: World) -> None:
    bob = await each_world.customer()
    await asyncio.gather(*(bob("add_address", **ADDRESS, default=True) for _ in range(4)))
    addresses = list(await _addresses(bob))
    await asyncio.gather(
        *(bob("update_address", address=a, default=True) for a in addresses[:3]),
        *(bob("delete_address", address=a) for a in addresses[3:]),
    )
    assert [default for _, default in (await _addresses(bob)).values()].count(True) == 1
    assert await each_world.findings() == []


async def test_an_address_deleted_twice_at_once_is_gone_once(each_world: World) -> None:
    bob = await each_world.customer()
    [address] = await _addresses(bob)
    both = (bob("delete_address", address=address) for _ in range(2))
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(o).__name__ for o in outcomes) == ["AddressDeleted", "AddressNotFound"]


async def test_what_is_somebody_elses_is_neither_changed_nor_deleted(world: World) -> None:
    ada, bob = await world.sign_in(), await world.customer()
    before = await _addresses(ada)
    for address in before:
        with pytest.raises(AddressNotFound):
            await bob("update_address", address=address, city="Elsewhere", default=True)
        with pytest.raises(AddressNotFound):
            await bob("delete_address", address=address)
    assert await _addresses(ada) == before


async def test_an_order_keeps_the_address_that_it_was_placed_with(each_world: World) -> None:
    ada = await each_world.sign_in()
    placed = await ada.buy()
    [default] = [a for a, (_, default) in (await _addresses(ada)).items() if default]
    await ada("update_address", address=default, line1="Somewhere else")
    await ada("delete_address", address=default)
    kept = await ada("get_order", order=placed.order)
    assert kept.address == placed.address
    assert kept.address.line1 == "480 Harbor Lantern Street"
