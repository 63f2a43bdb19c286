"""Every route as OpenAPI describes it, a door to send anything through, and what a refusal must look like."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from urllib.parse import quote

import httpx

from api.server import build_app
from commerce.operation import CATALOG, Who
from tests.api.calls import MUG, PROBLEM, key
from tests.worlds import ADDRESS, settings_for

NOTHING: Mapping[str, str] = {}
PARTS = ("code", "title", "detail", "hint", "trace_id")
INSIDE = ("Traceback", "sqlite", "site-packages", "pydantic")
GOOD: dict[str, dict[str, Any]] = {
    "add_gift_card": {"code": "GC-2345-6789-BCDF-GHJK"},
    "issue_gift_card": {"amount": 2500, "reason": "a test"},
    "pay_order_by_token": {"payment_token": "x" * 40, "payment_method": "pm_unknown"},
    "post_adjustment": {"debit": "sales", "credit": "gateway", "amount": 100, "reason": "a test"},
    "create_account": {"email": "eve@example.com", "name": "Eve", "password": "a long password"},
    "sign_in": {"email": "nobody@example.com", "password": "wrong"},
    "refresh_session": {"refresh_token": "ses_unknown.token"},
    "add_address": ADDRESS,
    "change_name": {"name": "Countess"},
    "change_email": {"email": "countess@example.com", "password": "not the password"},
    "change_password": {"current_password": "not the password", "new_password": "a long password"},
    "close_account": {"password": "not the password"},
    "ban_account": {"reason": "Spam."},
    "change_role": {"role": "customer"},
    "create_merchant": {"merchant": "acme", "name": "Acme"},
    "create_webhook": {"url": "https://example.com/hooks", "types": ["order.*"]},
    "add_payment_method": {"token": "tok_succeeds"},
    "create_product": {"name": "Green mug", "category": "mugs-and-cups"},
    "add_variant": {"sku": "MUG-GRN-350", "price": 1299},
    "change_price": {"price": 1299},
    "set_attributes": {"variants": [{"sku": MUG, "attributes": {"color": "red"}}]},
    "create_category": {"category": "garden", "name": "Garden"},
    "set_low_stock": {"low_stock_at": 3},
    "watch_stock": {"sku": MUG},
    "remember_preference": {"said": "I wear size M"},
    "add_to_cart": {"sku": MUG},
    "change_cart_item": {"quantity": 1},
    "ship_fulfillment": {"carrier": "UPS", "tracking": "1Z999"},
    "request_refund": {"reason": "chipped"},
    "approve_refund": {"restock": True},
    "reject_refund": {"reason": "it was not"},
    "refund_fulfillment": {"amount": 1, "reason": "late"},
    "cancel_fulfillment": {"reason": "broken", "restock": False},
    "change_order_address": {"address": "adr_unknown"},
    "correct_tracking": {"carrier": "UPS", "tracking": "1Z999"},
    "pay_order": {"payment_method": "pm_unknown"},
    "put_delivery_option": {"name": "New", "price": 1, "min_days": 1, "max_days": 2},
    "put_tax_rate": {"country": "US", "basis_points": 5, "name": "Tax"},
    "create_coupon": {"name": "New", "kind": "percent_off", "percent": 5, "uses": 9},
    "replace_coupon": {"name": "New", "kind": "percent_off", "percent": 5, "uses": 9},
    "start_turn": {"text": "hello"},
    "rename_thread": {"title": "Mugs"},
    "answer_confirmation": {"decision": "approve"},
}


@dataclass(frozen=True)
class Route:
    """A route, as OpenAPI describes it."""

    name: str
    method: str
    path: str
    route: dict[str, Any]
    body: dict[str, Any]
    takes_body: bool

    def fields(self, place: str) -> dict[str, dict[str, Any]]:
        return {p["name"]: p["schema"] for p in self.route.get("parameters", []) if p["in"] == place}


def routes_of(openapi: dict[str, Any]) -> dict[str, Route]:
    found = {}
    for path, methods in openapi["paths"].items():
        for method, route in methods.items():
            name = route["operationId"].partition("_v1_")[0]
            shape = route.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            [named] = [s["$ref"] for s in [shape, *shape.get("anyOf", [])] if "$ref" in s] or [""]
            body = openapi["components"]["schemas"].get(named.rpartition("/")[2], {})
            takes_body = method in {"post", "patch"} and (bool(body) or name in CATALOG)
            found[name] = Route(name, method, path, route, body, takes_body)
    return found


OPENAPI: dict[str, Any] = build_app(settings_for(Path(gettempdir()))).openapi()
"""Asking for the description opens and writes nothing."""
ROUTES = routes_of(OPENAPI)


@dataclass(frozen=True)
class Door:
    """The service, with a signed-in shopper who has one of everything, and an admin for what is the staff's."""

    http: httpx.AsyncClient
    ids: dict[str, str]
    admin: str
    """The admin's access token."""

    async def send(
        self,
        route: Route,
        body: Any = None,
        *,
        raw: bytes | None = None,
        headers: Mapping[str, str] = NOTHING,
        values: Mapping[str, str] = NOTHING,
    ) -> httpx.Response:
        """`values` go into the path where it names them, else into the query."""
        path, query = route.path, dict(values)
        for name in route.fields("path"):
            path = path.replace(f"{{{name}}}", quote(query.pop(name, self.ids[name]), safe=""))
        content = raw if raw is not None or body is None else json.dumps(body).encode()
        typed = {"Content-Type": "application/json"} if content is not None else {}
        url = path + ("?" + "&".join(f"{n}={quote(v, safe='')}" for n, v in query.items()) if query else "")
        staff = route.name in CATALOG and CATALOG[route.name].who in {Who.MERCHANT, Who.ADMIN}
        session = {"Authorization": f"Bearer {self.admin}"} if staff else {}
        return await self.http.request(
            route.method, url, content=content, headers={**key(), **typed, **session, **headers}
        )


def check(route: Route, answer: httpx.Response, what: Any) -> list[str]:
    """What is wrong with a refusal; all of them have one form."""
    told = f"{route.name}, {str(what)[:80]}: {answer.status_code} {answer.text[:200]}"
    if not 400 <= answer.status_code < 500 or answer.headers["content-type"] != PROBLEM:
        return [f"no refusal: {told}"]
    problem, found = answer.json(), []
    if problem["status"] != answer.status_code or not all(problem[part] for part in PARTS):
        found.append(f"not whole: {told}")
    if str(answer.status_code) not in route.route["responses"]:
        found.append(f"not documented: {told}")
    if len(answer.content) > 8_000 or any(word in answer.text for word in INSIDE):
        found.append(f"says too much: {told}")
    return found
