"""What a model is told of each operation: its name, its words, and a strict JSON Schema of its input."""

from functools import lru_cache
from typing import Any, NamedTuple

from commerce.accounts.schemas import Role
from commerce.context import Surface
from commerce.operation import ROLES, Operation, Who

from .offer import OURS, Offer

KEPT = {
    "type",
    "description",
    "enum",
    "items",
    "anyOf",
    "properties",
    "minimum",
    "maximum",
    "pattern",
    "maxItems",
    "const",
}
"""Keywords of JSON Schema that strict function calling understands."""


class ToolSpec(NamedTuple):
    """One function that a model can call."""

    name: str
    description: str
    parameters: dict[str, Any]

    def as_function(self) -> dict[str, Any]:
        """In the form of OpenAI's function calling."""
        return {
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.description,
                "parameters": self.parameters,
                "strict": True,
            },
        }


def tool_specs(role: Role | None = None, offer: Offer = OURS) -> tuple[ToolSpec, ...]:
    """What an agent may use for a caller of this role, in the order of their names: the same bytes for every shopper and
    turn. What only staff may do is offered to staff alone."""
    return _offered(offer, frozenset(who for who in STAFF if role in ROLES[who]))


STAFF = (Who.MERCHANT, Who.ADMIN)


@lru_cache
def _offered(offer: Offer, staff: frozenset[Who]) -> tuple[ToolSpec, ...]:
    hidden = frozenset(STAFF) - staff
    offered = [o for _, o in sorted(offer.catalog.items()) if Surface.AGENT in o.surfaces and o.who not in hidden]
    return tuple(ToolSpec(operation.name, _words(operation), strict_schema(operation)) for operation in offered)


def _words(operation: Operation[Any, Any]) -> str:
    asks = " The shop asks the shopper for a yes before it runs." if operation.terms else ""
    return " ".join(operation.words.split()) + asks


def strict_schema(operation: Operation[Any, Any]) -> dict[str, Any]:
    """All fields required and no others; a field that may be left out accepts null."""
    schema = operation.input.model_json_schema()
    return _object(schema, schema.get("$defs", {}))


def _object(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    required = schema.get("required", [])
    fields = schema.get("properties", {}).items()
    properties = {name: _field(_kept(field, defs), name in required) for name, field in fields}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _field(kept: dict[str, Any], required: bool) -> dict[str, Any]:
    options = kept.get("anyOf", [])
    if required or {"type": "null"} in options:
        return kept
    description = {"description": kept.pop("description")} if "description" in kept else {}
    return {"anyOf": [kept, {"type": "null"}], **description}


def _kept(schema: Any, defs: dict[str, Any]) -> Any:
    """What strict function calling understands of it; a reference is what it refers to."""
    if isinstance(schema, list):
        return [_kept(part, defs) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _object(defs[schema["$ref"].rpartition("/")[2]], defs)
    kept = {key: value for key, value in schema.items() if key in KEPT}
    return {key: value if key in {"enum", "const"} else _kept(value, defs) for key, value in kept.items()}
