"""Tables of the catalogue."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlmodel import Field

from ..database import AMOUNT, ID, JSON_VALUE, TABLE_OPTIONS, Moment, Record

LONGEST_NAME = 64
"""Tokens of a name that count."""


class CategoryRow(Record, table=True):
    __tablename__ = "category"

    slug: str = Field(primary_key=True, max_length=80)
    name: str = Field(max_length=100)
    names: dict[str, str] = Field(sa_type=JSON_VALUE)
    keywords: list[str] = Field(sa_type=JSON_VALUE)
    parent: str | None = Field(default=None, max_length=80)
    """The category that it is a part of."""
    position: int
    stale_at: datetime | None = Field(default=None, sa_type=Moment)
    """When its words changed, or what is kept of its products; until these are indexed anew."""
    deleted_at: datetime | None = Field(default=None, sa_type=Moment)


class ProductRow(Record, table=True):
    """A deleted product stays for the sake of its SKUs, under another name, so that its own is free."""

    __tablename__ = "product"
    __table_args__ = (
        Index("ix_product_by_price", "lowest_price", "slug"),
        Index("ix_product_by_age", "created_at", "slug"),
        Index("ix_product_by_sales", "sold", "slug"),
        Index("ix_product_mine", "merchant", "created_at"),
        Index("ix_product_shelf", "category", "listed"),
        TABLE_OPTIONS,
    )

    slug: str = Field(primary_key=True, max_length=80)
    category: str = Field(max_length=80, foreign_key="category.slug")
    merchant: str = Field(max_length=80, index=True)
    name: str = Field(max_length=200)
    names: dict[str, str] = Field(sa_type=JSON_VALUE)
    description: str = Field(sa_type=Text)
    descriptions: dict[str, str] = Field(sa_type=JSON_VALUE)
    brand: str = Field(max_length=100)
    keywords: list[str] = Field(sa_type=JSON_VALUE)
    lowest_price: int = Field(sa_type=AMOUNT)
    """Of its variants on sale; kept by `reindex`, so that lists can be sorted by an index."""
    sold: int = 0
    """Pieces paid for, for sorting."""
    on_sale: bool = True
    listed: bool = True
    """Shoppers see it: on sale, not deleted, with a variant on sale; kept by `reindex`."""
    free_shipping: bool = False
    gallery: list[dict[str, Any]] | None = Field(default=None, sa_type=JSON_VALUE)
    """Its images in their order."""
    created_at: datetime = Field(sa_type=Moment)
    deleted_at: datetime | None = Field(default=None, sa_type=Moment)
    card: dict[str, Any] | None = Field(default=None, sa_type=JSON_VALUE)
    """All that a shopper sees of it but the stock; kept by `reindex`."""
    name_length: int = 0
    """Tokens of its name, up to LONGEST_NAME: of two names that hold the words asked for, the shorter is closer to them."""


class VariantRow(Record, table=True):
    __tablename__ = "variant"

    sku: str = Field(primary_key=True, sa_type=ID)
    product: str = Field(max_length=80, index=True, foreign_key="product.slug")
    attributes: dict[str, str] = Field(sa_type=JSON_VALUE)
    labels: dict[str, Any] = Field(sa_type=JSON_VALUE)
    price: int = Field(sa_type=AMOUNT)
    position: int
    on_sale: bool = True
    deleted_at: datetime | None = Field(default=None, sa_type=Moment)


class VariantAttributeRow(Record, table=True):
    """A variant's attributes in every language, folded, for finding and counting; kept by `reindex`."""

    __tablename__ = "variant_attribute"
    __table_args__ = (Index("ix_variant_attribute_value", "name", "value", "product"), TABLE_OPTIONS)

    sku: str = Field(primary_key=True, sa_type=ID)
    language: str = Field(primary_key=True, max_length=8)
    """Empty for the catalogue's own language."""
    attribute: str = Field(primary_key=True, max_length=64)
    """Its folded name in the catalogue's own language."""
    name: str = Field(max_length=64)
    """Folded, in this row's language; so is the value."""
    value: str = Field(max_length=120)
    shown_name: str = Field(max_length=64)
    shown_value: str = Field(max_length=120)
    product: str = Field(max_length=80, index=True)


class SearchWordRow(Record, table=True):
    """A word of the catalogue, for correcting misspelt queries."""

    __tablename__ = "search_word"

    word: str = Field(primary_key=True, max_length=24)
    stem: str = Field(max_length=64, index=True)


class SearchSlipRow(Record, table=True):
    """What is left of a word when a letter or two are missing."""

    __tablename__ = "search_slip"

    slip: str = Field(primary_key=True, max_length=24)
    word: str = Field(primary_key=True, max_length=24)
