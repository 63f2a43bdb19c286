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
    "preference",
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


def not_said(arguments: dict[str, Any], messages: Sequence[AnyMessage]) -> str | None:
    """What is to be kept as the shopper's words, where they did not say it in what is still read."""
    words = arguments.get("said")
    said = (_plain(str(m.text)) for m in messages if isinstance(m, HumanMessage))
    if isinstance(words, str) and not any(_plain(words) in text for text in said):
        return words
    return None


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


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
