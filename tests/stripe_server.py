"""A small Stripe on loopback: real HTTP, forms in, JSON out, idempotency keys that are replayed, and every way of going wrong.

Written from Stripe's public API reference. What it holds is its book: tests ask it what was really taken and given back.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from commerce.adapters.signatures import signature

KEY, WEBHOOK_SECRET = "sk_test_of_the_fake", "whsec_of_the_fake"
Form = dict[str, str]
CARDS = {
    "pm_card_visa": ("visa", "4242"),
    "pm_card_declined": ("visa", "0002"),
    "pm_card_secure": ("mastercard", "3155"),
}
MOST_PIECES = 4


class Problem(Exception):
    def __init__(self, status: int, type: str, code: str, message: str, **more: Any) -> None:
        self.status = status
        self.body = {"error": {"type": type, "code": code, "message": message} | more}


def unexpected(state: str) -> Problem:
    words = f"This PaymentIntent could not be changed because it has a status of {state}."
    return Problem(400, "invalid_request_error", "payment_intent_unexpected_state", words)


@dataclass
class FakeStripe:
    """`faults`: by what is asked for (`confirm`, `refund` …) what happens next, one after another:

    `lost` it is done, and the connection breaks; `cut` the connection breaks first; a number is the status that comes instead.
    """

    clock: Callable[[], datetime]
    url: str = ""
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: dict[str, list[str | int]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refund_status: str = "succeeded"
    keys: dict[tuple[str, str], tuple[Form, int, dict[str, Any]]] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(1))

    @property
    def taken(self) -> int:
        return sum(intent["amount_received"] for intent in self.intents.values())

    @property
    def given_back(self) -> int:
        return sum(r["amount"] for r in self.refunds.values() if r["status"] == "succeeded")

    def finish_action(self, approve: bool) -> None:
        """The shopper has been at the bank's page."""
        for intent in self.intents.values():
            if intent["status"] == "requires_action":
                self._succeed(intent) if approve else self._decline(intent, "authentication failed")

    def event(self, type: str, about: dict[str, Any], *, secret: str = WEBHOOK_SECRET) -> tuple[bytes, dict[str, str]]:
        body = {"id": f"evt_{next(self.numbers)}", "object": "event", "type": type, "data": {"object": about}}
        raw = json.dumps(body).encode()
        return raw, {"stripe-signature": signature(secret, int(self.clock().timestamp()), raw)}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
            method, target, _ = head.split()
            answer = self._answer(method, target, headers, body)
            if answer is not None:
                writer.write(_raw(*answer))
                await writer.drain()
        finally:
            writer.close()

    def _answer(
        self, method: str, target: str, headers: dict[str, str], body: str
    ) -> tuple[int, dict[str, Any], bool] | None:
        path = urlsplit(target).path
        what = _what(method, path)
        self.asked.append(what)
        fault = self.faults[what].pop(0) if self.faults.get(what) else None
        if fault == "cut":
            return None
        given = parse_qs(body if method == "POST" else urlsplit(target).query, keep_blank_values=True)
        form = {name: values[0] for name, values in given.items()}
        status, told, replayed = self._once(what, path, form, headers, fault)
        return None if fault == "lost" else (status, told, replayed)

    def _once(
        self, what: str, path: str, form: Form, headers: dict[str, str], fault: str | int | None
    ) -> tuple[int, dict[str, Any], bool]:
        key = headers.get("idempotency-key", "")
        if headers.get("authorization") != f"Bearer {KEY}":
            return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}, False
        if fault in {409, 429, 401}:
            return int(fault), {"error": {"type": "rate_limit_error", "message": "not now"}}, False
        if key and (path, key) in self.keys:
            first, status, told = self.keys[path, key]
            if first != form:
                words = "Keys for idempotent requests can only be used with the same parameters."
                return 400, {"error": {"type": "idempotency_error", "message": words}}, False
            return status, told, True
        try:
            if isinstance(fault, int):
                raise Problem(fault, "api_error", "", "something went wrong at Stripe")
            status, told = 200, getattr(self, f"_{what}")(path, form)
        except Problem as problem:
            status, told = problem.status, problem.body
        told = json.loads(json.dumps(told))
        if key:
            self.keys[path, key] = (form, status, told)
        return status, told, False

    def _customer(self, _path: str, form: Form) -> dict[str, Any]:
        if form["payment_method"] not in CARDS:
            words = f"No such PaymentMethod: '{form['payment_method']}'"
            raise Problem(400, "invalid_request_error", "resource_missing", words)
        return {"id": f"cus_{next(self.numbers)}", "object": "customer"}

    def _method(self, path: str, _form: Form) -> dict[str, Any]:
        brand, last4 = CARDS[path.split("/")[3]]
        return {"id": path.split("/")[3], "object": "payment_method", "card": {"brand": brand, "last4": last4}}

    def _detach(self, path: str, form: Form) -> dict[str, Any]:
        return self._method(path, form)

    def _create(self, _path: str, form: Form) -> dict[str, Any]:
        assert form["currency"] == form["currency"].lower()
        assert form["customer"].startswith("cus_")
        assert form["payment_method_types[]"] == "card"
        intent: dict[str, Any] = {
            "id": f"pi_{next(self.numbers)}",
            "object": "payment_intent",
            "amount": int(form["amount"]),
            "amount_received": 0,
            "currency": form["currency"],
            "capture_method": form["capture_method"],
            "payment_method": form["payment_method"],
            "metadata": {"payment": form["metadata[payment]"]},
            "status": "requires_confirmation",
            "next_action": None,
            "last_payment_error": None,
        }
        self.intents[intent["id"]] = intent
        return intent

    def _confirm(self, path: str, form: Form) -> dict[str, Any]:
        intent = self._intent(path)
        if intent["status"] not in {"requires_confirmation", "requires_payment_method"}:
            raise unexpected(intent["status"])
        if intent["payment_method"] == "pm_card_declined":
            self._decline(intent, "Your card was declined.")
            about = {"decline_code": "generic_decline", "payment_intent": intent}
            raise Problem(402, "card_error", "card_declined", "Your card was declined.", **about)
        if intent["payment_method"] == "pm_card_secure":
            url = {"url": "https://hooks.stripe.com/3d_secure_2/hosted", "return_url": form["return_url"]}
            intent |= {"status": "requires_action", "next_action": {"type": "redirect_to_url", "redirect_to_url": url}}
            return intent
        return self._succeed(intent)

    def _succeed(self, intent: dict[str, Any]) -> dict[str, Any]:
        now = intent["capture_method"] == "automatic"
        intent |= {"status": "succeeded" if now else "requires_capture", "next_action": None}
        intent["amount_received"] = intent["amount"] if now else 0
        return intent

    def _decline(self, intent: dict[str, Any], words: str) -> None:
        intent |= {"status": "requires_payment_method", "next_action": None}
        intent["last_payment_error"] = {"type": "card_error", "code": "card_declined", "message": words}

    def _get(self, path: str, _form: Form) -> dict[str, Any]:
        return self._intent(path)

    def _search(self, _path: str, form: Form) -> dict[str, Any]:
        key = form["query"].removeprefix("metadata['payment']:'").removesuffix("'")
        found = [intent for intent in self.intents.values() if intent["metadata"]["payment"] == key]
        return {"object": "search_result", "data": found, "has_more": False}

    def _capture(self, path: str, form: Form) -> dict[str, Any]:
        intent = self._intent(path)
        if intent["status"] != "requires_capture":
            raise unexpected(intent["status"])
        amount = int(form["amount_to_capture"])
        if amount > intent["amount"]:
            raise Problem(400, "invalid_request_error", "amount_too_large", "more than was authorised")
        intent |= {"status": "succeeded", "amount_received": amount}
        return intent

    def _cancel(self, path: str, _form: Form) -> dict[str, Any]:
        intent = self._intent(path)
        if intent["status"] in {"succeeded", "canceled"}:
            raise unexpected(intent["status"])
        intent["status"] = "canceled"
        return intent

    def _refund(self, _path: str, form: Form) -> dict[str, Any]:
        intent, amount = self.intents[form["payment_intent"]], int(form["amount"])
        before = sum(r["amount"] for r in self._refunds_of(intent["id"]) if r["status"] != "failed")
        if intent["amount_received"] - before < amount:
            raise Problem(400, "invalid_request_error", "charge_already_refunded", "more than is left of the charge")
        refund: dict[str, Any] = {
            "id": f"re_{next(self.numbers)}",
            "object": "refund",
            "amount": amount,
            "status": self.refund_status,
        }
        refund |= {"payment_intent": intent["id"], "metadata": {"payment": form["metadata[payment]"]}}
        self.refunds[refund["id"]] = refund
        return refund

    def _list_refunds(self, _path: str, form: Form) -> dict[str, Any]:
        return {"object": "list", "data": self._refunds_of(form["payment_intent"]), "has_more": False}

    def _refunds_of(self, intent: str) -> list[dict[str, Any]]:
        return [refund for refund in self.refunds.values() if refund["payment_intent"] == intent]

    def _intent(self, path: str) -> dict[str, Any]:
        found = self.intents.get(path.split("/")[3])
        if found is None:
            raise Problem(404, "invalid_request_error", "resource_missing", "No such payment_intent")
        return found


ROUTES = {
    ("POST", "customers"): "customer",
    ("GET", "payment_methods"): "method",
    ("POST", "payment_methods"): "detach",
    ("POST", "payment_intents"): "create",
    ("GET", "payment_intents"): "get",
    ("POST", "refunds"): "refund",
    ("GET", "refunds"): "list_refunds",
}


def _what(method: str, path: str) -> str:
    parts = path.strip("/").split("/")
    assert parts[0] == "v1"
    if parts[-1] == "search":
        return "search"
    return parts[3] if len(parts) == MOST_PIECES else ROUTES[method, parts[1]]


def _raw(status: int, told: dict[str, Any], replayed: bool) -> bytes:
    body = json.dumps(told).encode()
    again = "Idempotent-Replayed: true\r\n" if replayed else ""
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{again}Content-Length: {len(body)}\r\n"
    return (head + "Connection: close\r\n\r\n").encode() + body


@asynccontextmanager
async def fake_stripe(clock: Callable[[], datetime]) -> AsyncIterator[FakeStripe]:
    stripe = FakeStripe(clock)
    server = await asyncio.start_server(stripe.serve, "127.0.0.1", 0)
    stripe.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield stripe
    finally:
        server.close()
        await server.wait_closed()
