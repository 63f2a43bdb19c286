"""Sessions over HTTP: guests, what comes along at sign-in, refreshing, signing out, and tokens that must not count."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI

from api.server import build_app
from commerce.context import Caller
from commerce.shop import open_shop
from evals.world import HandClock, fresh_world
from tests.api.calls import MUG, customer, key, ok, quoted, refused
from tests.worlds import ADA, Shopper, client_of, running, settings_for


async def signed_in(http: httpx.AsyncClient, **session: str) -> dict[str, Any]:
    tokens: dict[str, Any] = ok(await http.post("/v1/sessions", json=session or ADA), 201)
    http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return tokens


async def guest(http: httpx.AsyncClient) -> dict[str, Any]:
    tokens: dict[str, Any] = ok(await http.post("/v1/sessions/guest"), 201)
    http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return tokens


async def my_threads(http: httpx.AsyncClient) -> list[str]:
    return [t["thread"] for t in ok(await http.get("/v1/chat/threads"))["items"]]


async def until_it_is_mine(http: httpx.AsyncClient, thread: str) -> bool:
    """Conversations follow an event, a moment later."""
    for _ in range(60):
        if thread in await my_threads(http):
            return True
        await asyncio.sleep(0.05)
    return False


async def test_a_guest_can_fill_a_cart_and_talk_and_takes_both_along_at_sign_in(
    service: FastAPI, http: httpx.AsyncClient
) -> None:
    async with client_of(service, **ADA) as ada:
        ok(await ada.post("/v1/cart/items", json={"sku": MUG, "quantity": 1}))
    await guest(http)
    ok(await http.post("/v1/cart/items", json={"sku": MUG, "quantity": 2}))
    ok(await http.post("/v1/cart/items", json={"sku": "MUG-BLU-350"}))
    refused(await http.post("/v1/checkouts"), 403, "customers_only")
    refused(await http.get("/v1/orders"), 403, "customers_only")
    thread = ok(await http.post("/v1/chat/threads"), 201)["thread"]
    ok(await http.post(f"/v1/chat/threads/{thread}/turns", json={"text": "Show me mugs under $15"}))

    old = http.headers["Authorization"]
    await signed_in(http)
    cart = {i["sku"]: i["quantity"] for i in ok(await http.get("/v1/cart"))["items"]}
    assert cart == {MUG: 3, "MUG-BLU-350": 1}
    assert await until_it_is_mine(http, thread)
    assert len(ok(await http.get(f"/v1/chat/threads/{thread}"))["messages"]) == 2
    refused(await http.get("/v1/cart", headers={"Authorization": old}), 401, "token_invalid")


async def test_conversations_come_along_when_the_server_stopped_right_after_the_sign_in(tmp_path: Path) -> None:
    shop = await fresh_world(tmp_path, HandClock())
    await shop.close()
    async with running(settings_for(tmp_path)) as app, client_of(app) as http:
        account = (await guest(http))["account"]
        thread = ok(await http.post("/v1/chat/threads"), 201)["thread"]
        session = jwt.decode(http.headers["Authorization"][7:], options={"verify_signature": False})["sid"]
    shop = open_shop(settings_for(tmp_path).shop)  # signs in, and stops before the event is delivered
    caller = Caller(account=account, role="guest", session=session)
    await Shopper(shop, caller)("sign_in", **ADA)
    await shop.close()
    async with running(settings_for(tmp_path)) as app, client_of(app, **ADA) as http:
        assert await until_it_is_mine(http, thread)


async def test_nobody_takes_over_the_cart_of_another_customer(service: FastAPI, http: httpx.AsyncClient) -> None:
    async with customer(service) as bob:
        ok(await bob.post("/v1/cart/items", json={"sku": MUG, "quantity": 7}))
        http.headers["Authorization"] = bob.headers["Authorization"]
        await signed_in(http)
        assert ok(await http.get("/v1/cart"))["items"] == []
        assert ok(await bob.get("/v1/cart"))["items"][0]["quantity"] == 7


async def test_one_mailbox_is_one_account_whatever_the_case(http: httpx.AsyncClient) -> None:
    again = {"email": "ADA@Example.com", "name": "Ada", "password": "another password"}
    refused(await http.post("/v1/accounts", json=again), 409, "email_taken")
    ok(await http.post("/v1/sessions", json=ADA | {"email": "ADA@EXAMPLE.COM"}), 201)


async def test_a_wrong_password_and_an_unknown_address_are_answered_alike(http: httpx.AsyncClient) -> None:
    answers = [
        refused(await http.post("/v1/sessions", json=wrong), 401, "wrong_credentials")
        for wrong in (ADA | {"password": "wrong"}, ADA | {"email": "nobody@example.com"})
    ]
    assert answers[0] | {"trace_id": ""} == answers[1] | {"trace_id": ""}


async def test_guessing_passwords_is_slowed_down(http: httpx.AsyncClient) -> None:
    for _ in range(10):
        refused(await http.post("/v1/sessions", json=ADA | {"password": "guess"}), 401, "wrong_credentials")
    answer = await http.post("/v1/sessions", json=ADA)
    refused(answer, 429, "too_many_attempts")
    assert int(answer.headers["retry-after"]) > 0


async def test_a_refresh_token_works_once_and_a_used_one_ends_the_session(http: httpx.AsyncClient) -> None:
    first = await signed_in(http)
    second = ok(await http.post("/v1/sessions/refresh", json={"refresh_token": first["refresh_token"]}))
    assert second["refresh_token"] != first["refresh_token"]
    http.headers["Authorization"] = f"Bearer {second['access_token']}"
    ok(await http.get("/v1/account"))
    del http.headers["Authorization"]
    stolen = await http.post("/v1/sessions/refresh", json={"refresh_token": first["refresh_token"]})
    refused(stolen, 401, "refresh_refused")
    refused(
        await http.post("/v1/sessions/refresh", json={"refresh_token": second["refresh_token"]}), 401, "refresh_refused"
    )
    for dead in (first, second):
        headers = {"Authorization": f"Bearer {dead['access_token']}"}
        refused(await http.get("/v1/account", headers=headers), 401, "token_invalid")


async def test_of_two_refreshes_at_once_one_is_refused(http: httpx.AsyncClient) -> None:
    body = {"refresh_token": (await signed_in(http))["refresh_token"]}
    answers = await asyncio.gather(*(http.post("/v1/sessions/refresh", json=body) for _ in range(4)))
    assert [a.status_code for a in answers].count(200) == 1
    assert {a.status_code for a in answers} == {200, 401}


async def test_a_made_up_refresh_token_ends_nobodys_session(http: httpx.AsyncClient) -> None:
    tokens = await signed_in(http)
    session = tokens["refresh_token"].partition(".")[0]
    for wrong in (session, f"{session}.", f"{session}.short", "nothing", tokens["access_token"][:200]):
        refused(await http.post("/v1/sessions/refresh", json={"refresh_token": wrong}), 401, "refresh_refused")
    ok(await http.get("/v1/account"))


async def test_signing_out_ends_this_sessions_tokens_at_once_and_no_others(http: httpx.AsyncClient) -> None:
    elsewhere = ok(await http.post("/v1/sessions", json=ADA), 201)["access_token"]
    tokens = await signed_in(http)
    assert ok(await http.delete("/v1/sessions/current")) == {"signed_out": True}
    answer = await http.get("/v1/account")
    refused(answer, 401, "token_invalid")
    assert answer.headers["www-authenticate"] == "Bearer"
    body = {"refresh_token": tokens["refresh_token"]}
    del http.headers["Authorization"]
    refused(await http.post("/v1/sessions/refresh", json=body), 401, "refresh_refused")
    ok(await http.get("/v1/account", headers={"Authorization": f"Bearer {elsewhere}"}))


async def test_an_access_token_ends_when_it_says_and_the_refresh_token_goes_on(tmp_path: Path) -> None:
    shop = await fresh_world(tmp_path, clock := HandClock())
    await shop.close()
    app = build_app(settings_for(tmp_path), clock=clock)
    async with app.router.lifespan_context(app), client_of(app) as http:
        tokens = await signed_in(http)
        clock.move(seconds=tokens["expires_in"] - 1)
        ok(await http.get("/v1/account"))
        clock.move(seconds=1)
        answer = await http.get("/v1/account")
        refused(answer, 401, "token_invalid")
        assert answer.headers["www-authenticate"] == "Bearer"
        fresh = ok(await http.post("/v1/sessions/refresh", json={"refresh_token": tokens["refresh_token"]}))
        ok(await http.get("/v1/account", headers={"Authorization": f"Bearer {fresh['access_token']}"}))
        clock.move(days=31)
        late = await http.post("/v1/sessions/refresh", json={"refresh_token": fresh["refresh_token"]})
        refused(late, 401, "refresh_refused")


async def test_forged_tokens_do_not_count(service: FastAPI, ada: httpx.AsyncClient, http: httpx.AsyncClient) -> None:
    good = ada.headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(good, options={"verify_signature": False})
    secret = service.state.shop.secret
    async with customer(service) as bob:
        theirs = jwt.decode(bob.headers["Authorization"][7:], options={"verify_signature": False})
        head, body, sign = good.split(".")
        other_body = jwt.encode(claims | {"sub": theirs["sub"]}, secret, "HS256").split(".")[1]
        forged = {
            "another secret": jwt.encode(claims, "another secret of forty characters or more", "HS256"),
            "no algorithm": jwt.encode(claims, None, "none"),
            "another algorithm": jwt.encode(claims, secret + "x" * 40, "HS512"),
            "expired": jwt.encode(claims | {"exp": claims["exp"] - 10_000}, secret, "HS256"),
            "no expiry": jwt.encode({k: v for k, v in claims.items() if k != "exp"}, secret, "HS256"),
            "no session": jwt.encode({k: v for k, v in claims.items() if k != "sid"}, secret, "HS256"),
            "another's account, my session": jwt.encode(claims | {"sub": theirs["sub"]}, secret, "HS256"),
            "another's session, my account": jwt.encode(claims | {"sid": theirs["sid"]}, secret, "HS256"),
            "another's account, my signature": f"{head}.{other_body}.{sign}",
            "no signature": f"{head}.{body}.",
            "cut off": good[:-4],
            "garbage": "garbage",
            "dots": "...",
            "not latin": "…é",
            "long": "a" * 10_000,
        }
        for name, token in forged.items():
            answer = await http.get("/v1/account", headers={b"Authorization": f"Bearer {token}".encode()})
            assert (name, answer.status_code) == (name, 401)
            refused(answer, 401, "token_invalid")
            assert answer.headers["www-authenticate"] == "Bearer"
            chat = await http.get("/v1/chat/threads", headers={b"Authorization": f"Bearer {token}".encode()})
            assert (name, chat.status_code) == (name, 401)


@pytest.mark.parametrize("header", ["Basic YWRhOmFkYQ==", "Bearer", "Bearer ", "Token abc", ""])
async def test_other_kinds_of_authorization_are_nobody(http: httpx.AsyncClient, header: str) -> None:
    answer = await http.get("/v1/account", headers={"Authorization": header})
    refused(answer, 401, "sign_in_required")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_token_in_the_address_signs_nobody_in(ada: httpx.AsyncClient, http: httpx.AsyncClient) -> None:
    token = ada.headers["Authorization"].removeprefix("Bearer ")
    refused(await http.get("/v1/account", params={"access_token": token}), 422, "bad_input")
    refused(await http.get("/v1/chat/threads", params={"access_token": token}), 401, "sign_in_required")


async def test_a_bad_token_is_refused_even_where_nobody_has_to_sign_in(http: httpx.AsyncClient) -> None:
    refused(await http.get("/v1/products", headers={"Authorization": "Bearer nonsense"}), 401, "token_invalid")


async def test_answers_hold_neither_password_nor_card_token(ada: httpx.AsyncClient) -> None:
    await quoted(ada)
    for path in ("/v1/account", "/v1/account/payment-methods"):
        assert "tok_" not in (await ada.get(path)).text
    sent = await ada.post(
        "/v1/accounts", json={"email": "x", "name": "x", "password": "hunter2-hunter2"}, headers=key()
    )
    assert sent.status_code == 422
    assert "hunter2" not in sent.text
