"""Inputs and views of the catalogue."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ..ids import Id, Sku, Slug
from ..money import Amount, Money
from ..views import Input, Line, ListView, Names, OthersText, Page, View
from .rules import check_attributes, check_phrases

Sort = Literal["relevance", "price_asc", "price_desc", "newest", "best_selling"]


class CategoryView(View):
    category: Slug
    name: OthersText
    names: Names
    keywords: list[OthersText] = Field(description="What shoppers call things of this category, in any language.")
    parent: Slug | None = Field(description="The category that it is a part of; null at the top.")
    products: int = Field(description="How many products it and its parts hold.")


class SearchProducts(Page):
    query: Annotated[Line, Field(max_length=200)] = Field(
        "",
        description="Words to find in names, descriptions, colours, sizes; English or Chinese. Empty finds everything.",
    )
    category: Slug | None = Field(None, description="Only this category, as list_categories names it.")
    min_price: Amount | None = Field(None, description="Lowest price, in minor units (1500 is 15.00).")
    max_price: Amount | None = Field(None, description="Highest price, in minor units (1500 is 15.00).")
    merchant: Slug | None = Field(None, description="Only goods of this merchant.")
    attributes: Annotated[Line, Field(max_length=200), AfterValidator(check_attributes)] = Field(
        "",
        description="Only variants with all of these attributes, such as `color=red, capacity=350 ml`; English or Chinese.",
    )
    without: Annotated[Line, Field(max_length=200), AfterValidator(check_phrases)] = Field(
        "",
        description="What goods must not have or be, parted by commas, such as `wool, caffeine`; English or Chinese.",
    )
    free_shipping: bool = Field(False, description="true: only goods that ship free.")
    facets: bool = Field(False, description="true: also count what the results could be narrowed by.")
    in_stock: bool | None = Field(None, description="true: only what can be bought now; false: only what is sold out.")
    sort: Sort = Field("relevance", description="Order of the results.")


class GetProduct(Input):
    product: Slug = Field(description="Product id, as search_products returned it.")


class ImageView(View):
    image: Id
    url: str
    thumbnail_url: str
    alt: OthersText = Field(description="What it shows, for those who can't see it.")
    width: int
    height: int
    variant: Sku | None = Field(description="The variant that it shows; null: the whole product.")


class VariantView(View):
    sku: Sku
    attributes: dict[OthersText, OthersText] = Field(
        description="What tells it from its siblings, such as color and size."
    )
    labels: dict[str, dict[OthersText, OthersText]] = Field(description="The attributes by language code.")
    price: Money
    available: int = Field(description="How many can be bought now.")


class ProductView(View):
    product: Slug
    name: OthersText
    names: Names
    description: OthersText
    descriptions: Names
    brand: OthersText
    category: Slug
    merchant: Slug = Field(description="Who sells and ships it.")
    free_shipping: bool = Field(description="Whether it is delivered for nothing.")
    images: list[ImageView] = Field(description="The first one is the head image.")
    price: Money = Field(description="Lowest price of its variants.")
    available: int = Field(description="How many can be bought now, all variants together.")
    variants: list[VariantView]


class FacetCount(View):
    """A value to narrow by, and how many products would be left."""

    value: str
    label: OthersText
    names: Names = Field(default_factory=dict)
    products: int


class AttributeFacet(View):
    name: OthersText
    labels: Names
    values: list[FacetCount]


class Facets(View):
    """What all results, not only this page, could be narrowed by. Each part is counted as if it were not yet narrowed by."""

    products: int = Field(description="How many products there are in all.")
    categories: list[FacetCount]
    merchants: list[FacetCount]
    attributes: list[AttributeFacet]
    lowest_price: Money | None
    highest_price: Money | None
    free_shipping: int
    in_stock: int


class ProductList(ListView[ProductView]):
    matched: Literal["all_words", "some_words"] = Field(
        "all_words",
        description="`some_words`: nothing held every word of the query, so these hold at least one of them.",
    )
    corrected_query: str | None = Field(
        None, description="What was searched for instead, where a word of the query was misspelt."
    )
    without: Literal["said", "unmentioned"] | None = Field(
        None,
        description="Of what was to be left out. `said`: these say that they are free of it; "
        "`unmentioned`: none says so, and these do not mention it.",
    )
    facets: Facets | None = None


class LineView(View):
    """A quantity of a variant at one price, as carts, checkouts and orders hold it."""

    sku: Sku
    product: Slug
    merchant: Slug
    name: OthersText
    names: Names
    attributes: dict[OthersText, OthersText]
    labels: dict[str, dict[OthersText, OthersText]]
    quantity: int
    unit_price: Money
    total: Money


CategoryList = ListView[CategoryView]
