"""What a merchant's products must be like."""

import re
import unicodedata
from collections.abc import Mapping

from .refusals import AttributesDiffer, VariantsAlike

MAX_VARIANTS = 100
SLUG_LONGEST = 60


def slug_of(name: str) -> str:
    """`Café mug, 350 ml` is `cafe-mug-350-ml`; empty where a name has nothing that an address can hold."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LONGEST].rstrip("-")


def tell_apart(product: str, attributes: Mapping[str, Mapping[str, str]]) -> None:
    """Refuses siblings that differ in what they are told apart by, or do not differ at all. `attributes`: by SKU."""
    names: list[str] | None = None
    seen: dict[tuple[tuple[str, str], ...], str] = {}
    for sku, own in attributes.items():
        names = sorted(own) if names is None else names
        if sorted(own) != names:
            raise AttributesDiffer(product, sku, names)
        other = seen.setdefault(tuple(sorted(own.items())), sku)
        if other != sku:
            raise VariantsAlike(sku, other)
