"""Where the payment provider says that something happened: raw, signed, and answered with nothing."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from commerce.context import ANONYMOUS, Context
from commerce.payments.gateway_events import receive

from .rest import read_body

MAX_EVENT_BYTES = 65_536
router = APIRouter(prefix="/v1/gateways", include_in_schema=False)


@router.post("/{gateway}/events")
async def take_event(gateway: Annotated[str, Path(pattern="^[a-z]{1,16}$")], request: Request) -> Response:
    """The provider sends an event again until it gets a 2xx; so one that nobody here knows gets it too."""
    body = await read_body(request, min(MAX_EVENT_BYTES, request.app.state.max_body_bytes))
    await receive(Context(request.app.state.shop, ANONYMOUS), gateway, body, request.headers)
    return Response(status_code=200)
