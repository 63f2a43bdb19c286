"""Goods in bulk: files in, files out, and nothing changed by going out and in again."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from commerce.bulk.files import COLUMNS, head, read, written
from commerce.bulk.refusals import ImportHasProblems
from commerce.bulk.schemas import MAX_LINES, Format, GoodsLineView
from commerce.errors import BadInput, MerchantsOnly
from commerce.listings.refusals import MerchantNotNamed
from tests.worlds import Shopper, World

KITE = {"product": "dragon-kite", "name": "Dragon kite", "names": {"zh": "飞龙纸鸢"}, "category": "toys-and-games"}
LINES: list[dict[str, Any]] = [
    KITE | {"sku": "KITE-S", "attributes": {"size": "S"}, "price": "19.99", "stock": 4},
    {"product": "dragon-kite", "sku": "KITE-L", "attributes": {"size": "L"}, "price": "29.5", "on_sale": False},
    {"product": "red-enamel-mug", "name": "Crimson mug", "sku": "MUG-RED-350", "price": "13.49", "stock": 99},
]


def _jsonl(*lines: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()


async def _rows(world: World) -> list[str]:
    tables = ("product", "variant", "stock", "stock_movement", "price", "variant_attribute")
    async with world.shop.database.read() as db:
        return [str((await db.execute(text(f"SELECT * FROM {t} ORDER BY 1, 2"))).all()) for t in tables]


async def _exported(merchant: Shopper, format: Format, **asked: Any) -> bytes:
    told, cursor = head(format), None
    while True:
        page = await merchant("export_goods", limit=40, **asked, **({"cursor": cursor} if cursor else {}))
        told += "".join(written(line, format) for line in page.items)
        if (cursor := page.next_cursor) is None:
            return told.encode()


async def test_a_file_makes_and_changes_goods(each_world: World) -> None:
    merchant = await each_world.merchant()
    report = await merchant("import_goods", content=_jsonl(*LINES), format="jsonl")
    assert (report.new_products, report.new_variants, report.changed_products, report.changed_variants) == (1, 2, 1, 1)
    kite = await merchant("get_my_product", product="dragon-kite")
    assert [(v.sku, v.price.amount, v.on_hand, v.on_sale) for v in kite.variants] == [
        ("KITE-S", 1999, 4, True),
        ("KITE-L", 2950, 0, False),
    ]
    mug = await merchant("get_my_product", product="red-enamel-mug")
    assert (mug.name, mug.names, mug.variants[0].price.amount, mug.variants[0].on_hand) == (
        "Crimson mug",
        {"zh": "红色搪瓷杯"},
        1349,
        24,
    )
    found = await Shopper(each_world.shop)("search_products", query="纸鸢")
    assert [p.product for p in found.items] == ["dragon-kite"]
    await merchant("import_goods", content=_jsonl(LINES[2]), format="jsonl", set_stock=True)
    assert (await merchant("get_stock", sku="MUG-RED-350")).on_hand == 99
    assert await each_world.findings() == []


@pytest.mark.parametrize("format", ["csv", "jsonl"])
async def test_out_and_in_again_changes_nothing(each_world: World, format: Format) -> None:
    merchant = await each_world.merchant()
    odd = '=SUM(A1),"quoted"; 甲乙\nsecond line'
    await merchant("create_product", name="'+1 Odd", description=odd, brand="@x", category="cookware")
    file, before = await _exported(merchant, format), await _rows(each_world)
    report = await merchant("import_goods", content=file, format=format, set_stock=True)
    assert report.lines > 60
    assert (report.new_products, report.changed_products, report.new_variants, report.changed_variants) == (0, 0, 0, 0)
    assert await _rows(each_world) == before
    assert await each_world.findings() == []


async def test_a_dry_run_tells_every_problem_and_changes_nothing(each_world: World) -> None:
    merchant, before = await each_world.merchant(), await _rows(each_world)
    file = b"\n".join(
        [
            _jsonl(LINES[0]),
            b"{broken",
            _jsonl({"product": "dragon-kite", "price": "-1", "colour": "red"}),
            _jsonl({"product": "blue-enamel-mug", "sku": "MUG-RED-500", "price": "1"}),
            _jsonl({"product": "red-enamel-mug", "sku": "MUG-RED-350", "price": "12.999"}),
            _jsonl({"product": "white-porcelain-mug", "category": "submarines"}),
            _jsonl({"product": "leather-satchel", "name": "Not yours", "category": "bags"}),
            _jsonl({"product": "new-thing", "name": "New"}),
        ]
    )
    report = await merchant("import_goods", content=file, format="jsonl", dry_run=True)
    told = [(p.line, p.field) for p in report.problems]
    assert told[:5] == [(2, "line"), (3, "price"), (3, "colour"), (4, "product"), (5, "price")]
    assert {6, 8} <= {line for line, _ in told}
    assert await _rows(each_world) == before
    with pytest.raises(ImportHasProblems) as refused:
        await merchant("import_goods", content=file, format="jsonl")
    assert refused.value.total == len(report.problems)
    assert await _rows(each_world) == before
    rehearsed = await merchant("import_goods", content=_jsonl(*LINES), format="jsonl", dry_run=True)
    assert (rehearsed.problems, rehearsed.new_variants) == ([], 2)
    assert await _rows(each_world) == before
    assert await each_world.findings() == []


async def test_lines_of_one_product_agree(world: World) -> None:
    merchant = await world.merchant()
    for second in (
        {"name": "Other"},
        {"sku": "KITE-S", "price": "1"},
        {"sku": "KITE-X", "price": "1", "attributes": {"size": "S"}},
    ):
        file = _jsonl(LINES[0], {"product": "dragon-kite"} | second)
        report = await merchant("import_goods", content=file, format="jsonl", dry_run=True)
        assert len(report.problems) == 1, second


async def test_another_merchants_goods_are_not_touched(each_world: World) -> None:
    rival, before = await each_world.merchant("rival"), await _rows(each_world)
    for line in ({"product": "red-enamel-mug", "name": "Mine"}, KITE | {"sku": "MUG-RED-350", "price": "1"}):
        with pytest.raises(ImportHasProblems):
            await rival("import_goods", content=_jsonl(line), format="jsonl")
    assert await _rows(each_world) == before
    assert (await rival("export_goods")).items == []
    assert (await rival("export_goods", merchant="harbor-home")).items == []
    with pytest.raises(MerchantNotNamed):
        await (await each_world.admin())("import_goods", content=_jsonl(*LINES), format="jsonl")
    with pytest.raises(MerchantsOnly):
        await (await each_world.customer())("import_goods", content=_jsonl(*LINES), format="jsonl")


def test_a_csv_is_read_with_its_line_numbers() -> None:
    file = (
        '\ufeffproduct,description,price\r\nmug-one,"two\r\nlines",1.00\r\nmug-two,"x",no\r\n,,\r\nmug-three,=1+1,2\r\n'
    )
    found = read(file.encode(), "csv")
    assert [(n.number, n.line.product) for n in found.lines] == [(2, "mug-one"), (6, "mug-three")]
    assert [(p.line, p.field) for p in found.problems] == [(4, "price")]


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (b"product\xff\n", "is not UTF-8"),
        (b"product,colour\nx,red\n", "not known"),
        (b'product\n"x\n', "is not CSV"),
        (b"product,name\nmug\n", "has 1 cells"),
        (b"product,names\nmug,{\n", "names is not JSON"),
        (b"product\n" + b"mug\n" * (MAX_LINES + 1), f"more than {MAX_LINES}"),
    ],
)
def test_files_that_can_not_be_read_say_why(file: bytes, problem: str) -> None:
    assert problem in read(file, "csv").problems[0].problem


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "''@x", "＝1", "plain", "it's", "1=1"])
def test_no_spreadsheet_runs_what_is_written(cell: str) -> None:
    blank: dict[str, Any] = dict.fromkeys(COLUMNS) | {"names": {}, "descriptions": {}, "keywords": [], "brand": ""}
    blank |= {"product": "mug", "category": "mugs", "name": cell, "description": "d"}
    line = GoodsLineView.model_validate(blank | {"free_shipping": False, "product_on_sale": True})
    row = written(line, "csv")
    assert not row.split(",")[1].lstrip('"').startswith(("=", "+", "-", "@", "＝"))
    [back] = read((head("csv") + row).encode(), "csv").lines
    assert back.line.name == cell


async def test_a_format_that_is_none_is_refused(world: World) -> None:
    with pytest.raises(BadInput):
        await (await world.merchant())("import_goods", content=b"x", format="xlsx")
