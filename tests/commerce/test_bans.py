"""Bans: told to whom they hit, effective at once and everywhere, over by themselves; and who may give them."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from commerce.accounts.refusals import (
    AccountBanned,
    AccountNotFound,
    AdminsAreNotBanned,
    AlreadyBanned,
    NotBanned,
    NotOneself,
    RefreshRefused,
    WrongCredentials,
)
from commerce.accounts.sessions import caller_of
from commerce.errors import BadInput, TokenInvalid
from commerce.shop import open_shop
from tests.tools.boxes import agent_of, refused
from tests.worlds import ADA, Shopper, World


async def _ada(world: World) -> str:
    return str((await (await world.admin())("list_accounts", email=ADA["email"])).items[0].account)


async def test_a_ban_counts_on_the_next_request_and_at_the_next_sign_in(each_world: World) -> None:
    admin, ada = await each_world.admin(), await each_world.sign_in()
    banned = await admin("ban_account", account=ada.caller.account, reason="Resold everything.")
    assert (banned.ban.reason, banned.ban.until) == ("Resold everything.", None)
    with pytest.raises(AccountBanned, match="without an end: Resold everything"):
        await caller_of(each_world.shop, ada.token)
    with pytest.raises(AccountBanned, match="Resold everything"):
        await each_world.sign_in()
    with pytest.raises(WrongCredentials):
        await each_world.sign_in(password="not her password")


async def test_a_lifted_ban_lets_in_again_but_revives_no_session(each_world: World) -> None:
    admin = await each_world.admin()
    session = await Shopper(each_world.shop)("sign_in", **ADA)
    await admin("ban_account", account=session.account, reason="Spam.")
    lifted = await admin("lift_ban", account=session.account)
    assert lifted.ban is None
    with pytest.raises(TokenInvalid):
        await caller_of(each_world.shop, session.access_token)
    with pytest.raises(RefreshRefused):
        await Shopper(each_world.shop)("refresh_session", refresh_token=session.refresh_token)
    assert (await each_world.sign_in()).caller.account == session.account
    events = (await admin("list_account_events", account=session.account)).items
    assert [(e.type, e.actor, e.data) for e in events] == [
        ("ban_lifted", admin.caller.account, {}),
        ("banned", admin.caller.account, {"reason": "Spam."}),
    ]


async def test_a_ban_with_an_end_is_over_by_itself(each_world: World) -> None:
    admin, ada = await each_world.admin(), await _ada(each_world)
    until = each_world.clock() + timedelta(days=2)
    await admin("ban_account", account=ada, reason="Cool down.", until=until.isoformat())
    with pytest.raises(AccountBanned) as refused_:
        await each_world.sign_in()
    assert refused_.value.facts == {"reason": "Cool down.", "until": until.isoformat()}
    assert [a.account for a in (await admin("list_accounts", banned=True)).items] == [ada]
    each_world.clock.move(days=2)
    assert (await each_world.sign_in()).caller.account == ada
    assert (await admin("list_accounts", banned=True)).items == []
    with pytest.raises(NotBanned):
        await admin("lift_ban", account=ada)
    await admin("ban_account", account=ada, reason="Again.")
    assert (await admin("look_up_account", account=ada)).ban.reason == "Again."


async def test_a_ban_made_by_another_process_counts_here(world: World, tmp_path: Path) -> None:
    bob, admin = await world.customer(), await world.admin()
    assert (await caller_of(world.shop, bob.token)).role == "customer"
    other = open_shop(world.shop.settings, clock=world.clock)
    await Shopper(other, admin.caller)("ban_account", account=bob.caller.account, reason="Spam.")
    await other.close()
    with pytest.raises(AccountBanned):
        await caller_of(world.shop, bob.token)


async def test_who_is_banned_already_is_not_banned_again_not_even_at_once(each_world: World) -> None:
    admins, bob = [await each_world.admin() for _ in range(3)], await each_world.customer()
    asked = {"account": bob.caller.account, "reason": "Spam."}
    outcomes = await asyncio.gather(*(a("ban_account", **asked) for a in admins), return_exceptions=True)
    assert sorted(type(o).__name__ for o in outcomes) == ["AlreadyBanned", "AlreadyBanned", "ManagedAccountView"]
    lifts = await asyncio.gather(*(a("lift_ban", account=bob.caller.account) for a in admins), return_exceptions=True)
    assert sorted(type(o).__name__ for o in lifts) == ["ManagedAccountView", "NotBanned", "NotBanned"]
    events = (await admins[0]("list_account_events", account=bob.caller.account)).items
    assert [e.type for e in events] == ["ban_lifted", "banned"]


async def test_nobody_bans_themselves_or_an_admin_who_was_not_demoted(world: World) -> None:
    admin, other = await world.admin(), await world.admin()
    with pytest.raises(NotOneself):
        await admin("ban_account", account=admin.caller.account, reason="Tired.")
    with pytest.raises(NotOneself):
        await admin("lift_ban", account=admin.caller.account)
    with pytest.raises(AdminsAreNotBanned):
        await admin("ban_account", account=other.caller.account, reason="Rival.")
    with pytest.raises(AccountNotFound):
        await admin("ban_account", account="acc_unknown", reason="Who?")
    with pytest.raises(BadInput, match="future"):
        await admin("ban_account", account=other.caller.account, reason="Late.", until=world.clock().isoformat())
    await admin("change_role", account=other.caller.account, role="customer")
    await admin("ban_account", account=other.caller.account, reason="Rival.")
    with pytest.raises(AccountBanned):
        await admin("change_role", account=other.caller.account, role="admin")
    with pytest.raises(AlreadyBanned):
        await admin("ban_account", account=other.caller.account, reason="Rival.")


async def test_tools_of_a_running_chat_stop_with_the_ban_and_follow_the_role(world: World) -> None:
    admin, bob = await world.admin(), await world.customer()
    agent = await agent_of(world, bob)
    assert (await agent("view_cart")).refusal is None
    await admin("ban_account", account=bob.caller.account, reason="Spam.")
    assert refused(await agent("view_cart")) == "account_banned"
    assert (await agent.box.propose("place_order", {"checkout": "chk_1"}, "k", "thr_1")).refused is not None
    gone = await agent.box.gone()
    assert gone is not None
    assert gone.code == "account_banned"


async def test_tools_of_a_running_chat_stop_with_the_sign_out(world: World) -> None:
    agent = await agent_of(world, await world.customer())
    await agent.shopper("sign_out")
    assert refused(await agent("view_cart")) == "token_invalid"
