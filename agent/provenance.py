"""Where ids come from: what changes something must be named by an id that the shop showed or the shopper typed."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.messages import AnyMessage, HumanMessage, ToolMessage

IDS = {
    "sku",
    "product",
    "checkout",
    "order",
    "address",
    "payment_method",
    "delivery_option",
    "coupon_codes",
    "coupon",
    "skus",
    "fulfillment",
    "refund_request",
}
"""Arguments that name a thing of the shop, wherever they stand."""


def unknown_id(arguments: dict[str, Any], messages: Sequence[AnyMessage], recalled: str = "") -> str | None:
    """The first id among the arguments that occurs nowhere in what the shop answered or the shopper said. `recalled`: ids
    that the shop answered before the messages begin."""
    seen = "\n".join([recalled, *_seen(messages)]).casefold()
    for value in _ids(arguments):
        if value.casefold() not in seen:
            return value
    return None


def _ids(arguments: dict[str, Any]) -> Iterator[str]:
    for name, held in arguments.items():
        for value in held if isinstance(held, list) else [held]:
            if isinstance(value, dict):
                yield from _ids(value)
            elif name in IDS and isinstance(value, str):
                yield value


def _seen(messages: Sequence[AnyMessage]) -> Iterator[str]:
    for message in messages:
        if isinstance(message, HumanMessage):
            yield str(message.text)
        elif isinstance(message, ToolMessage) and isinstance(message.artifact, dict) and message.artifact.get("view"):
            yield json.dumps(message.artifact["view"], ensure_ascii=False)
