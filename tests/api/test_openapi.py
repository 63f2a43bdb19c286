"""What OpenAPI says of the shop is what the operations declare: routes, inputs, answers, refusals, security."""

from pathlib import Path
from typing import Any

import pytest

from api.problems import STATUS, Problem
from api.rest import KEY_LONGEST
from api.server import build_app
from api.uploads import carried_by
from commerce.errors import Refusal, all_refusals
from commerce.operation import CATALOG, Effect, Operation, Who
from tests.api.calls import PROBLEM
from tests.worlds import settings_for

OPERATIONS = list(CATALOG.values())
NOT_OPERATIONS = {("get", "/v1/shop"), ("get", "/v1/shop/rules"), ("get", "/v1/merchant/export")}
Described = dict[str, Any]


@pytest.fixture(scope="module")
def openapi(tmp_path_factory: pytest.TempPathFactory) -> Described:
    described: Described = build_app(settings_for(tmp_path_factory.mktemp("openapi"))).openapi()
    return described


@pytest.fixture(params=OPERATIONS, ids=lambda o: o.name)
def operation(request: pytest.FixtureRequest) -> Operation[Any, Any]:
    found: Operation[Any, Any] = request.param
    return found


@pytest.fixture
def route(openapi: Described, operation: Operation[Any, Any]) -> Described:
    found: Described = openapi["paths"][f"/v1{operation.path}"][operation.method.lower()]
    return found


def routes(openapi: Described) -> dict[tuple[str, str], Described]:
    return {(method, path): route for path, of in openapi["paths"].items() for method, route in of.items()}


def bare(schema: Any) -> Any:
    """A schema without titles and descriptions, which OpenAPI puts elsewhere, and without `default: null`, which says nothing;
    what it refers to by name alone."""
    if isinstance(schema, dict):
        silent = {"title", "description"} | ({"default"} if schema.get("default") is None else set())
        return {k: v.rpartition("/")[2] if k == "$ref" else bare(v) for k, v in schema.items() if k not in silent}
    return [bare(part) for part in schema] if isinstance(schema, list) else schema


def parameters(route: Described, place: str) -> dict[str, Described]:
    return {p["name"]: p for p in route.get("parameters", []) if p["in"] == place}


def test_every_operation_has_exactly_one_route_and_every_route_is_an_operation(openapi: Described) -> None:
    declared = {(o.method.lower(), f"/v1{o.path}"): o.name for o in OPERATIONS}
    assert len(declared) == len(OPERATIONS)
    described = {
        at: route["operationId"]
        for at, route in routes(openapi).items()
        if not at[1].startswith("/v1/chat/") and at not in NOT_OPERATIONS
    }
    assert described == declared


def test_operation_ids_are_unique(openapi: Described) -> None:
    ids = [route["operationId"] for route in routes(openapi).values()]
    assert len(ids) == len(set(ids))


def test_the_words_are_those_of_the_operation(operation: Operation[Any, Any], route: Described) -> None:
    assert route["description"] == operation.words
    assert operation.words


def test_path_and_query_are_the_fields_of_the_input(operation: Operation[Any, Any], route: Described) -> None:
    schema = operation.input.model_json_schema()
    fields = schema.get("properties", {})
    carried = carried_by(operation.name)
    in_query = set(fields) - set(operation.path_fields) if carried or operation.method in {"GET", "DELETE"} else set()
    in_query -= {carried.field} if carried else set()
    assert set(parameters(route, "path")) == set(operation.path_fields)
    assert set(parameters(route, "query")) == in_query
    for name in {*operation.path_fields, *in_query}:
        shown = parameters(route, "path" if name in operation.path_fields else "query")[name]
        assert bare(shown["schema"]) == bare(fields[name])
        assert shown["required"] is (name in schema.get("required", []))
        assert shown.get("description") == fields[name].get("description")


