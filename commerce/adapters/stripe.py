"""Stripe, over its HTTP API.

A charge is a PaymentIntent that carries our key in its metadata. It is created first, which moves nothing, and confirmed
then, which can succeed once in its life; so a lost answer never leads to a second charge. Creating it again with the same
Idempotency-Key tells which intent it was: that is how one is found whose answer was lost. Stripe forgets such keys after
a day; an older one is searched for by its metadata.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from loguru import logger

from ..payments.refusals import PaymentProviderAway
from .gateway import UNKNOWN, BadSignature, Charge, GatewayEvent, Outcome, SavedMethod
from .signatures import verify
from .stripe_http import Answer, StripeHttp, from_stripe, to_stripe

KEYS_LAST = timedelta(hours=20)
"""A little less than Stripe remembers an Idempotency-Key."""
TOKEN = re.compile(r"^pm_[A-Za-z0-9_]{1,80}$")


class StripeGateway:
    """Saved tokens are `cus_… pm_…`: a payment method can be used again only through the customer that it belongs to."""

    name = "stripe"

    def __init__(self, http: StripeHttp, webhook_secret: str, return_url: str, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._webhook_secret = webhook_secret
        self._return_url = return_url
        self._clock = clock

    async def close(self) -> None:
        await self._http.close()

    async def attach(self, token: str) -> SavedMethod | None:
        if not TOKEN.match(token):
            return None
        made = await self._http.post("/v1/customers", {"payment_method": token}, key=f"attach-{token}")
        if made.refused:
            return None
        method = await self._http.get(f"/v1/payment_methods/{token}") if made.ok else made
        if not method.ok:
            raise PaymentProviderAway()
        card = method.body.get("card") or {}
        label = f"{str(card.get('brand', 'card')).capitalize()} •••• {card.get('last4', '')}".rstrip(" •")
        return SavedMethod(f"{made.body['id']} {token}", label[:100])

    async def detach(self, token: str) -> bool:
        answer = await self._http.post(f"/v1/payment_methods/{_method_of(token)}/detach", {}, key=f"detach-{token}")
        return not answer.unclear

    async def charge(self, charge: Charge) -> Outcome:
        amount = to_stripe(charge.amount, charge.currency)
        if amount is None:
            return Outcome("declined", reason=f"this amount can't be charged in {charge.currency}")
        made = await self._find_or_make(charge)
        if made.never_done:
            return Outcome("declined", reason="the payment provider failed")
        if not made.ok or not made.body:
            return _refused(made)
        if made.body["status"] != "requires_confirmation":
            return _told(made.body) or UNKNOWN
        return await self._confirm(made.body["id"], charge.key)

    async def _confirm(self, intent: str, key: str) -> Outcome:
        about = {"return_url": self._return_url}
        answer = await self._http.post(f"/v1/payment_intents/{intent}/confirm", about, key=f"{key}-confirm")
        if answer.never_done:
            return await self._cancel(intent)
        if answer.refused:
            return await self._as_it_is(intent) or _refused(answer)
        if not answer.ok:
            return Outcome("unknown", reference=intent)
        return _told(answer.body) or Outcome("unknown", reference=intent)

    async def look_up(self, charge: Charge) -> Outcome | None:
        found = await self._find_or_make(charge)
        if found.never_done or (found.ok and not found.body):
            return None
        if not found.ok:
            return None if found.refused and charge.reference is None else UNKNOWN
        return _told(found.body)

    async def capture(self, charge: Charge, amount: int) -> Outcome:
        about = {"amount_to_capture": str(to_stripe(amount, charge.currency))}
        return await self._change(charge, "capture", about)

    async def void(self, charge: Charge) -> Outcome:
        return await self._change(charge, "cancel", {})

    async def refund(self, charge: Charge, key: str, amount: int) -> Outcome:
        """Looks whether it was made before: its answer may have been lost more than a day ago."""
        found = await self._find_or_make(charge)
        if not found.ok or not found.body:
            return UNKNOWN
        intent = found.body["id"]
        known = await self._http.get("/v1/refunds", {"payment_intent": intent, "limit": "100"})
        if not known.ok:
            return UNKNOWN
        for made in known.body["data"]:
            if made["metadata"].get("payment") == key:
                return _refund_told(made)
        about = {"payment_intent": intent, "amount": str(to_stripe(amount, charge.currency)), "metadata[payment]": key}
        answer = await self._http.post("/v1/refunds", about, key=key)
        if answer.refused:
            return Outcome("declined", reason=answer.message)
        return _refund_told(answer.body) if answer.ok else UNKNOWN

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> GatewayEvent | None:
        now = self._clock().timestamp()
        verify(self._webhook_secret, headers.get("stripe-signature", ""), body, now)
        try:
            event = json.loads(body)
            about = event["data"]["object"]
            key = (about.get("metadata") or {}).get("payment")
            kind = about.get("object")
            reference = about.get("payment_intent") if kind in {"charge", "dispute"} else about.get("id")
            return GatewayEvent(str(event["id"]), key and str(key), reference and str(reference))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BadSignature from None

    async def _change(self, charge: Charge, what: str, about: dict[str, str]) -> Outcome:
        """Captures or cancels; where that is not possible (any more), the intent says why."""
        found = await self._find_or_make(charge)
        if not found.ok or not found.body:
            return Outcome("voided") if found.never_done else UNKNOWN
        intent = found.body["id"]
        answer = await self._http.post(f"/v1/payment_intents/{intent}/{what}", about)
        if answer.ok:
            return _told(answer.body) or UNKNOWN
        return await self._as_it_is(intent) or UNKNOWN

    async def _cancel(self, intent: str) -> Outcome:
        answer = await self._http.post(f"/v1/payment_intents/{intent}/cancel", {})
        return (_told(answer.body) if answer.ok else await self._as_it_is(intent)) or UNKNOWN

    async def _as_it_is(self, intent: str) -> Outcome | None:
        found = await self._http.get(f"/v1/payment_intents/{intent}")
        return _told(found.body) if found.ok else Outcome("unknown", reference=intent)

    async def _find_or_make(self, charge: Charge) -> Answer:
        """The charge's intent as it is now. A new one, which moves nothing, where it was never made; an empty answer
        where it was never made and is too old to be."""
        if charge.reference:
            return await self._http.get(f"/v1/payment_intents/{charge.reference}")
        if self._clock() - charge.opened_at > KEYS_LAST:
            query = {"query": f"metadata['payment']:'{charge.key}'"}
            found = await self._http.get("/v1/payment_intents/search", query)
            return found.with_body(next(iter(found.body["data"]), {})) if found.ok else found
        made = await self._http.post("/v1/payment_intents", _intent_of(charge), key=charge.key)
        if made.ok and made.replayed:
            return await self._http.get(f"/v1/payment_intents/{made.body['id']}")
        return made


def _intent_of(charge: Charge) -> dict[str, str]:
    customer, _, method = charge.token.partition(" ")
    return {
        "amount": str(to_stripe(charge.amount, charge.currency)),
        "currency": charge.currency.lower(),
        "customer": customer,
        "payment_method": method,
        "payment_method_types[]": "card",
        "capture_method": "automatic" if charge.captures else "manual",
        "metadata[payment]": charge.key,
    }


def _method_of(token: str) -> str:
    return token.rpartition(" ")[2]


def _told(intent: dict[str, Any]) -> Outcome | None:
    """What an intent says of the money; None when it was never confirmed."""
    status, reference = intent["status"], intent["id"]
    if status == "succeeded":
        taken = from_stripe(intent["amount_received"], intent["currency"].upper())
        return Outcome("captured", reference=reference, amount=taken)
    if status == "requires_capture":
        return Outcome("authorized", reference=reference)
    if status == "canceled":
        return Outcome("voided", reference=reference)
    if status == "requires_action":
        redirect = (intent.get("next_action") or {}).get("redirect_to_url") or {}
        return Outcome("requires_action", action_url=redirect.get("url"), reference=reference)
    failed = intent.get("last_payment_error")
    if status == "requires_payment_method" and failed:
        return Outcome("declined", reason=failed.get("message") or failed.get("code"), reference=reference)
    return Outcome("unknown", reference=reference) if status == "processing" else None


def _refund_told(refund: dict[str, Any]) -> Outcome:
    status, reference = refund["status"], refund["id"]
    if status == "succeeded":
        return Outcome("refunded", reference=reference)
    if status in {"failed", "canceled"}:
        return Outcome("declined", reason=refund.get("failure_reason") or status, reference=reference)
    return Outcome("unknown", reference=reference)


def _refused(answer: Answer) -> Outcome:
    if not answer.refused:
        return UNKNOWN
    logger.warning("Stripe refused a charge: {} {}", answer.status, answer.code)
    return Outcome("declined", reason=answer.message)
