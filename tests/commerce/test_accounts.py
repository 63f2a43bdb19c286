"""Registering, signing in and out, refreshing, and what belongs to whom."""

import asyncio
from typing import Any

import pytest

from commerce.accounts.refusals import AddressNotFound, EmailTaken, RefreshRefused, TooManyAttempts, WrongCredentials
from commerce.accounts.sessions import caller_of
from commerce.errors import BadInput, CustomersOnly, SignInRequired, TokenInvalid
from commerce.payments.refusals import PaymentMethodNotFound, PaymentTokenRefused
from tests.worlds import ADA, ADDRESS, Shopper, World


async def test_an_email_address_holds_one_account_whatever_its_case(each_world: World) -> None:
    nobody = Shopper(each_world.shop)
    made = await nobody("create_account", email="Zoë.New@Example.com", name="Zoë", password="correct horse battery")
    assert (made.email, made.role) == ("zoë.new@example.com", "customer")
    with pytest.raises(EmailTaken):
        await nobody("create_account", email="ZOË.NEW@example.COM", name="Eve", password="correct horse battery")
    signed_in = await nobody("sign_in", email="zoë.NEW@example.com", password="correct horse battery")
    assert signed_in.account == made.account


async def test_registering_twice_at_once_makes_one_account(each_world: World) -> None:
    asked = {"email": "twice@example.com", "name": "Twice", "password": "correct horse battery"}
    nobody = Shopper(each_world.shop)
    made = await asyncio.gather(*(nobody("create_account", **asked) for _ in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in made) == ["AccountView", "EmailTaken", "EmailTaken", "EmailTaken"]


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "x" * 129])
async def test_weak_passwords_are_refused(world: World, password: str) -> None:
    with pytest.raises(BadInput, match="password"):
        await Shopper(world.shop)("create_account", email="a@example.com", name="A", password=password)


async def test_a_refusal_never_repeats_a_password(world: World) -> None:
    with pytest.raises(BadInput) as refused:
        await Shopper(world.shop)("create_account", email="a@example.com", name="A", password="zzzzzzzzz")
    assert "zzzzzzzzz" not in str(refused.value)
    assert "zzzzzzzzz" not in repr(refused.value.facts)


async def test_wrong_passwords_and_unknown_addresses_get_the_same_answer_and_are_throttled(world: World) -> None:
    nobody = Shopper(world.shop)
    with pytest.raises(WrongCredentials) as unknown:
        await nobody("sign_in", email="nobody@example.com", password="wrong")
    for _ in range(10):
        with pytest.raises(WrongCredentials) as wrong:
            await nobody("sign_in", email=ADA["email"], password="wrong")
    assert str(unknown.value) == str(wrong.value)
    with pytest.raises(TooManyAttempts):
        await nobody("sign_in", **ADA)
    world.clock.move(minutes=1, seconds=1)
    assert (await nobody("sign_in", **ADA)).role == "customer"


async def test_signing_out_ends_the_session_at_once_and_others_go_on(world: World) -> None:
    phone = await Shopper(world.shop)("sign_in", **ADA)
    laptop = await Shopper(world.shop)("sign_in", **ADA)
    await Shopper(world.shop, await caller_of(world.shop, phone.access_token))("sign_out")
    with pytest.raises(TokenInvalid):
        await caller_of(world.shop, phone.access_token)
    with pytest.raises(RefreshRefused):
        await Shopper(world.shop)("refresh_session", refresh_token=phone.refresh_token)
    assert (await caller_of(world.shop, laptop.access_token)).role == "customer"


async def test_access_tokens_end_and_refreshing_renews_them(world: World) -> None:
    first = await Shopper(world.shop)("sign_in", **ADA)
    world.clock.move(minutes=16)
    with pytest.raises(TokenInvalid):
        await caller_of(world.shop, first.access_token)
    second = await Shopper(world.shop)("refresh_session", refresh_token=first.refresh_token)
    assert (await caller_of(world.shop, second.access_token)).account == first.account
    world.clock.move(days=31)
    with pytest.raises(RefreshRefused):
        await Shopper(world.shop)("refresh_session", refresh_token=second.refresh_token)


async def test_a_refresh_token_that_comes_back_ends_its_session(world: World) -> None:
    first = await Shopper(world.shop)("sign_in", **ADA)
    second = await Shopper(world.shop)("refresh_session", refresh_token=first.refresh_token)
    with pytest.raises(RefreshRefused):
        await Shopper(world.shop)("refresh_session", refresh_token=first.refresh_token)
    with pytest.raises(TokenInvalid):
        await caller_of(world.shop, second.access_token)


async def test_a_guessed_refresh_token_ends_nobodys_session(world: World) -> None:
    session = await Shopper(world.shop)("sign_in", **ADA)
    for guess in ("garbage", session.refresh_token.partition(".")[0], session.refresh_token[:-1]):
        with pytest.raises(RefreshRefused):
            await Shopper(world.shop)("refresh_session", refresh_token=guess)
    assert (await caller_of(world.shop, session.access_token)).account == session.account


async def test_of_two_refreshes_at_once_one_wins(each_world: World) -> None:
    session = await Shopper(each_world.shop)("start_guest_session")
    both = (Shopper(each_world.shop)("refresh_session", refresh_token=session.refresh_token) for _ in range(2))
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["RefreshRefused", "SessionView"]


async def test_a_guests_cart_comes_along_at_sign_in(each_world: World) -> None:
    ada, guest = await each_world.sign_in(), await each_world.guest()
    await ada("add_to_cart", sku="MUG-RED-350", quantity=2)
    await guest("add_to_cart", sku="MUG-RED-350", quantity=3)
    await guest("add_to_cart", sku="MUG-BLU-350", quantity=1)
    session = await guest("sign_in", **ADA)
    merged = await Shopper(each_world.shop, await caller_of(each_world.shop, session.access_token))("view_cart")
    assert {item.sku: item.quantity for item in merged.items} == {"MUG-RED-350": 5, "MUG-BLU-350": 1}
    assert (await guest("view_cart")).items == []


async def test_guests_have_a_cart_but_can_not_buy(world: World) -> None:
    guest = await world.guest()
    await guest("add_to_cart", sku="MUG-RED-350", quantity=1)
    with pytest.raises(CustomersOnly):
        await guest("create_checkout")
    with pytest.raises(SignInRequired):
        await Shopper(world.shop)("view_cart")


async def test_the_first_address_is_the_default_until_another_takes_over(world: World) -> None:
    bob = await world.customer()
    second = await bob("add_address", **dict[str, Any](ADDRESS) | {"city": "上海", "country": "cn", "default": True})
    listed = (await bob("list_addresses")).items
    assert [a.default for a in listed] == [True, False]
    assert (listed[0].address, listed[0].city, listed[0].country) == (second.address, "上海", "CN")


async def test_addresses_and_methods_of_others_do_not_exist(world: World) -> None:
    ada, bob = await world.sign_in(), await world.customer()
    hers = (await ada("list_addresses")).items[0].address
    method = await ada.method("tok_succeeds")
    await bob("add_to_cart", sku="MUG-RED-350", quantity=1)
    with pytest.raises(AddressNotFound):
        await bob("create_checkout", address=hers)
    with pytest.raises(PaymentMethodNotFound):
        await bob("create_checkout", payment_method=method)
    assert method not in {m.payment_method for m in (await bob("list_payment_methods")).items}


async def test_a_payment_token_that_the_provider_does_not_know_is_refused(world: World) -> None:
    bob = await world.customer()
    with pytest.raises(PaymentTokenRefused):
        await bob("add_payment_method", token="4242 4242 4242 4242")
