"""The payment provider's page for the second step, as the sandbox shows it. Only there when the sandbox is the gateway."""

from contextlib import suppress
from html import escape
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from starlette.responses import HTMLResponse

from commerce.adapters.sandbox import SandboxGateway
from commerce.context import ANONYMOUS, Context
from commerce.errors import Refusal
from commerce.money import Money
from commerce.payments.gateway_events import receive
from commerce.shop import Shop

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sandbox payment</title><link rel="stylesheet" href="/sandbox.css"></head>
<body class="sandbox"><main><h1>Sandbox payment</h1>{body}<p><a href="/">Back to the shop</a></p></main></body></html>"""
BUTTONS = """<p>Pay <strong>{amount}</strong>? No real money moves.</p>
<form method="post" action="/sandbox/payments/{key}/approve"><button>Approve</button></form>
<form method="post" action="/sandbox/payments/{key}/decline"><button>Decline</button></form>"""
Key = Annotated[str, Path(pattern=r"^pay_[0-9A-Z]{26}$")]


def sandbox_router(shop: Shop, gateway: SandboxGateway) -> APIRouter:
    router = APIRouter(prefix="/sandbox/payments", include_in_schema=False)

    @router.get("/{key}")
    async def show(key: Key) -> HTMLResponse:
        waiting = await gateway.waiting(key)
        if waiting is None:
            return _page("<p>Nothing waits for an answer here.</p>", 404)
        amount = Money(amount=waiting.amount, currency=waiting.currency)
        return _page(BUTTONS.format(amount=escape(str(amount)), key=key))

    @router.post("/{key}/{answer}")
    async def finish(key: Key, answer: Literal["approve", "decline"]) -> HTMLResponse:
        if not await gateway.finish_action(key, approve=answer == "approve"):
            return _page("<p>Nothing waits for an answer here.</p>", 404)
        await _tell_the_shop(shop, gateway, key)
        return _page(
            "<p>Thank you. The payment was approved.</p>" if answer == "approve" else "<p>The payment was declined.</p>"
        )

    return router


async def _tell_the_shop(shop: Shop, gateway: SandboxGateway, key: str) -> None:
    """By the event that a provider sends. It may not come through: the worker asks by itself."""
    body, headers = gateway.event_about(key)
    with suppress(Refusal):
        await receive(Context(shop, ANONYMOUS), gateway.name, body, headers)


def _page(body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(PAGE.format(body=body), status)
