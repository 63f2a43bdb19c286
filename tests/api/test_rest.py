"""The shop over plain HTTP, as a program would use it: the main journey, lists, pages, and what belongs to somebody else."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from starlette.routing import Route

from commerce.audit import audit
from tests.api.calls import (
    MUG,
    available,
    customer,
    every,
    key,
    ok,
    placed,
    quoted,
    refused,
    totals,
    with_address,
    with_method,
)
from tests.worlds import ADDRESS


async def test_the_shops_rules_are_there_for_people_in_both_languages(http: httpx.AsyncClient) -> None:
    english, chinese = await http.get("/v1/shop/rules"), await http.get("/v1/shop/rules", params={"language": "zh"})
    assert english.headers["content-type"] == "text/markdown; charset=utf-8"
    assert "for 30 days after the arrival" in english.text
    assert "收货后 30 天内" in chinese.text
    refused(await http.get("/v1/shop/rules", params={"language": "fr"}), 422, "bad_input")


async def test_a_stranger_registers_buys_pays_and_cancels(service: FastAPI, http: httpx.AsyncClient) -> None:
    joining = {"email": "Grace@Example.com", "name": "Grace", "password": "a long password"}
    account = ok(await http.post("/v1/accounts", json=joining), 201)
    assert (account["email"], account["name"], account["role"]) == ("grace@example.com", "Grace", "customer")
    session = ok(
        await http.post("/v1/sessions", json={"email": "grace@example.com", "password": joining["password"]}), 201
    )
    assert (session["token_type"], session["account"]) == ("bearer", account["account"])
    http.headers["Authorization"] = f"Bearer {session['access_token']}"
    assert ok(await http.get("/v1/account")) == account

    address = ok(await http.post("/v1/account/addresses", json=ADDRESS), 201)
    assert address["default"] is True
    method = ok(await http.post("/v1/account/payment-methods", json={"token": "tok_succeeds"}), 201)
    assert "tok_succeeds" not in str(method)

    found = ok(await http.get("/v1/products", params={"query": "red enamel mug", "max_price": 1500}))
    mug = next(v for p in found["items"] for v in p["variants"] if v["sku"] == MUG)
    before = mug["available"]

    cart = ok(await http.post("/v1/cart/items", json={"sku": MUG, "quantity": 3}))
    assert cart["subtotal"] == {"amount": 3 * mug["price"]["amount"], "currency": "USD"}
    cart = ok(await http.patch(f"/v1/cart/items/{MUG}", json={"quantity": 2}))
    assert [(i["sku"], i["quantity"]) for i in cart["items"]] == [(MUG, 2)]

    quote = ok(await http.post("/v1/checkouts", json={"coupon_codes": ["WELCOME10"]}), 201)
    assert totals(quote) == {"subtotal": 2598, "discount": -260, "fulfillment": 499, "total": 2837}
    path = f"/v1/checkouts/{quote['checkout']}"
    assert ok(await http.get(path)) == quote
    quote = ok(await http.patch(path, json={"delivery_option": "express"}))
    assert totals(quote)["fulfillment"] == 1299
    assert quote["coupon_codes"] == ["WELCOME10"]

    order = ok(await http.post(f"{path}/place", headers=key()))
    assert (order["status"], order["total"]["amount"], order["payment"]) == ("awaiting_payment", 3637, None)
    assert await available(http) == before - 2
    assert ok(await http.get("/v1/cart"))["items"] == []
    where = f"/v1/orders/{order['order']}"
    paid = ok(await http.post(f"{where}/pay", json={"payment_method": method["payment_method"]}, headers=key()))
    assert (paid["status"], paid["payment"]["status"]) == ("paid", "captured")

    cancelled = ok(await http.post(f"{where}/cancel", json={"reason": "too red"}, headers=key()))
    assert (cancelled["status"], cancelled["payment"]["status"]) == ("cancelled", "refunded")
    assert [e["type"] for e in cancelled["events"]] == ["placed", "paid", "cancelled", "refunded"]
    assert ok(await http.get(where)) == cancelled
    assert await available(http) == before
    await quoted(http, 2, coupon_codes=["WELCOME10"])
    assert await audit(service.state.shop.database) == []


async def test_a_declined_card_leaves_the_order_to_be_paid_with_another(ada: httpx.AsyncClient) -> None:
    order = await placed(ada)
    good, bad = await with_method(ada), await with_method(ada, "tok_declines")
    problem = refused(
        await ada.post(f"/v1/orders/{order}/pay", json={"payment_method": bad}, headers=key()), 409, "payment_declined"
    )
    assert problem["facts"]["order"] == order
    assert ok(await ada.get(f"/v1/orders/{order}"))["status"] == "awaiting_payment"
    paid = ok(await ada.post(f"/v1/orders/{order}/pay", json={"payment_method": good}, headers=key()))
    assert paid["status"] == "paid"


async def test_a_second_step_is_finished_on_the_page_that_the_answer_names(ada: httpx.AsyncClient) -> None:
    order = await placed(ada)
    method = await with_method(ada, "tok_needs_action")
    waits = ok(await ada.post(f"/v1/orders/{order}/pay", json={"payment_method": method}, headers=key()))
    assert waits["payment"]["status"] == "requires_action"
    assert "Sandbox payment" in (await ada.get(waits["payment"]["action_url"])).text
    assert (await ada.post(waits["payment"]["action_url"] + "/approve")).status_code == 200
    assert ok(await ada.get(f"/v1/orders/{order}"))["status"] == "paid"


LISTS = {
    "/v1/products": "product",
    "/v1/categories": "category",
    "/v1/orders": "order",
    "/v1/coupons": "coupon",
    "/v1/delivery-options": "delivery_option",
    "/v1/account/addresses": "address",
    "/v1/account/payment-methods": "payment_method",
}


@pytest.mark.parametrize("path", LISTS)
async def test_every_list_is_items_and_a_cursor(ada: httpx.AsyncClient, path: str) -> None:
    found = ok(await ada.get(path))
    assert found.keys() >= {"items", "next_cursor"}
    assert isinstance(found["items"], list)
    if path != "/v1/orders":
        assert all(item[LISTS[path]] for item in found["items"])
        assert found["items"]


async def test_an_empty_list_has_no_items_and_no_cursor(ada: httpx.AsyncClient) -> None:
    assert ok(await ada.get("/v1/orders")) == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"limit": 7},
        {"limit": 9, "sort": "price_asc"},
        {"limit": 9, "sort": "price_desc", "in_stock": "true"},
        {"limit": 9, "sort": "newest"},
        {"limit": 3, "query": "mug"},
        {"limit": 2, "category": "shoes"},
    ],
)
async def test_pages_of_products_hold_everything_exactly_once(http: httpx.AsyncClient, filters: dict[str, Any]) -> None:
    found = [p["product"] for p in await every(http, "/v1/products", **filters)]
    whole = filters | {"limit": 100}
    more = {p["product"] for p in await every(http, "/v1/products", **whole)}
    assert len(found) == len(set(found))
    assert set(found) == more
    if not filters.keys() - {"limit", "sort"}:
        assert len(found) == sum(c["products"] for c in await every(http, "/v1/categories"))


async def test_products_come_in_the_order_asked_for_across_pages(http: httpx.AsyncClient) -> None:
    prices = [p["price"]["amount"] for p in await every(http, "/v1/products", limit=7, sort="price_asc")]
    assert prices == sorted(prices)
    prices = [p["price"]["amount"] for p in await every(http, "/v1/products", limit=7, sort="price_desc")]
    assert prices == sorted(prices, reverse=True)


async def test_pages_of_categories_and_orders_hold_everything_exactly_once(ada: httpx.AsyncClient) -> None:
    whole = ok(await ada.get("/v1/categories", params={"limit": 100}))["items"]
    assert await every(ada, "/v1/categories", limit=3) == whole
    mine = [await placed(ada) for _ in range(5)]
    assert [o["order"] for o in await every(ada, "/v1/orders", limit=2)] == mine[::-1]
    assert [o["order"] for o in await every(ada, "/v1/orders", limit=2, status="awaiting_payment")] == mine[::-1]


async def test_a_cursor_of_another_list_is_refused(http: httpx.AsyncClient) -> None:
    cursor = ok(await http.get("/v1/products", params={"limit": 2}))["next_cursor"]
    refused(await http.get("/v1/categories", params={"cursor": cursor}), 422, "cursor_invalid")
    refused(await http.get("/v1/products", params={"cursor": cursor, "sort": "newest"}), 422, "cursor_invalid")
    assert len(ok(await http.get("/v1/products", params={"cursor": cursor, "limit": 5}))["items"]) == 5


async def test_large_answers_are_compressed_for_those_who_want_it(http: httpx.AsyncClient) -> None:
    plain = await http.get("/v1/products", headers={"Accept-Encoding": "identity"})
    packed = await http.get("/v1/products", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) < len(plain.content) / 2


async def test_every_answer_carries_a_trace_id_and_takes_over_the_callers(http: httpx.AsyncClient) -> None:
    mine = "0af7651916cd43dd8448eb211c80319c"
    answer = await http.get("/v1/categories", headers={"traceparent": f"00-{mine}-b7ad6b7169203331-01"})
    assert answer.headers["x-trace-id"] == mine
    assert refused(await http.get("/v1/products/none"), 404, "product_not_found")["trace_id"] != mine


async def test_unknown_pages_and_methods_are_problems_too(http: httpx.AsyncClient) -> None:
    refused(await http.get("/v1/nothing"), 404, "no_such_page")
    not_so = await http.put("/v1/cart", json={})
    refused(not_so, 405, "method_not_allowed")
    assert not_so.headers["allow"] == "DELETE, GET"
    refused(await http.get("/v1/sessions/refresh"), 405, "method_not_allowed")


async def test_a_bug_says_nothing_of_the_inside_and_can_be_found_by_its_trace_id(
    service: FastAPI, http: httpx.AsyncClient
) -> None:
    async def stumble(_request: Request) -> Response:
        raise RuntimeError("a secret of the inside")

    service.router.routes.insert(0, Route("/v1/stumble", stumble))
    answer = await http.get("/v1/stumble")
    refused(answer, 500, "internal_error")
    assert "inside" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_what_belongs_to_somebody_else_does_not_exist(service: FastAPI, ada: httpx.AsyncClient) -> None:
    order, checkout = await placed(ada), await quoted(ada)
    address = ok(await ada.get("/v1/account/addresses"))["items"][0]["address"]
    method = ok(await ada.get("/v1/account/payment-methods"))["items"][0]["payment_method"]
    async with customer(service) as bob:
        await with_address(bob)
        mine = await placed(bob)
        await bob.post("/v1/cart/items", json={"sku": MUG})
        attempts: list[tuple[str, str, dict[str, Any], str]] = [
            ("GET", "/v1/orders/{}", {}, order),
            ("POST", "/v1/orders/{}/cancel", {}, order),
            ("POST", "/v1/orders/{}/pay", {"payment_method": await with_method(bob)}, order),
            ("GET", "/v1/checkouts/{}", {}, checkout),
            ("PATCH", "/v1/checkouts/{}", {"coupon_codes": []}, checkout),
            ("POST", "/v1/checkouts/{}/place", {}, checkout),
            ("POST", "/v1/checkouts", {"address": "{}"}, address),
            ("POST", "/v1/checkouts", {"payment_method": "{}"}, method),
            ("POST", f"/v1/orders/{mine}/pay", {"payment_method": "{}"}, method),
        ]
        for verb, path, body, theirs in attempts:
            unknown = theirs[:-4] + "ZZZZ"
            answers = [await _attempt(bob, verb, path, body, one) for one in (theirs, unknown)]
            assert answers[0] == answers[1], path
    assert ok(await ada.get(f"/v1/orders/{order}"))["status"] == "awaiting_payment"


async def _attempt(bob: httpx.AsyncClient, verb: str, path: str, body: dict[str, Any], one: str) -> str:
    """The refusal as text, with the id and the trace taken out."""
    sent = {name: one if value == "{}" else value for name, value in body.items()}
    answer = await bob.request(verb, path.format(one), json=sent if verb != "GET" else None, headers=key())
    assert answer.status_code == 404, answer.text
    return answer.text.replace(one, "<id>").replace(answer.json()["trace_id"], "<trace>")
