"""The images of products, as they are kept: each address holds the same bytes for good."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from commerce.shop import Shop

router = APIRouter()
HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@router.get("/images/{name}", include_in_schema=False)
async def get_image(request: Request, name: Annotated[str, Path(pattern=r"^[0-9a-z]{26}(-small)?\.webp$")]) -> Response:
    shop: Shop = request.app.state.shop
    tag = f'"{name.partition(".")[0]}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=HEADERS | {"ETag": tag})
    content = await shop.images.get(name)
    if content is None:
        raise HTTPException(404)
    return Response(content, headers=HEADERS | {"ETag": tag}, media_type="image/webp")
