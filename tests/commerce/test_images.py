"""Images of products: what is let in, what is kept of it, where it is kept, and when it goes."""

import asyncio
import random
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from commerce.adapters.images import ImageStore
from commerce.catalog.refusals import ProductNotFound, VariantNotFound
from commerce.errors import BadInput, Refusal
from commerce.images.files import UNUSED, names_of, store
from commerce.images.processing import FULL, MAX_PIXELS, SMALL, processed
from commerce.images.refusals import (
    ImageMoves,
    ImageNotFound,
    ImageStoreAway,
    ImageTooWide,
    ImageUnreadable,
    TooManyImages,
)
from commerce.images.schemas import MAX_BYTES
from commerce.jobs import run_jobs
from commerce.settings import ShopSettings
from tests.pictures import animated, bucket_server, image
from tests.worlds import Shopper, World

MUG = "red-enamel-mug"


def _opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def _kept(world: World) -> set[str]:
    folder = Path(world.shop.settings.data) / "images"
    return {file.name for file in folder.iterdir()} if folder.exists() else set()


def _files(view: Any) -> set[str]:
    return {url.rpartition("/")[2] for i in view.images for url in (i.url, i.thumbnail_url)}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_an_image_is_written_anew_and_bounded(kind: str) -> None:
    made = await processed(image(kind, (2400, 1200)))
    full, small = _opened(made.full), _opened(made.small)
    assert (full.format, full.size, small.size) == ("WEBP", (FULL, FULL // 2), (SMALL, SMALL // 2))
    assert (made.width, made.height) == full.size
    assert (await processed(image(kind, (30, 20)))).width == 30


async def test_an_image_is_turned_upright_and_tells_nothing_of_its_maker() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x013B] = 6, "Secret Camera", "Somebody"
    made = await processed(image("JPEG", (60, 40), exif=exif, comment=b"Secret place"))
    full = _opened(made.full)
    assert full.size == (40, 60)
    assert not full.getexif()
    assert not {"exif", "icc_profile", "xmp", "comment"} & full.info.keys()
    assert b"Secret" not in made.full + made.small


async def test_what_is_transparent_stays_so() -> None:
    assert _opened((await processed(image("PNG", color=(0, 0, 0, 0)))).full).mode == "RGBA"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"GIF89a" + b"\0" * 64,
        b"\xff\xd8\xff\xe0" + b"\0" * 200,
        image("PNG")[:60],
        image("JPEG", (300, 300))[:700],
        b"BM" + b"\0" * 100,
    ],
)
async def test_what_is_no_image_is_refused_whatever_it_is_called(content: bytes) -> None:
    with pytest.raises(ImageUnreadable):
        await processed(content)


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
async def test_moving_images_are_refused(kind: str) -> None:
    with pytest.raises(ImageMoves):
        await processed(animated(kind))


