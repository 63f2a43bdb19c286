"""What models are told of the operations: only what an agent may do, in schemas that strict function calling takes."""

import json
from typing import Any

import pytest

from commerce.context import Surface
from commerce.operation import Effect, Who
from commerce.operations import CATALOG
from tools import tool_specs
from tools.receipts import SUMMARIES
from tools.toolspecs import KEPT, _offered

SPECS = {spec.name: spec for spec in tool_specs("admin")}
NEVER = {"add_payment_method", "create_account", "sign_in", "sign_out", "refresh_session", "start_guest_session"}


def test_models_are_offered_what_agents_may_do_and_nothing_else() -> None:
    assert set(SPECS) == {name for name, operation in CATALOG.items() if Surface.AGENT in operation.surfaces}
    assert {"search_products", "add_to_cart", "create_checkout", "place_order", "cancel_order"} <= set(SPECS)


def test_no_operation_that_takes_a_secret_is_offered() -> None:
    assert set(CATALOG) >= NEVER
    assert not NEVER & set(SPECS)
    spoken = json.dumps([spec.as_function() for spec in tool_specs()]).lower()
    assert not [word for word in ("password", "access_token", "refresh_token", "tok_succeeds") if word in spoken]


def test_nobody_can_be_named_as_the_one_who_asks() -> None:
    named = {name for spec in SPECS.values() for name in spec.parameters["properties"]}
    assert not named & {"account", "user", "user_id", "account_id", "caller", "owner", "shopper", "role", "key"}
    assert not [name for name in named if "confirm" in name or "approv" in name]


@pytest.mark.parametrize("name", sorted(SPECS))
def test_every_schema_is_strict(name: str) -> None:
    parameters = SPECS[name].parameters
    assert parameters["type"] == "object"
    assert parameters["additionalProperties"] is False
    assert parameters["required"] == list(parameters["properties"])
    assert SPECS[name].as_function()["function"]["strict"] is True
    assert "$ref" not in json.dumps(parameters)


@pytest.mark.parametrize("name", sorted(SPECS))
def test_exactly_the_optional_fields_accept_null(name: str) -> None:
    fields = CATALOG[name].input.model_fields
    properties = SPECS[name].parameters["properties"]
    assert set(properties) == set(fields)
    for field, schema in properties.items():
        accepts_null = {"type": "null"} in schema.get("anyOf", []) or schema.get("type") == "null"
        assert accepts_null is not fields[field].is_required(), field


@pytest.mark.parametrize("name", sorted(SPECS))
def test_only_keywords_that_strict_function_calling_knows(name: str) -> None:
    def keywords(schema: dict[str, Any]) -> set[str]:
        found = set(schema)
        inner = [schema["items"]] if "items" in schema else []
        for part in [*schema.get("anyOf", []), *schema.get("properties", {}).values(), *inner]:
            found |= keywords(part)
        return found

    assert keywords(SPECS[name].parameters) <= KEPT | {"required", "additionalProperties"}


@pytest.mark.parametrize("name", sorted(SPECS))
def test_every_tool_says_in_one_paragraph_what_it_does(name: str) -> None:
    words = SPECS[name].description
    assert len(words) > 10
    assert "\n" not in words
    commits = CATALOG[name].effect is Effect.COMMIT
    assert ("The shop asks the shopper for a yes" in words) is commits


def test_a_field_with_its_description_keeps_it() -> None:
    sku = SPECS["add_to_cart"].parameters["properties"]["sku"]
    quantity = SPECS["add_to_cart"].parameters["properties"]["quantity"]
    assert sku["description"].startswith("SKU of the variant")
    assert quantity["description"] == "How many to add."
    assert quantity["anyOf"][0] == {"type": "integer", "minimum": 1, "maximum": 99}


def test_two_calls_give_equal_bytes_in_the_order_of_the_names() -> None:
    _offered.cache_clear()
    first = json.dumps([spec.as_function() for spec in tool_specs()])
    _offered.cache_clear()
    assert json.dumps([spec.as_function() for spec in tool_specs()]) == first
    assert list(SPECS) == sorted(SPECS)


def test_what_is_for_staff_is_offered_to_staff_alone() -> None:
    shoppers, merchants = ({spec.name for spec in tool_specs(role)} for role in ("customer", "merchant"))
    assert {"change_price", "take_off_sale", "list_my_products"} <= merchants
    assert shoppers < merchants <= set(SPECS)
    assert {CATALOG[name].who for name in merchants - shoppers} == {Who.MERCHANT}


def test_every_change_that_agents_may_make_has_a_receipt_of_its_own() -> None:
    changing = {name for name in SPECS if CATALOG[name].effect is not Effect.READ}
    assert changing == set(SUMMARIES)
