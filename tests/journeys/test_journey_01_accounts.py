"""Register → sign in → tokens renewed → sign out → banned, told why, at once → lifted → promoted and demoted."""

import httpx
from fastapi import FastAPI

from evals.world import HandClock
from tests.api.calls import PASSWORD, ok, refused
from tests.worlds import World, client_of

GRACE = {"email": "grace@example.com", "password": PASSWORD}
PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Version/26 Safari/604.1"}


def _bearer(session: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {session['access_token']}"}


async def _signed_in(http: httpx.AsyncClient) -> dict[str, str]:
    session: dict[str, str] = ok(await http.post("/v1/sessions", json=GRACE, headers=PHONE), 201)
    return session


async def test_an_account_from_its_beginning_to_its_ban_and_back(service: FastAPI, http: httpx.AsyncClient) -> None:
    made = ok(await http.post("/v1/accounts", json=GRACE | {"name": "Grace"}), 201)
    refused(
        await http.post("/v1/accounts", json=GRACE | {"name": "Grace", "email": "GRACE@example.com"}),
        409,
        "email_taken",
    )
    first = await _signed_in(http)
    me = ok(await http.get("/v1/account", headers=_bearer(first)))
    assert (me["account"], me["name"], me["role"]) == (made["account"], "Grace", "customer")

    renewed = ok(await http.post("/v1/sessions/refresh", json={"refresh_token": first["refresh_token"]}))
    assert renewed["refresh_token"] != first["refresh_token"]
    [mine] = ok(await http.get("/v1/sessions", headers=_bearer(renewed)))["items"]
    assert (mine["device"], mine["current"]) == ("Safari on iPhone", True)
    second = await _signed_in(http)
    ok(await http.delete("/v1/sessions/current", headers=_bearer(renewed)))
    for ended in (first, renewed):
        refused(await http.get("/v1/account", headers=_bearer(ended)), 401, "token_invalid")
    gone = {"refresh_token": renewed["refresh_token"]}
    refused(await http.post("/v1/sessions/refresh", json=gone), 401, "refresh_refused")
    ok(await http.get("/v1/account", headers=_bearer(second)))

    boss = await World(service.state.shop, HandClock()).admin()
    path = f"/v1/accounts/{made['account']}"
    async with client_of(service, token=boss.token) as admin:
        refused(await http.post(f"{path}/ban", json={"reason": "Spam."}, headers=_bearer(second)), 403, "admins_only")
        ok(await admin.post(f"{path}/ban", json={"reason": "Spam."}))
        assert refused(await http.get("/v1/cart", headers=_bearer(second)), 403, "account_banned")["facts"] == {
            "reason": "Spam.",
            "until": None,
        }
        refused(await http.post("/v1/sessions", json=GRACE), 403, "account_banned")
        refused(
            await http.post("/v1/sessions", json=GRACE | {"password": "a wrong password"}), 401, "wrong_credentials"
        )
        refused(await admin.post(f"{path}/ban", json={"reason": "Again."}), 409, "already_banned")
        ok(await admin.delete(f"{path}/ban"))
        refused(await admin.delete(f"{path}/ban"), 409, "not_banned")
        third = await _signed_in(http)

        refused(await http.get("/v1/accounts", headers=_bearer(third)), 403, "admins_only")
        ok(await admin.post(f"{path}/role", json={"role": "admin"}))
        ok(await http.get("/v1/accounts", headers=_bearer(third)))
        ok(await admin.post(f"{path}/role", json={"role": "customer"}))
        refused(await http.get("/v1/accounts", headers=_bearer(third)), 403, "admins_only")
        told = [event["type"] for event in ok(await admin.get(f"{path}/events"))["items"]]
        assert told == ["role_changed", "role_changed", "ban_lifted", "banned"]
