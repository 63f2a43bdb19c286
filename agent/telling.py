"""Counters of what models are asked and what that costs, for operators."""

from collections.abc import Iterable, Sequence

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

from .models.endpoints import Endpoint
from .spending.limits import Spend
from .spending.prices import NANO

meter = metrics.get_meter("domtok.agent")
calls = meter.create_counter("domtok.model.calls", description="Model calls by model and outcome.")
tokens = meter.create_counter("domtok.model.tokens", description="Tokens by model and direction.")
cost = meter.create_counter("domtok.model.cost", description="What models cost, by model and currency.")
limits = meter.create_counter("domtok.model.limits", description="Limits reached, by which.")

turns = meter.create_counter("domtok.turns", description="How turns stood still, by system prompt.")
answers = meter.create_counter("domtok.answers", description="Answers to the shop's questions, by system prompt.")


def count_turn(prompt: str, status: str) -> None:
    turns.add(1, {"prompt": prompt, "status": status})


def count_answer(prompt: str, decision: str) -> None:
    answers.add(1, {"prompt": prompt, "decision": decision})


def count_call(model: str, outcome: str, spent: Spend, currency: str) -> None:
    calls.add(1, {"model": model, "outcome": outcome})
    tokens.add(spent.input_tokens, {"model": model, "direction": "input"})
    tokens.add(spent.output_tokens, {"model": model, "direction": "output"})
    cost.add(spent.nanos / NANO, {"model": model, "currency": currency})


def count_limit(limit: str) -> None:
    limits.add(1, {"limit": limit})


def show_breakers(endpoints: Sequence[Endpoint]) -> None:
    """1 where an endpoint is left alone just now."""

    def look(_options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(int(e.breaker.state == "open"), {"model": e.name}) for e in endpoints]

    meter.create_observable_gauge("domtok.model.breaker_open", [look], description="Endpoints that are left alone.")
