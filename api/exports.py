"""A merchant's goods as a file: the pages of `export_goods`, each through the door, written as they come."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import StreamingResponse

from commerce.bulk.files import head, written
from commerce.bulk.schemas import Format, GoodsLines
from commerce.context import Context
from commerce.operations import CATALOG
from commerce.shop import Shop

from .rest import PREFIX, caller_of_request
from .routes import bearer, refusals_of

router = APIRouter(prefix=PREFIX)
PAGE = 100
MEDIA_TYPES: dict[Format, str] = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
FILE: dict[str, Any] = {"description": "One variant a line.", "content": {kind: {} for kind in MEDIA_TYPES.values()}}


@router.get(
    "/merchant/export",
    tags=["bulk"],
    response_class=StreamingResponse,
    responses={**refusals_of(CATALOG["export_goods"]), 200: FILE},
    dependencies=[Depends(bearer)],
)
async def get_export(request: Request, format: Format = "csv", merchant: str | None = None) -> StreamingResponse:
    """A merchant's goods as a file, as `import_goods` takes it; admins name the merchant.

    Refusals come before the first byte; a session that ends meanwhile ends the file.
    """
    shop: Shop = request.app.state.shop
    caller = await caller_of_request(shop, request)
    asked: dict[str, Any] = {"limit": PAGE} | ({"merchant": merchant} if merchant else {})

    async def page(cursor: str | None) -> GoodsLines:
        more = asked | ({"cursor": cursor} if cursor else {})
        found: GoodsLines = await CATALOG["export_goods"](Context(shop, caller), CATALOG["export_goods"].parse(more))
        return found

    first = await page(None)

    async def content() -> AsyncIterator[str]:
        yield head(format)
        shown = first
        while True:
            yield "".join(written(line, format) for line in shown.items)
            if shown.next_cursor is None:
                return
            shown = await page(shown.next_cursor)

    headers = {"Content-Disposition": f'attachment; filename="goods.{format}"', "Cache-Control": "no-store"}
    return StreamingResponse(content(), headers=headers, media_type=MEDIA_TYPES[format])
