"""Sessions by device, tokens that can't stand in for each other, and tries of passwords."""

import asyncio

import jwt
import pytest
from sqlalchemy import text

from commerce.accounts import attempts, passwords, sessions
from commerce.accounts.devices import device_of
from commerce.accounts.refusals import RefreshRefused, SessionNotFound, TooManyAttempts, WrongCredentials
from commerce.accounts.sessions import caller_of
from commerce.context import ANONYMOUS, Context
from commerce.errors import TokenInvalid, TooManyRequests
from commerce.jobs import run_jobs
from commerce.operation import CATALOG
from tests.worlds import Shopper, World

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def _signed_in(world: World, user_agent: str = FIREFOX) -> tuple[Shopper, str]:
    """By a shopper's own device, and its refresh token; without the slow password."""
    async with Context(world.shop, ANONYMOUS, user_agent=user_agent).writing() as ctx:
        account = await ctx.value(text("SELECT id FROM account WHERE email = 'ada@example.com'"))
        session = await sessions.start(ctx, account, "customer")
    caller = await caller_of(world.shop, session.access_token)
    return Shopper(world.shop, caller, token=session.access_token), session.refresh_token


async def test_an_access_token_and_a_refresh_token_can_not_stand_in_for_each_other(world: World) -> None:
    ada, refresh_token = await _signed_in(world)
    with pytest.raises(TokenInvalid):
        await caller_of(world.shop, refresh_token)
    with pytest.raises(RefreshRefused):
        await Shopper(world.shop)("refresh_session", refresh_token=ada.token)
    assert (await caller_of(world.shop, ada.token)).account == ada.caller.account


@pytest.mark.parametrize("change", [{"use": "refresh"}, {"use": None}, {"sub": "acc_other"}, {"sid": "ses_other"}])
async def test_what_the_shop_signed_for_something_else_opens_nothing(world: World, change: dict[str, str]) -> None:
    ada, _ = await _signed_in(world)
    claims = jwt.decode(ada.token, options={"verify_signature": False}) | change
    forged = jwt.encode({k: v for k, v in claims.items() if v}, world.shop.secret, "HS256")
    with pytest.raises(TokenInvalid):
        await caller_of(world.shop, forged)


async def test_signing_out_ends_only_that_session(each_world: World) -> None:
    (phone, phone_token), (laptop, _) = await _signed_in(each_world), await _signed_in(each_world)
    await phone("sign_out")
    with pytest.raises(TokenInvalid):
        await caller_of(each_world.shop, phone.token)
    with pytest.raises(RefreshRefused):
        await Shopper(each_world.shop)("refresh_session", refresh_token=phone_token)
    later, _ = await _signed_in(each_world)
    for alive in (laptop, later):
        assert (await caller_of(each_world.shop, alive.token)).role == "customer"
    with pytest.raises(TokenInvalid):
        await caller_of(each_world.shop, phone.token)


async def test_devices_are_listed_and_ended_one_by_one_or_all_at_once(each_world: World) -> None:
    (here, _), (there, _), (elsewhere, _) = [await _signed_in(each_world) for _ in range(3)]
    listed = (await here("list_sessions")).items
    assert {s.session for s in listed} == {s.caller.session for s in (here, there, elsewhere)}
    assert [s.session for s in listed if s.current] == [here.caller.session]
    assert {s.device for s in listed} == {"Firefox on Linux"}
    await here("end_session", session=there.caller.session)
    with pytest.raises(TokenInvalid):
        await caller_of(each_world.shop, there.token)
    with pytest.raises(SessionNotFound):
        await here("end_session", session=there.caller.session)
    assert (await here("end_sessions", others_only=True)).ended == 1
    assert [s.session for s in (await here("list_sessions")).items] == [here.caller.session]
    assert (await here("end_sessions")).ended == 1
    with pytest.raises(TokenInvalid):
        await caller_of(each_world.shop, here.token)


