"""Refusals of the catalogue."""

from dataclasses import dataclass

from ..errors import NotFound


@dataclass(eq=False)
class ProductNotFound(NotFound):
    product: str
    sentence = "There is no product {product}."
    hint = "Search for products and use the id of one that was found."


@dataclass(eq=False)
class CategoryNotFound(NotFound):
    category: str
    sentence = "There is no category {category}."
    hint = "List the categories to see which there are."


@dataclass(eq=False)
class VariantNotFound(NotFound):
    sku: str
    sentence = "There is no variant with the SKU {sku}."
    hint = "Search for products and use the SKU of one of their variants."
