"""A product of a list in one line: what a model needs to choose and to buy it. get_product tells the rest."""

from collections.abc import Sequence

from commerce.catalog.schemas import ProductView, VariantView

from .fence import fenced
from .tokens import tokens_in

MOST_TOKENS = 45
"""Of a line. Variants that do not fit are left to get_product; the first always stands there."""
MORE = 8
"""Tokens that tell of variants that are left out; the last one may as well stand there itself."""
LONGEST_NAME = 48
LONGEST_ATTRIBUTES = 40
KEY = "product «name» merchant price | SKU «attributes» price, how many are left"


def product_line(product: ProductView) -> str:
    """`red-enamel-mug «Red enamel mug» harbor-home | MUG-RED-350 «350 ml» $12.99, 24 | MUG-RED-500 «500 ml» $15.99, 3`

    A price that all variants share stands before them. Of the attributes it shows those that tell the variants apart.
    """
    alike = _shared_attributes(product.variants)
    one_price = all(variant.price == product.price for variant in product.variants)
    head = [product.product, fenced(product.name, LONGEST_NAME), product.merchant]
    line = " ".join([*head, str(product.price)] if one_price else head)
    line += " delivered free" if product.free_shipping else ""
    left = MOST_TOKENS - tokens_in(line)
    for shown, variant in enumerate(product.variants):
        told = " | " + _variant(variant, alike, "" if one_price else f"{variant.price},")
        left -= tokens_in(told)
        is_last = shown + 1 == len(product.variants)
        if shown and left < (-MORE if is_last else 0):
            return line + _more(product.variants[shown:], one_price)
        line += told
    return line


def _more(hidden: Sequence[VariantView], one_price: bool) -> str:
    cheapest = min((variant.price for variant in hidden), key=lambda price: price.amount)
    return f" | {len(hidden)} more{'' if one_price else f' from {cheapest}'}: get_product"


def _shared_attributes(variants: Sequence[VariantView]) -> set[str]:
    if len(variants) < 2:
        return set()
    return {
        name for name, value in variants[0].attributes.items() if all(v.attributes.get(name) == value for v in variants)
    }


def _variant(variant: VariantView, alike: set[str], price: str) -> str:
    telling = ", ".join(str(value) for name, value in variant.attributes.items() if name not in alike)
    parts = [variant.sku, fenced(telling, LONGEST_ATTRIBUTES) if telling else "", price, str(variant.available)]
    return " ".join(filter(None, parts))