async def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    side = int(MAX_PIXELS**0.5) + 10
    out = BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    assert len(out.getvalue()) < 50_000
    with pytest.raises(ImageTooWide):
        await processed(out.getvalue())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_damaged_files_are_refused_or_shown_and_never_an_error(kind: str) -> None:
    chance, whole = random.Random(7), image(kind, (50, 50))
    for _ in range(60):
        broken = bytearray(whole)
        for _ in range(chance.randrange(1, 12)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            assert _opened((await processed(bytes(broken))).full).format == "WEBP"
        except Refusal:
            continue


async def test_a_gallery_is_kept_in_order(each_world: World) -> None:
    merchant, nobody = await each_world.merchant(), Shopper(each_world.shop)
    first = await merchant("add_image", product=MUG, content=image(), alt="A red mug")
    second = await merchant("add_image", product=MUG, content=image("PNG"), sku="MUG-RED-500")
    shown = (await nobody("get_product", product=MUG)).images
    assert shown == second.images
    assert [(i.alt, i.variant, i.width, i.height) for i in shown] == [
        ("A red mug", None, 60, 40),
        ("", "MUG-RED-500", 60, 40),
    ]
    assert _files(second) == _kept(each_world)
    head, other = shown[0].image, shown[1].image
    moved = await merchant("update_image", product=MUG, image=other, position=0, alt="Large")
    assert [(i.image, i.alt) for i in moved.images] == [(other, "Large"), (head, "A red mug")]
    found = await nobody("search_products", query="red enamel mug", limit=1)
    assert found.items[0].images[0].image == other
    replaced = await merchant("replace_image", product=MUG, image=head, content=image(size=(80, 20)))
    assert (replaced.images[1].image, replaced.images[1].width) == (head, 80)
    assert replaced.images[1].url != first.images[0].url
    left = await merchant("delete_image", product=MUG, image=other)
    assert [i.image for i in left.images] == [head]
    await run_jobs(each_world.shop)
    assert _kept(each_world) == _files(left)
    assert await each_world.findings() == []


async def test_files_go_with_their_product(each_world: World) -> None:
    merchant = await each_world.merchant()
    await merchant("add_image", product=MUG, content=image())
    await merchant("delete_product", product=MUG)
    await run_jobs(each_world.shop)
    assert _kept(each_world) == set()
    assert await each_world.findings() == []


async def test_a_file_that_no_product_took_is_given_up(each_world: World) -> None:
    """As after a crash between the file and its row."""
    merchant = await each_world.merchant()
    await store(merchant.context, await processed(image()))
    await run_jobs(each_world.shop)
    assert len(_kept(each_world)) == 2
    each_world.clock.move(seconds=UNUSED.total_seconds() + 1)
    await run_jobs(each_world.shop)
    assert _kept(each_world) == set()


async def test_images_added_at_once_are_all_there(each_world: World) -> None:
    merchant = await each_world.merchant()
    done = await asyncio.gather(
        *(merchant("add_image", product=MUG, content=image(), alt=str(i)) for i in range(22)), return_exceptions=True
    )
    refused = [answer for answer in done if isinstance(answer, BaseException)]
    assert [type(r) for r in refused] == [TooManyImages, TooManyImages]
    own = await merchant("get_my_product", product=MUG)
    assert len({i.alt for i in own.images}) == 20
    each_world.clock.move(hours=2)
    await run_jobs(each_world.shop)
    assert _kept(each_world) == _files(own)
    assert await each_world.findings() == []


async def test_a_repeated_upload_is_one_image(each_world: World) -> None:
    merchant = await each_world.merchant()
    for _ in range(2):
        own = await merchant("add_image", product=MUG, content=image(), key="once")
    assert len(own.images) == 1
    assert await each_world.findings() == []


async def test_strangers_and_mistakes_leave_no_file(world: World) -> None:
    merchant, rival = await world.merchant(), await world.merchant("rival")
    own = await merchant("add_image", product=MUG, content=image())
    before = _kept(world)
    for product in (MUG, "flying-carpet"):
        with pytest.raises(ProductNotFound):
            await rival("add_image", product=product, content=image())
        with pytest.raises(ProductNotFound):
            await rival("delete_image", product=product, image=own.images[0].image)
    with pytest.raises(ImageNotFound):
        await merchant("replace_image", product=MUG, image="img_unknown", content=image())
    with pytest.raises(ImageUnreadable):
        await merchant("add_image", product=MUG, content=b"no image")
    with pytest.raises(BadInput):
        await merchant("add_image", product=MUG, content=b"\0" * (MAX_BYTES + 1))
    assert _kept(world) == before
    with pytest.raises(VariantNotFound):
        await merchant("add_image", product=MUG, content=image(), sku="MUG-BLU-350")
    world.clock.move(hours=2)
    await run_jobs(world.shop)
    assert _kept(world) == before


def _in_bucket(endpoint: str, data: Path, secret: str = "secret-of-tests") -> ImageStore:
    return ImageStore(
        ShopSettings.model_validate(
            {
                "data": data,
                "images": "s3://pictures/of/goods",
                "images_endpoint": endpoint,
                "images_region": "eu-central-1",
                "images_key": "key-of-tests",
                "images_secret": secret,
            }
        )
    )


async def test_a_bucket_keeps_files_and_is_asked_with_signatures(tmp_path: Path) -> None:
    with bucket_server() as bucket:
        kept = _in_bucket(bucket.endpoint, tmp_path)
        await kept.put("a.webp", b"content of a")
        assert bucket.files == {"/pictures/of/goods/a.webp": b"content of a"}
        assert await kept.get("a.webp") == b"content of a"
        assert await kept.get("b.webp") is None
        await kept.remove("a.webp")
        await kept.remove("a.webp")
        assert (bucket.files, bucket.unsigned) == ({}, 0)


async def test_a_bucket_that_is_away_changes_nothing_and_is_asked_again(each_world: World, tmp_path: Path) -> None:
    merchant = await each_world.merchant()
    with bucket_server() as bucket:
        merchant.shop = replace(each_world.shop, images=_in_bucket(bucket.endpoint, tmp_path))
        own = await merchant("add_image", product=MUG, content=image())
        assert len(bucket.files) == 2
        bucket.away = True
        with pytest.raises(ImageStoreAway):
            await merchant("add_image", product=MUG, content=image())
        left = await merchant("delete_image", product=MUG, image=own.images[0].image)
        assert left.images == []
        await run_jobs(merchant.shop)
        assert len(bucket.files) == 2
        bucket.away = False
        each_world.clock.move(hours=2)
        await run_jobs(merchant.shop)
        assert bucket.files == {}
        assert await each_world.findings() == []


def test_a_file_has_two_names() -> None:
    assert names_of("01abc") == ("01abc.webp", "01abc-small.webp")
