"""What anybody may know of the shop itself: its name, and its rules."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import PlainTextResponse, Response

from agent.settings import AgentSettings
from commerce.settings import ShopSettings
from commerce.views import Input
from tools import facts_of

from .inputs import in_query, shown_query
from .routes import refusal_responses

DEMO_SHOPPER = {"email": "ada@example.com", "password": "demo-shopper"}
"""As in commerce/demo/shop.yaml."""
RULES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The rules.", "content": {"text/markdown": {}}},
    **refusal_responses({422: "The input does not fit."}),
}


class ReadRules(Input):
    language: Literal["en", "zh"] = Field("en", description="That they are told in.")


def shopfront_router(shop: ShopSettings, agent: AgentSettings, *, demo: bool) -> APIRouter:
    router = APIRouter(prefix="/v1/shop", tags=["shop"])

    @router.get("")
    async def get_shop() -> dict[str, Any]:
        """Name, currency and model of the shop, and in a demo shop who may be tried."""
        shopper = DEMO_SHOPPER if demo else None
        return {"name": shop.name, "currency": shop.currency, "model": agent.model, "demo": shopper}

    @router.get("/rules", response_class=PlainTextResponse, responses=RULES, openapi_extra=shown_query(ReadRules))
    async def get_rules(asked: Annotated[ReadRules, in_query(ReadRules)]) -> Response:
        """What holds for prices, payment, delivery, returns and data, in Markdown; the agent is told the same."""
        from agent.prompting import rules_of  # heavy, and seldom needed

        told = rules_of(facts_of(shop), agent.policy, asked.language)
        return PlainTextResponse(told, media_type="text/markdown")

    return router
