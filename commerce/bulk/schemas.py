"""Inputs, lines and views of bulk imports and exports."""

from typing import Annotated, Literal

from pydantic import Field

from ..ids import Sku, Slug
from ..listings.schemas import (
    Attributes,
    Brand,
    Description,
    Descriptions,
    Keywords,
    Labels,
    ProductName,
    ProductNames,
    Stock,
)
from ..views import DIGESTED, Input, ListView, Names, OthersText, Page, Upload, View

Format = Literal["csv", "jsonl"]
MAX_BYTES = 8 * 2**20
MAX_LINES = 2000
MEDIA_TYPES = ("text/csv", "application/x-ndjson", "application/jsonl", "text/plain")
FileBytes = Annotated[bytes, Field(max_length=MAX_BYTES), Upload(MAX_BYTES, MEDIA_TYPES), DIGESTED]


class GoodsLine(Input):
    """One variant with its product, or a product alone. What is left out stays as it is, or is as for new goods."""

    product: Slug
    name: ProductName | None = None
    names: ProductNames | None = None
    description: Description | None = None
    descriptions: Descriptions | None = None
    brand: Brand | None = None
    category: Slug | None = None
    keywords: Keywords | None = None
    free_shipping: bool | None = None
    product_on_sale: bool | None = None
    sku: Sku | None = None
    attributes: Attributes | None = None
    labels: Labels | None = None
    price: Annotated[str, Field(pattern=r"^\d{1,9}(\.\d{1,3})?$")] | None = None
    """A decimal, such as 12.99."""
    on_sale: bool | None = None
    stock: Stock | None = None
    low_stock_at: Stock | None = None


class ImportGoods(Input):
    content: FileBytes = Field(description="The file: one variant a line, in the columns that the export has.")
    format: Format = Field("csv", description="`csv` with a head line, or `jsonl` with one JSON object a line.")
    dry_run: bool = Field(False, description="Only say what would happen and what is wrong.")
    set_stock: bool = Field(
        False,
        description="Also set the stock of variants that exist to the numbers of the file; new ones always take theirs.",
    )
    merchant: Slug | None = Field(None, description="Whose goods they are. Merchants leave it out, admins name one.")


class ExportGoods(Page):
    merchant: Slug | None = Field(None, description="Only this merchant's; of use to admins.")


class LineProblem(View):
    line: int = Field(description="Of the file, from 1; a head line counts.")
    field: str
    problem: str


class ImportReport(View):
    dry_run: bool
    lines: int
    new_products: int
    changed_products: int
    new_variants: int
    changed_variants: int
    problems: list[LineProblem] = Field(description="Only a dry run has any: a real one is refused with them.")


class GoodsLineView(View):
    product: Slug
    name: OthersText
    names: Names
    description: OthersText
    descriptions: Names
    brand: OthersText
    category: Slug
    keywords: list[OthersText]
    free_shipping: bool
    product_on_sale: bool
    sku: Sku | None
    attributes: dict[OthersText, OthersText] | None
    labels: dict[str, dict[OthersText, OthersText]] | None
    price: str | None = Field(description="A decimal, such as 12.99.")
    on_sale: bool | None
    stock: int | None
    low_stock_at: int | None


GoodsLines = ListView[GoodsLineView]
