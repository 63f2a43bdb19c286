"""The hard limits of a turn, and those that are held against the ledger of spend."""

from enum import StrEnum
from typing import NamedTuple

from ..settings import AgentSettings
from .prices import NANO


class Limit(StrEnum):
    """What stands in the way of a model call. The first four end the turn; the rest leave it to the planner, which is free."""

    STEPS = "steps"
    TOOL_CALLS = "tool_calls"
    SECONDS = "seconds"
    STUCK = "stuck"
    TURN = "turn"
    THREAD = "thread"
    SHOPPER_DAY = "shopper_day"
    SHOP_DAY = "shop_day"
    LEDGER = "ledger"
    """What would be spent can't be written down, so it is not spent."""

    @property
    def ends_the_turn(self) -> bool:
        return self in {Limit.STEPS, Limit.TOOL_CALLS, Limit.SECONDS, Limit.STUCK}


class LimitReached(Exception):
    def __init__(self, limit: Limit) -> None:
        super().__init__(limit)
        self.limit = limit


class Spend(NamedTuple):
    """Tokens and money, spent or allowed. Where it is allowed, 0 is no limit."""

    input_tokens: int
    output_tokens: int
    nanos: int


SPENDING = (Limit.TURN, Limit.THREAD, Limit.SHOPPER_DAY, Limit.SHOP_DAY)
"""From the narrowest to the widest: in this order their sums are locked."""


def allowance(settings: AgentSettings, limit: Limit) -> Spend:
    tokens_in, tokens_out = (getattr(settings, f"{limit}_{kind}_tokens") for kind in ("input", "output"))
    return Spend(tokens_in, tokens_out, round(getattr(settings, f"{limit}_cost") * NANO))


def allowances(settings: AgentSettings) -> dict[Limit, Spend]:
    return {limit: allowance(settings, limit) for limit in SPENDING}


def demanded(settings: AgentSettings) -> list[str]:
    """Limits of money that somebody has set: a model without a price can't be held to them."""
    costs = [f"{limit}_cost" for limit in SPENDING]
    return [f"AGENT_{name.upper()}" for name in costs if name in settings.model_fields_set and getattr(settings, name)]
