"""A catalogue of any size: made-up goods with English and Chinese names, written in bulk."""

import random
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, insert, select
from sqlmodel import col

from commerce.catalog.indexing import reindex
from commerce.catalog.records import ProductRow, VariantRow
from commerce.context import ANONYMOUS, Context
from commerce.database import Record
from commerce.inventory.moves import receive
from commerce.shop import Shop

SERIES_SIZE = 25
"""So many products share a series name: what a search for one finds does not grow with the catalogue."""
BATCH = 2_000
STOCK = 1_000_000
SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "ren",
    "tas",
    "ve",
    "nor",
    "bel",
    "qui",
    "dra",
    "sul",
    "pho",
    "zan",
    "gri",
    "wex",
    "hol",
    "jun",
    "ter",
    "yab",
    "cim",
]
SIGNS = "雅澜岚枫晨曦珞棠霁沐芷苒瑾翎宸漾逸朗岑渺"
COLOURS = {"red": "红色", "blue": "蓝色", "green": "绿色", "white": "白色", "black": "黑色", "amber": "琥珀色"}
NOUNS = {
    "mug": "马克杯", "lamp": "台灯", "kettle": "水壶", "notebook": "笔记本", "blanket": "毯子", "backpack": "背包", "teapot": "茶壶",
    "pillow": "枕头", "knife": "菜刀", "wallet": "钱包", "lantern": "灯笼", "skillet": "煎锅", "scarf": "围巾", "umbrella": "雨伞",
    "basket": "篮子", "vase": "花瓶", "towel": "毛巾", "candle": "蜡烛", "mirror": "镜子", "clock": "时钟",
}  # fmt: skip


def slug_of(number: int) -> str:
    return f"made-up-{number}"


def sku_of(number: int, variant: int = 0) -> str:
    return f"MADE-{number}-{variant}"


def series_of(number: int) -> tuple[str, str]:
    """The English and the Chinese name of a product's series."""
    place = number // SERIES_SIZE
    english, chinese = "", ""
    for _ in range(4):
        place, syllable = divmod(place, len(SYLLABLES))
        english, chinese = SYLLABLES[syllable] + english, SIGNS[syllable] + chinese
    return english, chinese


def noun_of(number: int) -> tuple[str, str]:
    return list(NOUNS.items())[number // SERIES_SIZE % len(NOUNS)]


def queries(size: int, count: int) -> list[str]:
    """What shoppers ask for: a series and a noun, every third time in Chinese; each finds SERIES_SIZE products."""
    drawn = random.Random(count).choices(range(size), k=count)
    return [f"{series_of(n)[i % 3 == 0]} {noun_of(n)[i % 3 == 0]}" for i, n in enumerate(drawn)]


async def grow(shop: Shop, size: int) -> None:
    """Adds made-up products until there are `size` of them."""
    async with Context(shop, ANONYMOUS).reading() as ctx:
        held = await ctx.value(select(func.count()).where(col(ProductRow.slug).like("made-up-%")))
        product, variant = await _like(ctx, ProductRow), await _like(ctx, VariantRow)
    for first in range(held, size, BATCH):
        numbers = range(first, min(first + BATCH, size))
        async with Context(shop, ANONYMOUS).writing() as ctx:
            await ctx.db.execute(insert(ProductRow), [product | _product(n) for n in numbers])
            await ctx.db.execute(insert(VariantRow), [variant | facts for n in numbers for facts in _variants(n)])
            await receive(ctx, {facts["sku"]: STOCK for n in numbers for facts in _variants(n)})
            await reindex(ctx, [slug_of(n) for n in numbers])


async def _like(ctx: Context, table: type[Record]) -> dict[str, Any]:
    """A row of the demo shop, for the columns that do not matter here."""
    row = (await ctx.rows(select(table).limit(1)))[0]
    return dict(row._mapping)


def _product(number: int) -> dict[str, Any]:
    (series, series_zh), (noun, noun_zh) = series_of(number), noun_of(number)
    colour, colour_zh = list(COLOURS.items())[number % len(COLOURS)]
    return {
        "slug": slug_of(number),
        "name": f"{series.capitalize()} {colour} {noun} {number}",
        "names": {"zh": f"{series_zh}{colour_zh}{noun_zh}"},
        "description": f"A {colour} {noun} of the {series.capitalize()} series, made to be measured and not to be used.",
        "descriptions": {"zh": f"{series_zh}系列的{colour_zh}{noun_zh}。"},
        "brand": series.capitalize(),
        "keywords": [noun, noun_zh],
        "lowest_price": 500 + number % 5_000,
    }


def _variants(number: int) -> Iterator[dict[str, Any]]:
    for variant, (size, size_zh) in enumerate((("small", "小号"), ("large", "大号"))):
        yield {
            "sku": sku_of(number, variant),
            "product": slug_of(number),
            "attributes": {"size": size},
            "labels": {"zh": {"尺寸": size_zh}},
            "price": 500 + number % 5_000 + variant * 300,
            "position": variant,
        }
