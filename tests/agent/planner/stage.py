"""What planner tests share: a planner with all tools, canned answers, and tool messages made of them."""

from pathlib import Path
from typing import Any

import yaml
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.runnables import Runnable

from agent.planner import Planner

SHELF: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "shelf.yaml").read_text(encoding="utf-8"))
TOOLS = [
    "list_categories",
    "search_products",
    "get_product",
    "view_cart",
    "list_coupons",
    "list_delivery_options",
    "get_checkout",
    "list_orders",
    "get_order",
    "get_account",
    "list_addresses",
    "list_payment_methods",
    "add_to_cart",
    "change_cart_item",
    "remove_from_cart",
    "clear_cart",
    "create_checkout",
    "update_checkout",
    "add_address",
    "place_order",
    "pay_order",
    "cancel_order",
    "request_refund",
]


def planner(tools: list[str] | None = None) -> Runnable[LanguageModelInput, AIMessage]:
    return Planner().bind_tools([schema(name) for name in (TOOLS if tools is None else tools)])


def schema(name: str) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": name, "description": name, "parameters": {"type": "object", "properties": {}}},
    }


def tool_message(
    call: str | None, operation: str, view: dict[str, Any] | None = None, refusal: dict[str, Any] | None = None
) -> ToolMessage:
    artifact = {"operation": operation, "view": view, "refusal": refusal}
    return ToolMessage(content="for models", tool_call_id=call or "", name=operation, artifact=artifact)
