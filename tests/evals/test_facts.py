"""Facts are found as words and numbers of their own, and answers compared by the fields that matter."""

import pytest

from evals.facts import differs, filled, stands_in, written


@pytest.mark.parametrize(
    ("fact", "text", "found"),
    [
        ("$1.99", "It costs $1.99.", True),
        ("$1.99", "It costs $11.99", False),
        ("$1.99", "It costs $1.995", False),
        ("24", "24 in stock", True),
        ("24", "240 in stock", False),
        ("MUG-RED", "MUG-RED-350", False),
        ("rosalind", "To Rosalind Quay", True),
        ("杯", "红色搪瓷杯在这里", True),
    ],
)
def test_a_fact_stands_on_its_own(fact: str, text: str, found: bool) -> None:
    assert stands_in(fact, text) is found


def test_views_are_read_as_shoppers_read_them() -> None:
    view = {"items": [{"sku": "A-1", "price": {"amount": 1299, "currency": "USD"}, "note": None}]}
    assert list(written(view)) == ["A-1", "$12.99"]


def test_answers_differ_only_where_it_matters() -> None:
    actual = {"items": [{"sku": "A", "price": {"amount": 500, "currency": "USD"}}, {"sku": "B"}], "more": 1}
    assert differs(actual, {"items": [{"sku": "B"}, {"price": "$5.00"}]}) == ""
    assert differs(actual, {"items": []}) == "items has 2 entries, not 0"
    assert differs(actual, {"more": 2}) == "more is 1, not 2"
    assert differs(actual, {"less": 2}) == "less is missing"
    assert differs({"refused": "order_not_found"}, {"status": "paid"}) == "status is missing"


def test_names_stand_for_numbers() -> None:
    assert filled({"order": "$order1", "all": ["$order9 $5.00"]}, {"order1": "DT-1"}) == {
        "order": "DT-1",
        "all": ["$order9 $5.00"],
    }
