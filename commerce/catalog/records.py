"""Tables of the catalogue."""

from datetime import datetime
from typing import Any

from sqlalchemy import Text
from sqlmodel import Field

from ..database import AMOUNT, ID, JSON_VALUE, Moment, Record


class CategoryRow(Record, table=True):
    __tablename__ = "category"

    slug: str = Field(primary_key=True, max_length=80)
    name: str = Field(max_length=100)
    names: dict[str, str] = Field(sa_type=JSON_VALUE)
    keywords: list[str] = Field(sa_type=JSON_VALUE)
    parent: str | None = Field(default=None, max_length=80)
    """The category that it is a part of."""
    position: int


class ProductRow(Record, table=True):
    __tablename__ = "product"

    slug: str = Field(primary_key=True, max_length=80)
    category: str = Field(max_length=80, index=True, foreign_key="category.slug")
    merchant: str = Field(max_length=80, index=True)
    name: str = Field(max_length=200)
    names: dict[str, str] = Field(sa_type=JSON_VALUE)
    description: str = Field(sa_type=Text)
    descriptions: dict[str, str] = Field(sa_type=JSON_VALUE)
    brand: str = Field(max_length=100)
    keywords: list[str] = Field(sa_type=JSON_VALUE)
    lowest_price: int = Field(sa_type=AMOUNT, index=True)
    """Of its variants; kept with every write of a variant, so that lists can be sorted by an index."""
    sold: int = Field(default=0, index=True)
    """Pieces paid for, for sorting."""
    on_sale: bool = True
    free_shipping: bool = False
    created_at: datetime = Field(sa_type=Moment, index=True)
    deleted_at: datetime | None = Field(default=None, sa_type=Moment)


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
