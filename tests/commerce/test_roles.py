"""Who may do what: admins give roles, merchants come and are renamed, and nobody locks the last admin out."""

import asyncio

import pytest

from commerce.accounts.refusals import AccountNotFound, GuestHasNoRole, NotOneself
from commerce.accounts.sessions import caller_of
from commerce.errors import AdminsOnly, BadInput, SignInRequired
from commerce.merchants.refusals import MerchantNotFound, MerchantTaken
from commerce.operation import CATALOG, Effect, Who
from tests.worlds import Shopper, World

STAFF = [name for name, declared in CATALOG.items() if declared.who is Who.ADMIN]


async def _role(world: World, shopper: Shopper) -> tuple[str | None, str | None]:
    """As the next request would find it."""
    caller = await caller_of(world.shop, shopper.token)
    return caller.role, caller.merchant


async def test_an_admin_promotes_and_demotes_and_it_counts_from_the_next_request_on(each_world: World) -> None:
    admin, bob = await each_world.admin(), await each_world.customer()
    account = bob.caller.account
    made = await admin("change_role", account=account, role="merchant", merchant="harbor-home")
    assert (made.role, made.merchant) == ("merchant", "harbor-home")
    assert await _role(each_world, bob) == ("merchant", "harbor-home")
    await admin("change_role", account=account, role="admin")
    assert await _role(each_world, bob) == ("admin", None)
    await admin("change_role", account=account, role="customer")
    assert await _role(each_world, bob) == ("customer", None)
    events = (await admin("list_account_events", account=account)).items
    assert [(e.type, e.actor, e.data["to"]) for e in events] == [
        ("role_changed", admin.caller.account, to) for to in ("customer", "admin", "merchant")
    ]


async def test_a_merchant_is_made_together_with_its_first_person(each_world: World) -> None:
    admin, bob = await each_world.admin(), await each_world.customer()
    asked = {"account": bob.caller.account, "role": "merchant", "merchant": "acme"}
    with pytest.raises(MerchantNotFound):
        await admin("change_role", **asked)
    assert await _role(each_world, bob) == ("customer", None)
    await admin("change_role", **asked, merchant_name="Acme Tools")
    assert (await bob("get_merchant", merchant="acme")).name == "Acme Tools"
    with pytest.raises(MerchantTaken):
        await admin("change_role", **asked, merchant_name="Another")


@pytest.mark.parametrize("asked", [{"role": "merchant"}, {"role": "admin", "merchant": "harbor-home"}])
async def test_a_merchant_goes_with_its_role_only(world: World, asked: dict[str, str]) -> None:
    with pytest.raises(BadInput, match="merchant"):
        await (await world.admin())("change_role", account=(await world.customer()).caller.account, **asked)


async def test_nobody_changes_their_own_role_and_guests_have_none(world: World) -> None:
    admin, guest = await world.admin(), await world.guest()
    with pytest.raises(NotOneself):
        await admin("change_role", account=admin.caller.account, role="customer")
    with pytest.raises(GuestHasNoRole):
        await admin("change_role", account=guest.caller.account, role="admin")
    with pytest.raises(AccountNotFound):
        await admin("change_role", account="acc_unknown", role="admin")


async def test_of_two_admins_who_demote_each_other_one_stays(each_world: World) -> None:
    one, other = await each_world.admin(), await each_world.admin()
    attempts = [
        one("change_role", account=other.caller.account, role="customer"),
        other("change_role", account=one.caller.account, role="customer"),
    ]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AdminsOnly", "ManagedAccountView"]
    assert sorted([(await _role(each_world, who))[0] or "" for who in (one, other)]) == ["admin", "customer"]


@pytest.mark.parametrize("name", STAFF)
async def test_what_admins_do_nobody_else_does(world: World, name: str) -> None:
    declared = CATALOG[name]
    asked = declared.input.model_construct(account="acc_1", merchant="harbor-home")
    for shopper in (await world.customer(), await world.merchant()):
        with pytest.raises(AdminsOnly):
            declared.permit(shopper.context)
    with pytest.raises(SignInRequired):
        await declared(Shopper(world.shop).context, asked)
    assert declared.effect in set(Effect)


async def test_admins_find_accounts_by_address_role_and_page(world: World) -> None:
    admin, bob = await world.admin(), await world.customer()
    guest = await world.guest()
    found = (await admin("list_accounts", email="ADA@")).items
    assert [(a.email, a.role, a.ban) for a in found] == [("ada@example.com", "customer", None)]
    assert (await admin("list_accounts", email="%")).items == []
    assert [a.account for a in (await admin("list_accounts", role="admin")).items] == [admin.caller.account]
    assert [a.account for a in (await admin("list_accounts", role="guest")).items] == [guest.caller.account]
    everyone = {a.account for a in (await admin("list_accounts")).items}
    assert bob.caller.account in everyone
    assert guest.caller.account not in everyone
    pages, cursor = [], None
    while True:
        page = await admin("list_accounts", limit=1, **({"cursor": cursor} if cursor else {}))
        pages += [a.account for a in page.items]
        cursor = page.next_cursor
        if not cursor:
            break
    assert len(pages) == len(set(pages)) == len(everyone)
    assert (await admin("look_up_account", account=bob.caller.account)).role == "customer"


async def test_merchants_are_made_renamed_and_seen_by_everyone(each_world: World) -> None:
    admin, nobody = await each_world.admin(), Shopper(each_world.shop)
    await admin("create_merchant", merchant="acme", name="Acme", names={"zh": "顶点"})
    with pytest.raises(MerchantTaken):
        await admin("create_merchant", merchant="acme", name="Acme again")
    renamed = await admin("update_merchant", merchant="acme", name="Acme Tools")
    assert (renamed.name, renamed.names) == ("Acme Tools", {"zh": "顶点"})
    assert await nobody("get_merchant", merchant="acme") == renamed
    first = await nobody("list_merchants", limit=2)
    rest = await nobody("list_merchants", limit=2, cursor=first.next_cursor)
    slugs = [m.merchant for m in (*first.items, *rest.items)]
    assert slugs == sorted(slugs)
    assert slugs[0] == "acme"
    with pytest.raises(MerchantNotFound):
        await nobody("get_merchant", merchant="nobody")
    with pytest.raises(MerchantNotFound):
        await admin("update_merchant", merchant="nobody", name="Nobody")


async def test_a_merchant_made_twice_at_once_is_one(each_world: World) -> None:
    admin = await each_world.admin()
    made = await asyncio.gather(
        *(admin("create_merchant", merchant="acme", name="Acme") for _ in range(4)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in made) == ["MerchantTaken"] * 3 + ["MerchantView"]
