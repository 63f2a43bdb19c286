"""Inputs and views of listings."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from ..catalog.schemas import ImageView
from ..ids import Sku, Slug
from ..money import Amount, Money
from ..views import Input, Language, Line, ListView, Names, OthersText, Page, Text, View

ProductName = Annotated[Line, Field(min_length=1, max_length=200)]
Description = Annotated[Text, Field(max_length=4000)]
Brand = Annotated[Line, Field(max_length=100)]
Keyword = Annotated[Line, Field(min_length=1, max_length=60)]
Keywords = Annotated[list[Keyword], Field(max_length=60)]
AttributeName = Annotated[Line, Field(min_length=1, max_length=40)]
AttributeValue = Annotated[Line, Field(min_length=1, max_length=80)]
Attributes = Annotated[dict[AttributeName, AttributeValue], Field(max_length=8)]
Labels = Annotated[dict[Language, Attributes], Field(max_length=10)]
ProductNames = Annotated[dict[Language, ProductName], Field(max_length=10)]
Descriptions = Annotated[dict[Language, Description], Field(max_length=10)]
MAX_STOCK = 10**9
Stock = Annotated[int, Field(ge=0, le=MAX_STOCK)]
LOW_STOCK = 5

SKU = "SKU of one of the merchant's variants."
PRICE = "Price of one piece, in minor units (1299 is 12.99)."
ATTRIBUTES = "What tells it from its siblings, such as color and size; all variants of a product have the same ones."
LABELS = "The attributes in other languages, by language code."


class NewVariant(Input):
    sku: Sku = Field(description="SKU of its own in the whole shop.", examples=["MUG-RED-350"])
    price: Amount = Field(description=PRICE)
    attributes: Attributes = Field(default_factory=dict, description=ATTRIBUTES)
    labels: Labels = Field(default_factory=dict, description=LABELS)
    stock: Stock = Field(0, description="How many are on hand.")
    low_stock_at: Stock = Field(LOW_STOCK, description="At this many or fewer left it counts as low.")
    on_sale: bool = Field(True, description="Whether it can be bought.")


class AddVariant(NewVariant):
    product: Slug = Field(description="Product that it is a variant of.")


class CreateProduct(Input):
    product: Slug | None = Field(
        None, description="Short name of its own, used in addresses; made from the name when left out."
    )
    merchant: Slug | None = Field(None, description="Who sells it. Merchants leave it out, admins name one.")
    name: ProductName = Field(description="Name as shoppers see it.")
    names: ProductNames = Field(default_factory=dict, description="Names in other languages, by language code.")
    description: Description = Field("", description="What shoppers should know of it.")
    descriptions: Descriptions = Field(default_factory=dict, description="Descriptions in other languages.")
    brand: Brand = Field("", description="Who makes it.")
    category: Slug = Field(description="Category that it belongs to, as list_categories names it.")
    keywords: Keywords = Field(default_factory=list, description="What else shoppers call it, in any language.")
    free_shipping: bool = Field(False, description="Whether it is delivered for nothing.")
    on_sale: bool = Field(True, description="Whether shoppers see it.")
    variants: list[NewVariant] = Field(default_factory=list, max_length=100, description="Its variants.")


class UpdateProduct(Input):
    product: Slug = Field(description="One of the merchant's products.")
    name: ProductName | None = Field(None, description="New name.")
    names: ProductNames | None = Field(None, description="New names in other languages; they replace all of them.")
    description: Description | None = Field(None, description="New description.")
    descriptions: Descriptions | None = Field(None, description="New descriptions; they replace all of them.")
    brand: Brand | None = Field(None, description="New brand.")
    category: Slug | None = Field(None, description="Category to move it to.")
    keywords: Keywords | None = Field(None, description="New keywords; they replace all of them.")
    free_shipping: bool | None = Field(None, description="Whether it is delivered for nothing.")
    on_sale: bool | None = Field(None, description="Whether shoppers see it.")


class MyProduct(Input):
    product: Slug = Field(description="One of the merchant's products, as list_my_products names it.")


class OnSale(Input):
    product: Slug = Field(description="One of the merchant's products, as list_my_products names it.")
    sku: Sku | None = Field(None, description="Only this variant of it; left out, the whole product.")


class ListMyProducts(Page):
    merchant: Slug | None = Field(None, description="Only this merchant's; of use to admins.")
    category: Slug | None = Field(None, description="Only this category and what is below it.")
    on_sale: bool | None = Field(None, description="true: only what shoppers see; false: only what they do not.")
    low_stock: bool | None = Field(None, description="true: only products with a variant that is low.")


class UpdateVariant(Input):
    sku: Sku = Field(description=SKU)
    price: Amount | None = Field(None, description="New price of one piece, in minor units (1299 is 12.99).")
    attributes: Attributes | None = Field(None, description="New attributes; they replace all of them.")
    labels: Labels | None = Field(None, description="New labels; they replace all of them.")
    on_sale: bool | None = Field(None, description="Whether it can be bought.")
    position: int | None = Field(None, ge=0, le=10_000, description="Its place among its siblings, from 0.")


class MyVariant(Input):
    sku: Sku = Field(description=SKU)


class ChangePrice(Input):
    sku: Sku = Field(description=SKU)
    price: Amount = Field(description="New price of one piece, in minor units (1299 is 12.99).")


class ListPrices(Page):
    sku: Sku = Field(description="SKU of a variant, as search_products returned it.")


class VariantAttributes(Input):
    sku: Sku
    attributes: Attributes = Field(description=ATTRIBUTES)
    labels: Labels = Field(default_factory=dict, description=LABELS)


class SetAttributes(Input):
    product: Slug = Field(description="One of the merchant's products.")
    variants: list[VariantAttributes] = Field(
        min_length=1, max_length=100, description="New attributes of each variant; those not named stay as they are."
    )


class OwnVariantView(View):
    sku: Sku
    attributes: dict[OthersText, OthersText]
    labels: dict[str, dict[OthersText, OthersText]]
    price: Money
    on_sale: bool
    on_hand: int
    reserved: int = Field(description="Of these, promised to orders that are not paid yet.")
    available: int = Field(description="How many can be bought now.")
    low_stock_at: int = Field(description="At this many or fewer left it counts as low.")
    position: int


class OwnProductView(View):
    """A product as its merchant sees it, on sale or not."""

    product: Slug
    merchant: Slug
    name: OthersText
    names: Names
    description: OthersText
    descriptions: Names
    brand: OthersText
    category: Slug
    keywords: list[OthersText]
    free_shipping: bool
    on_sale: bool = Field(description="Whether the merchant has it on sale.")
    listed: bool = Field(description="Whether shoppers see it: on sale, and at least one variant too.")
    sold: int = Field(description="Pieces paid for.")
    created_at: datetime
    images: list[ImageView]
    variants: list[OwnVariantView]


class RemovedView(View):
    removed: str = Field(description="Id of what is gone.")


class PriceView(View):
    version: int = Field(description="1 is the first price that it had.")
    price: Money
    previous: Money | None
    at: datetime


OwnProductList = ListView[OwnProductView]
PriceList = ListView[PriceView]
