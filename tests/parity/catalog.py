"""Cases of catalog."""

from tests.parity.case import Case, nothing

CASES = {
    "list_categories": Case(nothing, {"limit": 3}, {"limit": 0}),
    "search_products": Case(nothing, {"query": "red mug", "max_price": 1500, "limit": 3}, {"category": "submarines"}),
    "get_product": Case(nothing, {"product": "red-enamel-mug"}, {"product": "flying-carpet"}),
}
