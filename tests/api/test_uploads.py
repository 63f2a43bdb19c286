"""Images over HTTP: uploads by body and by form, their limits, and how they are served."""

import httpx
from fastapi import FastAPI

from commerce.images.schemas import MAX_BYTES
from evals.world import HandClock
from tests.api.calls import key, ok, refused
from tests.pictures import image
from tests.worlds import World, client_of

IMAGES = "/v1/products/red-enamel-mug/images"


async def _merchant(app: FastAPI) -> str:
    return (await World(app.state.shop, HandClock()).merchant()).token


async def test_an_image_is_sent_as_a_body_or_in_a_form_and_served_for_good(service: FastAPI) -> None:
    async with client_of(service, token=await _merchant(service)) as http:
        raw = {"Content-Type": "image/jpeg"} | key()
        ok(await http.post(IMAGES, params={"alt": "A red mug"}, content=image(), headers=raw), 201)
        file = ("../../etc/passwd.php", image("PNG"), "text/html")
        form = {"alt": "Two", "sku": "MUG-RED-350"}
        own = ok(await http.post(IMAGES, files={"content": file}, data=form, headers=key()), 201)
        assert [(i["alt"], i["variant"]) for i in own["images"]] == [("A red mug", None), ("Two", "MUG-RED-350")]
        put = await http.put(f"{IMAGES}/{own['images'][0]['image']}", content=image("WEBP", (70, 30)), headers=key())
        assert ok(put)["images"][0]["width"] == 70
    async with client_of(service) as nobody:
        shown = ok(await nobody.get("/v1/products/red-enamel-mug"))["images"]
        for url in (shown[0]["url"], shown[0]["thumbnail_url"]):
            served = await nobody.get(url)
            assert (served.status_code, served.headers["content-type"]) == (200, "image/webp")
            assert served.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert served.headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in served.headers["content-security-policy"]
            again = await nobody.get(url, headers={"If-None-Match": served.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")


async def test_uploads_that_do_not_fit_are_refused(service: FastAPI) -> None:
    async with client_of(service, token=await _merchant(service)) as http:
        refused(await http.post(IMAGES, content=b"<svg/>", headers=key()), 422, "image_unreadable")
        refused(await http.post(IMAGES, content=b"{}", headers={"Content-Type": "application/json"}), 422, "bad_input")
        refused(await http.post(IMAGES, content=b"\0" * (MAX_BYTES + 1)), 413, "too_large")
        refused(
            await http.post(IMAGES, content=b"x", headers={"Content-Type": "multipart/form-data"}), 422, "bad_input"
        )
        refused(await http.post(IMAGES, data={"alt": "no file"}, files={"other": b"x"}), 422, "bad_input")
        refused(await http.post(IMAGES, files=[("content", image()), ("content", image())]), 422, "bad_input")
        refused(await http.post(IMAGES, params={"alt": "x" * 301}, content=image()), 422, "bad_input")
        assert ok(await http.get("/v1/merchant/products/red-enamel-mug"))["images"] == []


async def test_an_upload_sent_twice_under_one_key_is_one_image(service: FastAPI) -> None:
    async with client_of(service, token=await _merchant(service)) as http:
        once = key()
        first = await http.post(IMAGES, content=image(), headers=once)
        assert (await http.post(IMAGES, content=image(), headers=once)).json() == first.json()
        other = await http.post(IMAGES, content=image(size=(9, 9)), headers=once)
        refused(other, 422, "idempotency_key_reused")


async def test_only_images_are_served(http: httpx.AsyncClient) -> None:
    for name in ("x", "..%2f..%2fdomtok.sqlite", "secret", "0" * 26 + ".webp", "0" * 26 + ".svg", "%00"):
        answer = await http.get(f"/images/{name}")
        assert answer.status_code in {404, 422}, name


async def test_goods_go_out_and_come_in_as_files(service: FastAPI) -> None:
    async with client_of(service, token=await _merchant(service)) as http:
        for format, kind in (("csv", "text/csv"), ("jsonl", "application/x-ndjson")):
            out = await http.get("/v1/merchant/export", params={"format": format})
            assert out.headers["content-type"].startswith(kind)
            assert "搪瓷" in out.text
            asked = {"format": format, "set_stock": "true", "dry_run": "false"}
            back = await http.post("/v1/merchant/imports", params=asked, content=out.content, headers=key())
            report = ok(back)
            assert report["lines"] > 100
            assert (report["changed_products"], report["changed_variants"], report["problems"]) == (0, 0, [])
        form = await http.post("/v1/merchant/imports", files={"content": b"product\nx y\n"}, data={"dry_run": "true"})
        assert [p["field"] for p in ok(form)["problems"]] == ["product"]
        refused(await http.get("/v1/merchant/export", params={"format": "xlsx"}), 422, "bad_input")
    async with client_of(service) as nobody:
        refused(await nobody.get("/v1/merchant/export"), 401, "sign_in_required")
