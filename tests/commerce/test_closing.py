"""Closing an account: what is personal goes, what was bought stays, and nothing that is under way is lost."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from commerce.accounts import passwords
from commerce.accounts.refusals import AccountNotFound, OrdersOpen, StaffStays, WrongCredentials, WrongPassword
from commerce.accounts.sessions import caller_of
from commerce.context import ANONYMOUS, Context
from commerce.errors import TokenInvalid
from commerce.jobs import run_jobs
from tests.worlds import ADA, Shopper, World

MINE = {"password": ADA["password"]}


async def _rows(world: World, statement: str, **values: Any) -> list[Any]:
    async with Context(world.shop, ANONYMOUS).reading() as ctx:
        return [tuple(row) for row in await ctx.rows(text(statement).bindparams(**values))]


async def test_a_closed_account_holds_nothing_personal_and_opens_to_nobody(each_world: World) -> None:
    ada = await each_world.sign_in()
    await ada("add_to_cart", sku="MUG-BLU-350")
    await ada("save_for_later", sku="MUG-BLU-350")
    await ada("add_to_cart", sku="MUG-RED-350")
    await ada("create_checkout")
    with pytest.raises(WrongPassword):
        await ada("close_account", password="wrong")
    assert (await ada("close_account", **MINE)).closed
    with pytest.raises(TokenInvalid):
        await caller_of(each_world.shop, ada.token)
    with pytest.raises(WrongCredentials):
        await each_world.sign_in()
    await run_jobs(each_world.shop)
    for table in ("address", "payment_method", "cart_item", "saved_item", "checkout"):
        assert await _rows(each_world, f"SELECT * FROM {table} WHERE account = :me", me=ada.caller.account) == []
    [row] = await _rows(each_world, "SELECT * FROM account WHERE id = :me", me=ada.caller.account)
    assert "ada" not in str(row).lower()
    admin = await each_world.admin()
    assert (await admin("look_up_account", account=ada.caller.account)).closed_at is not None
    for name, asked in (("change_role", {"role": "admin"}), ("ban_account", {"reason": "Why."})):
        with pytest.raises(AccountNotFound):
            await admin(name, account=ada.caller.account, **asked)
    again = {"email": ADA["email"], "name": "Ada", "password": "quiet heron over tin roofs"}
    assert (await Shopper(each_world.shop)("create_account", **again)).account != ada.caller.account


async def test_an_account_with_an_open_order_stays(each_world: World) -> None:
    ada = await each_world.sign_in()
    order = (await ada.buy()).order
    with pytest.raises(OrdersOpen, match=order):
        await ada("close_account", **MINE)
    await ada("cancel_order", order=order)
    await ada("close_account", **MINE)
    assert await _rows(each_world, "SELECT status FROM orders WHERE number = :n", n=order) == [("cancelled",)]
    assert await each_world.findings() == []


async def test_of_placing_and_closing_at_once_no_open_order_is_left_with_nobody(each_world: World) -> None:
    ada = await each_world.sign_in()
    await ada("add_to_cart", sku="MUG-RED-350")
    checkout = (await ada("create_checkout")).checkout
    both = ada("place_order", checkout=checkout), ada("close_account", **MINE)
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert [isinstance(o, Exception) for o in outcomes].count(True) == 1, outcomes
    assert await each_world.findings() == []


async def test_merchants_people_and_admins_are_demoted_before_they_go(world: World) -> None:
    merchant = await world.sign_in("merchant@example.com", "demo-merchant")
    assert (merchant.caller.role, merchant.caller.merchant) == ("merchant", "harbor-home")
    with pytest.raises(StaffStays):
        await merchant("close_account", password="demo-merchant")
    admin = await world.admin()
    known = {"hash": await passwords.hashed("demo-merchant"), "id": admin.caller.account}
    async with world.shop.database.write() as db:
        await db.execute(text("UPDATE account SET password_hash = :hash WHERE id = :id"), known)
    with pytest.raises(StaffStays):
        await admin("close_account", password="demo-merchant")


async def test_guests_are_forgotten_when_nobody_can_be_them_any_more(each_world: World) -> None:
    guests = [await Shopper(each_world.shop)("start_guest_session") for _ in range(3)]
    left, stays, banned = [Shopper(each_world.shop, await caller_of(each_world.shop, g.access_token)) for g in guests]
    for guest in (left, stays):
        await guest("add_to_cart", sku="MUG-RED-350")
        await guest("remember_preference", kind="size", said="I wear M")
    admin = await each_world.admin()
    await admin("ban_account", account=banned.caller.account, reason="Spam.")
    await left("sign_out")
    await run_jobs(each_world.shop)
    assert len(await _rows(each_world, "SELECT id FROM account WHERE role = 'guest'")) == 3, "too soon"
    each_world.clock.move(days=2)
    await run_jobs(each_world.shop)
    kept = {row[0] for row in await _rows(each_world, "SELECT id FROM account WHERE role = 'guest'")}
    assert kept == {stays.caller.account, banned.caller.account}
    for table in ("cart_item", "preference"):
        assert {row[0] for row in await _rows(each_world, f"SELECT account FROM {table}")} == {stays.caller.account}
    closed = await _rows(each_world, "SELECT data FROM outbox WHERE type = 'account.closed'")
    assert left.caller.account in str(closed)
    assert await each_world.findings() == []
