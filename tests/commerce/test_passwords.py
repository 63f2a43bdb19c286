"""Passwords: long, of any kind, not guessed first, the same from every keyboard, and changed only by who knows them."""

import asyncio

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import text

from commerce.accounts import passwords
from commerce.accounts.refusals import EmailTaken, PasswordWeak, TooManyAttempts, WrongCredentials, WrongPassword
from commerce.accounts.sessions import caller_of
from commerce.accounts.weak_passwords import weakness
from commerce.errors import BadInput, CustomersOnly, TokenInvalid
from tests.worlds import ADA, Shopper, World

STRONG = "quiet heron over tin roofs"


@pytest.mark.parametrize("password", ["fourteen chars", "x" * 129])
async def test_a_password_has_15_to_128_characters(world: World, password: str) -> None:
    with pytest.raises(BadInput, match="new_password"):
        await (await world.customer())("change_password", current_password="any", new_password=password)


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "Password-Password-1!",
        "p@ssw0rdp@ssw0rd",
        "iloveyou20262026",
        "aaaaaaaaaaaaaaaaa",
        "abc123abc123abc123",
        "1234567890123456",
        "qwertyuiopasdfgh",
        "ⓟⓐⓢⓢⓦⓞⓡⓓⓟⓐⓢⓢⓦⓞⓡⓓ",
        "domtok-domtok-2026",
        "lovelace.lovelace",
        "ada@example.com.2026",
        "Ada Lovelace 1815 1852",
    ],
)
def test_what_is_guessed_first_is_no_password(password: str) -> None:
    assert weakness(password, ["DomTok", "ada@example.com", "Ada Lovelace"])


@pytest.mark.parametrize(
    "password",
    [
        STRONG,
        "correct horse battery",
        "password of the quiet heron",
        "830174625019374",
        "安静的苍鹭飞过铁皮屋顶的时候",
        "xkqvzjwpmrtbnhg",
        "🦩 🦩 umbrella 🦩",
    ],
)
def test_words_and_signs_of_any_kind_are_a_password(password: str) -> None:
    assert weakness(password, ["DomTok", "ada@example.com", "Ada Lovelace"]) is None


async def test_a_weak_password_is_refused_with_its_reason_and_never_repeated(world: World) -> None:
    asked = {"email": "new@example.com", "name": "New", "password": "domtok domtok 2026"}
    with pytest.raises(PasswordWeak) as refused:
        await Shopper(world.shop)("create_account", **asked)
    assert refused.value.reason
    assert "2026" not in str(refused.value)


async def test_a_password_is_the_same_from_every_keyboard_and_counts_whole(world: World) -> None:
    composed, decomposed = "pâté of quiet herons", "pa\u0302te\u0301 of quiet herons"
    kept = await passwords.hashed(composed)
    assert (await passwords.check(decomposed, kept)).right
    long = "quiet heron " * 10
    assert not (await passwords.check(long[:-1] + "x", await passwords.hashed(long))).right


async def test_a_hash_of_older_times_is_renewed_at_sign_in(each_world: World) -> None:
    old = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8192, parallelism=1),)).hash(ADA["password"])
    async with each_world.shop.database.write() as db:
        await db.execute(text("UPDATE account SET password_hash = :old WHERE email = :email"), {"old": old} | ADA)
    await each_world.sign_in()
    async with each_world.shop.database.read() as db:
        found = await db.execute(text("SELECT password_hash FROM account WHERE email = :email"), ADA)
    fresh = found.scalar_one()
    assert fresh != old
    assert await passwords.check(ADA["password"], fresh) == (True, None)
    await each_world.sign_in()


async def test_a_new_password_needs_the_old_one_and_ends_all_other_sessions(each_world: World) -> None:
    here, there = await each_world.sign_in(), await each_world.sign_in()
    with pytest.raises(WrongPassword):
        await here("change_password", current_password="wrong", new_password=STRONG)
    assert (await caller_of(each_world.shop, there.token)).role == "customer"
    changed = await here("change_password", current_password=ADA["password"], new_password=STRONG)
    assert changed.ended == 1
    assert (await caller_of(each_world.shop, here.token)).role == "customer"
    with pytest.raises(TokenInvalid):
        await caller_of(each_world.shop, there.token)
    with pytest.raises(WrongCredentials):
        await each_world.sign_in()
    await each_world.sign_in(password=STRONG)
    admin = await each_world.admin()
    [event] = (await admin("list_account_events", account=here.caller.account)).items
    assert (event.type, event.actor, event.data) == ("password_changed", here.caller.account, {})


async def test_of_two_new_passwords_at_once_one_wins(each_world: World) -> None:
    here, there = await each_world.sign_in(), await each_world.sign_in()
    both = [
        here("change_password", current_password=ADA["password"], new_password=STRONG),
        there("change_password", current_password=ADA["password"], new_password="another " + STRONG),
    ]
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(o).__name__ for o in outcomes) == ["SessionsEnded", "WrongPassword"]


async def test_who_has_a_session_can_not_guess_the_password_either(world: World) -> None:
    ada = await world.sign_in()
    for _ in range(10):
        with pytest.raises(WrongPassword):
            await ada("change_email", email="eve@example.com", password="guess")
    with pytest.raises(TooManyAttempts):
        await ada("change_email", email="eve@example.com", password=ADA["password"])


async def test_a_new_email_address_needs_the_password_and_must_be_free(each_world: World) -> None:
    ada = await each_world.sign_in()
    with pytest.raises(EmailTaken):
        await ada("change_email", email="Merchant@Example.com", password=ADA["password"])
    changed = await ada("change_email", email="Countess@Example.com", password=ADA["password"])
    assert changed.email == "countess@example.com"
    assert (await each_world.sign_in(email="countess@example.com")).caller.account == ada.caller.account
    with pytest.raises(WrongCredentials):
        await each_world.sign_in()


async def test_guests_have_nothing_to_change(world: World) -> None:
    guest = await world.guest()
    with pytest.raises(CustomersOnly):
        await guest("change_name", name="Me")
    with pytest.raises(CustomersOnly):
        await guest("change_password", current_password="any", new_password=STRONG)
