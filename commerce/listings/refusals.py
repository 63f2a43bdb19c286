"""Refusals of listings."""

from dataclasses import dataclass

from ..errors import Conflict, Invalid


@dataclass(eq=False)
class MerchantNotNamed(Invalid):
    sentence = "It is not said which merchant this is for."
    hint = "Name the merchant; only accounts that work for one may leave it out."


@dataclass(eq=False)
class ProductExists(Conflict):
    product: str
    sentence = "There is already a product {product}."
    hint = "Choose another short name, or leave it out to have one made."


@dataclass(eq=False)
class SkuTaken(Conflict):
    sku: str
    sentence = "The SKU {sku} is in use."
    hint = "Choose another SKU."


@dataclass(eq=False)
class TooManyVariants(Conflict):
    product: str
    limit: int
    sentence = "{product} can't have more than {limit} variants."
    hint = "Make a second product of it."


@dataclass(eq=False)
class AttributesDiffer(Conflict):
    product: str
    sku: str
    names: list[str]
    """What its siblings are told apart by."""
    sentence = "{sku} must have exactly the attributes of its siblings: {listed}."
    hint = "Give each variant of a product a value for the same attributes; change them together to add or remove one."

    def __str__(self) -> str:
        return self.sentence.format(sku=self.sku, listed=", ".join(self.names) or "none")


@dataclass(eq=False)
class VariantsAlike(Conflict):
    sku: str
    other: str
    sentence = "{sku} and {other} have the same attributes, so nobody could tell them apart."
    hint = "Give each variant of a product values of its own."
