"""Where ids come from: what changes something must be named by an id that the shop showed or the shopper typed."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from langchain_core.messages import AnyMessage, HumanMessage, ToolMessage

from tools.mentions import IDS, ids_in


def unknown_id(
    arguments: dict[str, Any], messages: Sequence[AnyMessage], recalled: str = "", ids: Collection[str] = IDS
) -> str | None:
    """The first id among the arguments that is no id of what the shop answered, and that the shopper did not type. One that
    stands in a product's text, say, was not shown by the shop. `recalled`: ids, line by line, that the shop answered before
    the messages begin. `ids`: what arguments and views call them."""
    known = {recalled_id.casefold() for recalled_id in recalled.splitlines()}
    known |= {place.id.casefold() for view in _views(messages) for place in ids_in(view, ids)}
    typed = "\n".join(str(m.text) for m in messages if isinstance(m, HumanMessage))
    return next((v for v in _ids(arguments, ids) if v.casefold() not in known and not _stands_in(v, typed)), None)


def _stands_in(id: str, text: str) -> bool:
    """As a whole; Chinese may stand right beside it."""
    return re.search(rf"(?<![\w-]){re.escape(id)}(?![\w-])", text, re.ASCII | re.IGNORECASE) is not None


def not_said(arguments: dict[str, Any], messages: Sequence[AnyMessage]) -> str | None:
    """What is to be kept as the shopper's words, where they did not say it in what is still read."""
    words = arguments.get("said")
    said = (_plain(str(m.text)) for m in messages if isinstance(m, HumanMessage))
    if isinstance(words, str) and not any(_plain(words) in text for text in said):
        return words
    return None


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _ids(arguments: dict[str, Any], ids: Collection[str]) -> Iterator[str]:
    for name, held in arguments.items():
        for value in held if isinstance(held, list) else [held]:
            if isinstance(value, dict):
                yield from _ids(value, ids)
            elif name in ids and isinstance(value, str):
                yield value


def _views(messages: Sequence[AnyMessage]) -> Iterator[dict[str, Any]]:
    for message in messages:
        if isinstance(message, ToolMessage) and isinstance(message.artifact, dict) and message.artifact.get("view"):
            yield message.artifact["view"]