async def test_sessions_of_others_do_not_exist(world: World) -> None:
    (ada, _), bob = await _signed_in(world), await world.customer()
    with pytest.raises(SessionNotFound):
        await bob("end_session", session=ada.caller.session)
    assert (await bob("end_sessions", others_only=True)).ended == 0
    assert (await caller_of(world.shop, ada.token)).account == ada.caller.account


async def test_when_a_session_was_used_is_told_by_its_refreshes(world: World) -> None:
    ada, refresh_token = await _signed_in(world)
    world.clock.move(minutes=12)
    await Shopper(world.shop)("refresh_session", refresh_token=refresh_token)
    [mine] = (await ada("list_sessions")).items
    assert (mine.used_at - mine.created_at).total_seconds() == 12 * 60


async def test_sessions_that_ended_are_swept(each_world: World) -> None:
    _, (phone, _) = await _signed_in(each_world), await _signed_in(each_world)
    await phone("sign_out")

    async def held() -> int:
        async with Context(each_world.shop, ANONYMOUS).reading() as ctx:
            return int(await ctx.value(text("SELECT COUNT(*) FROM session")))

    each_world.clock.move(minutes=10)
    await run_jobs(each_world.shop)
    assert await held() == 2  # the phone's access token could still be shown
    each_world.clock.move(minutes=6)
    await run_jobs(each_world.shop)
    assert await held() == 1
    each_world.clock.move(days=30)
    await run_jobs(each_world.shop)
    assert await held() == 0


async def test_tries_of_a_password_are_counted_before_they_are_checked(each_world: World) -> None:
    nobody = Shopper(each_world.shop)
    guesses = (nobody("sign_in", email="nobody@example.com", password=f"guess {i}") for i in range(14))
    outcomes = [type(o) for o in await asyncio.gather(*guesses, return_exceptions=True)]
    assert outcomes.count(WrongCredentials) == attempts.FREE
    assert outcomes.count(TooManyAttempts) == 4


def test_who_goes_on_guessing_waits_longer_and_longer() -> None:
    waits = [int(attempts.wait_after(n).total_seconds() // 60) for n in range(1, 101)]
    assert [w for w in waits if w] == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert waits.index(1) == attempts.FREE - 1


async def test_the_right_password_forgives_wrong_ones(world: World) -> None:
    for _ in range(2):
        for _ in range(attempts.FREE - 1):
            with pytest.raises(WrongCredentials):
                await world.sign_in(password="wrong")
        await world.sign_in()


@pytest.mark.parametrize(
    ("operation", "asked", "allowed"),
    [("start_guest_session", {}, 60), ("sign_in", {"email": "nobody@example.com", "password": "wrong"}, 30)],
)
async def test_a_network_address_begins_so_often_only(
    world: World, monkeypatch: pytest.MonkeyPatch, operation: str, asked: dict[str, str], allowed: int
) -> None:
    async def wrong(_password: str, _known: str | None) -> passwords.Checked:
        return passwords.Checked(False, None)

    monkeypatch.setattr(passwords, "check", wrong)  # its slowness alone would be tested here
    monkeypatch.setattr(attempts, "FREE", 1000)
    declared = CATALOG[operation]

    async def ask(address: str) -> str:
        try:
            await declared(Context(world.shop, ANONYMOUS, address=address), declared.parse(asked))
        except (TooManyRequests, WrongCredentials) as refused:
            return type(refused).__name__
        return "done"

    told = [await ask("203.0.113.7") for _ in range(allowed + 2)]
    assert [t == "TooManyRequests" for t in told] == [False] * allowed + [True] * 2
    assert await ask("203.0.113.8") != "TooManyRequests"
    assert await ask("127.0.0.1") != "TooManyRequests"


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Version/26 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.5.0", "curl"),
        ("\x1b[31mred", "[31mred"),
        ("", "Unknown device"),
    ],
)
def test_a_device_is_told_in_words(user_agent: str, device: str) -> None:
    assert device_of(user_agent) == device
