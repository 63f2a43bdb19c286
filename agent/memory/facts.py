"""What the shop has shown in a conversation, kept when its messages are no longer read: the newest views, and every id."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage

from tools.mentions import IDS, Mention, mentions_in

MOST_IDS = {"sku": 40, "product": 30}
MOST_OTHER_IDS = 10
"""Of each kind, the newest."""
MOST_VIEWS = 8
MOST_CHARACTERS = 12_000
"""Of one view, as JSON; a longer one leaves only its ids."""
LEFT_OUT = {"images", "description", "descriptions", "keywords", "facets"}
"""Of the views that are kept: what nobody refers back to."""


class Shown(NamedTuple):
    """A call, and what the shop answered."""

    operation: str
    arguments: dict[str, Any]
    view: dict[str, Any]


@dataclass(frozen=True)
class Facts:
    """Both with the newest last. All of it comes from views, and nothing from what a model said."""

    known: tuple[Mention, ...] = ()
    views: tuple[Shown, ...] = ()

    def with_views(self, shown: Sequence[Shown], ids: Collection[str] = IDS) -> "Facts":
        """`ids`: what the shop calls the things that it names."""
        known = {(k.kind, k.id): k for k in self.known}
        views = {_about(view): view for view in self.views}
        for one in shown:
            for found in mentions_in(one.view, ids):
                known.pop((found.kind, found.id), None)
                known[found.kind, found.id] = found
            views.pop(_about(one), None)
            kept = one._replace(view=_trimmed(one.view))
            if len(json.dumps(kept.view)) <= MOST_CHARACTERS:
                views[_about(one)] = kept
        return Facts(_newest(list(known.values())), tuple(views.values())[-MOST_VIEWS:])

    @property
    def ids(self) -> str:
        """All ids, as text to look for one in."""
        return "\n".join(known.id for known in self.known)

    def lines(self) -> list[str]:
        """For a model: ids by kind with a few words about each, and the cart as it was last seen."""
        kinds = dict.fromkeys(known.kind for known in self.known)
        found = [f"{kind}: {'; '.join(_line(k) for k in self.known if k.kind == kind)}" for kind in kinds]
        return found + [_cart(one.view) for one in self.views if _about(one) == "cart"]

    def as_json(self) -> dict[str, Any]:
        return {"known": [list(known) for known in self.known], "views": [list(view) for view in self.views]}


NO_FACTS = Facts()


def _newest(known: Sequence[Mention]) -> tuple[Mention, ...]:
    kinds = {k.kind for k in known}
    kept = {kind: [k for k in known if k.kind == kind][-MOST_IDS.get(kind, MOST_OTHER_IDS) :] for kind in kinds}
    return tuple(k for k in known if k in kept[k.kind])


def facts_of(kept: dict[str, Any]) -> Facts:
    return Facts(tuple(Mention(*known) for known in kept["known"]), tuple(Shown(*view) for view in kept["views"]))


def shown_in(messages: Sequence[AnyMessage]) -> list[Shown]:
    """Each view that the messages hold."""
    calls = {call["id"]: call for m in messages if isinstance(m, AIMessage) for call in m.tool_calls}
    found = []
    for message in messages:
        if isinstance(message, ToolMessage) and isinstance(message.artifact, dict) and message.artifact.get("view"):
            call = calls.get(message.tool_call_id)
            arguments = call["args"] if call else {}
            found.append(Shown(str(message.artifact["operation"]), arguments, message.artifact["view"]))
    return found


def as_messages(views: Sequence[Shown]) -> list[AnyMessage]:
    """As calls with their results, for the planner, which reads nothing else."""
    if not views:
        return []
    calls: list[Any] = [{"name": v.operation, "args": v.arguments, "id": f"recalled_{i}"} for i, v in enumerate(views)]
    results = [
        ToolMessage(
            content="",
            tool_call_id=f"recalled_{i}",
            name=v.operation,
            artifact={"operation": v.operation, "view": v.view, "refusal": None},
        )
        for i, v in enumerate(views)
    ]
    return [AIMessage(content="", tool_calls=calls), *results]


def _about(shown: Shown) -> str:
    """Views of the same thing replace each other; lists are of the same thing when they come from the same operation."""
    view = shown.view
    if "items" not in view:
        return next(
            (f"{kind} {view[kind]}" for kind in ("checkout", "order", "product") if kind in view), shown.operation
        )
    return "cart" if "subtotal" in view else shown.operation


def _line(known: Mention) -> str:
    return f"{known.id} {known.words}".strip()


def _cart(view: dict[str, Any]) -> str:
    lines = ", ".join(f"{item['quantity']} × {item['sku']}" for item in view["items"]) or "nothing"
    return f"the cart held: {lines}"


def _trimmed(thing: Any) -> Any:
    if isinstance(thing, list):
        return [_trimmed(part) for part in thing]
    if isinstance(thing, dict):
        return {name: _trimmed(part) for name, part in thing.items() if name not in LEFT_OUT}
    return thing