def test_the_body_is_what_is_left_of_the_input(
    openapi: Described, operation: Operation[Any, Any], route: Described
) -> None:
    schema = operation.input.model_json_schema()
    left = {n: f for n, f in schema.get("properties", {}).items() if n not in operation.path_fields}
    if operation.method in {"GET", "DELETE"} or not left:
        assert "requestBody" not in route
        return
    body = route["requestBody"]
    if carried_by(operation.name):
        assert bare(body["content"]["multipart/form-data"]["schema"]["properties"]) == bare(left)
        assert body["required"]
        return
    [(media_type, content)] = body["content"].items()
    shown = openapi["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
    required = [n for n in schema.get("required", []) if n in left]
    assert media_type == "application/json"
    assert bare(shown["properties"]) == bare(left)
    assert {n: f.get("description") for n, f in shown["properties"].items()} == {
        n: f.get("description") for n, f in left.items()
    }
    assert shown.get("required", []) == required
    assert shown["additionalProperties"] is False
    assert body.get("required", False) is bool(required)


def test_the_answer_is_the_view_of_the_operation(
    openapi: Described, operation: Operation[Any, Any], route: Described
) -> None:
    [good] = [status for status in route["responses"] if status.startswith("2")]
    assert good == ("201" if operation.creates else "200")
    named = route["responses"][good]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    shown = openapi["components"]["schemas"][named]
    assert shown["properties"].keys() == operation.output.model_json_schema(mode="serialization")["properties"].keys()


def test_every_refusal_it_can_give_is_described(operation: Operation[Any, Any], route: Described) -> None:
    told = {status for status in route["responses"] if not status.startswith("2")}
    must = {"401", "422", "429", "503"}
    must |= {"403"} if operation.who is Who.CUSTOMER else set()
    must |= {"404"} if operation.path_fields else set()
    must |= {"409", "413"} if operation.effect is not Effect.READ else set()
    assert told >= must
    for status in told:
        assert route["responses"][status]["description"]
        assert route["responses"][status]["content"] == {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def test_the_conversation_describes_its_refusals_too(openapi: Described) -> None:
    chat = {at: route for at, route in routes(openapi).items() if at[1].startswith("/v1/chat/")}
    assert len(chat) == 11
    for (method, _), route in chat.items():
        assert route["responses"].keys() >= {"401", "404", "409", "422", "429", "503"}
        assert "413" in route["responses"] or method != "post"
        for status in route["responses"].keys() - {"200", "201"}:
            assert PROBLEM in route["responses"][status]["content"]


def test_a_turn_can_be_had_as_json_or_as_events(openapi: Described) -> None:
    for path in ("/v1/chat/threads/{thread}/turns", "/v1/chat/threads/{thread}/confirmations/{confirmation}"):
        content = openapi["paths"][path]["post"]["responses"]["200"]["content"]
        assert content.keys() == {"application/json", "text/event-stream"}
        assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/TurnView"}


def test_the_idempotency_key_is_described_where_it_counts(operation: Operation[Any, Any], route: Described) -> None:
    shown = parameters(route, "header").get("Idempotency-Key")
    if operation.effect is Effect.READ or operation.secret:
        assert shown is None
        return
    assert shown is not None
    assert shown["required"] is (operation.effect is Effect.COMMIT)
    text = shown["schema"] if shown["required"] else shown["schema"]["anyOf"][0]
    assert (text["minLength"], text["maxLength"]) == (1, KEY_LONGEST)


def test_the_idempotency_key_of_a_turn_is_described(openapi: Described) -> None:
    route = openapi["paths"]["/v1/chat/threads/{thread}/turns"]["post"]
    assert "Idempotency-Key" in parameters(route, "header")


def test_bearer_tokens_are_the_one_security_scheme(openapi: Described) -> None:
    [(name, scheme)] = openapi["components"]["securitySchemes"].items()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    secured = {route["operationId"] for route in routes(openapi).values() if route.get("security") == [{name: []}]}
    assert secured >= {o.name for o in OPERATIONS if o.who not in {Who.ANYONE, Who.UNSEEN}}
    assert not secured & {"search_products", "get_product", "list_categories", "create_account", "refresh_session"}
    assert secured >= {r["operationId"] for at, r in routes(openapi).items() if at[1].startswith("/v1/chat/")}


def test_a_problem_is_described_with_everything_it_always_has(openapi: Described) -> None:
    shown = openapi["components"]["schemas"]["Problem"]
    assert {"title", "status", "detail", "code", "hint", "facts", "trace_id"} <= set(shown["required"])
    assert shown["properties"].keys() == Problem.model_fields.keys()


def test_every_reference_leads_somewhere(openapi: Described) -> None:
    named: set[str] = set()

    def collect(part: Any) -> None:
        if isinstance(part, dict):
            named.update([part["$ref"].rpartition("/")[2]] if isinstance(part.get("$ref"), str) else [])
            collect(list(part.values()))
        elif isinstance(part, list):
            for one in part:
                collect(one)

    collect(openapi)
    assert named - {"$defs"} <= openapi["components"]["schemas"].keys()


@pytest.mark.parametrize("kind", all_refusals().values(), ids=all_refusals().keys())
def test_every_refusal_has_a_status_a_sentence_and_a_hint(kind: type[Refusal]) -> None:
    assert kind.family in STATUS
    assert kind.sentence.endswith((".", "}"))
    assert kind.hint.endswith(".")


def test_settings_and_secrets_are_not_in_it(openapi: Described) -> None:
    assert "forty and more" not in str(openapi)
    assert str(Path.home()) not in str(openapi)
