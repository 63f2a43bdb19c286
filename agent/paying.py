"""A paid call of a model, between its reservation and its settlement."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from .models.endpoints import Endpoint
from .models.failures import Declined, EndpointFailed
from .models.hearing import Heard
from .spending.ledger import Reservation, Settlement
from .spending.limits import Spend
from .telling import count_call


@asynccontextmanager
async def paid(
    endpoint: Endpoint, held: Reservation, heard: Heard, currency: str, settle: Callable[[Settlement], Awaitable[None]]
) -> AsyncIterator[None]:
    """Settles what the call in its block did cost, however it ends, and counts it."""
    outcome, billed = "cut", True
    try:
        yield
        outcome = "answered"
    except Declined:
        outcome, billed = "declined", False
        raise
    except EndpointFailed as failed:
        outcome, billed = "failed", failed.billed or bool(heard.tokens)
        raise
    finally:
        spent = _spent(endpoint, held.most, heard) if billed else endpoint.spend(0, 0)
        await settle(Settlement(held, spent, heard.usage is not None or not billed))
        count_call(endpoint.name, outcome, spent, currency)


def _spent(endpoint: Endpoint, most: Spend, heard: Heard) -> Spend:
    """As reported, else as estimated: a call that was cut off has been read, and what came of it was written."""
    if heard.usage:
        cached = (heard.usage.get("input_token_details") or {}).get("cache_read") or 0
        return endpoint.spend(heard.usage["input_tokens"], heard.usage["output_tokens"], cached)
    return endpoint.spend(most.input_tokens, heard.tokens)
