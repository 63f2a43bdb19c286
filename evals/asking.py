"""The models of a run: that of the agent, and those beside it, which play shoppers or judge, with what they cost."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from inspect_ai.model import ChatMessage, Model, ModelOutput, get_model
from inspect_ai.tool import ToolInfo

from agent.models.endpoints import Endpoint
from agent.spending.prices import NANO, Price, read_prices

from .inspect_model import InspectModel, tokens_of
from .journal import Ask, playing


class NoPrice(ValueError):
    """A budget needs models whose prices are known."""


class TooMuchBeside(RuntimeError):
    """The models beside the agent may spend as much on a conversation as the agent, and no more."""


@dataclass
class Beside:
    """What models beside the agent cost, trial by trial, in billionths."""

    nanos: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    unpriced: set[str] = field(default_factory=set)
    """Trials in which one without a known price was asked."""
    most: dict[str, float] = field(default_factory=dict)
    """What may be spent on a trial."""

    def cost(self, trial: str) -> float | None:
        return None if trial in self.unpriced else self.nanos[trial] / NANO

    def metered(self, ask: Ask, price: Price | None) -> Ask:
        async def asked(messages: list[ChatMessage], tools: list[ToolInfo]) -> ModelOutput:
            trial = playing.get()
            if self.nanos[trial] >= self.most.get(trial, float("inf")) * NANO:
                raise TooMuchBeside("the models beside the agent have spent what a conversation may cost")
            answer = await ask(messages, tools)
            self._note(trial, answer, price)
            return answer

        return asked

    def _note(self, trial: str, answer: ModelOutput, price: Price | None) -> None:
        used = tokens_of(answer)
        if price is None or used is None:
            self.unpriced.add(trial)
            return
        self.nanos[trial] += price.nanos(*used)


def model_of(named: str | Model, parameters: dict[str, Any]) -> Model:
    return named if isinstance(named, Model) else get_model(named, **parameters)


def endpoint_of(named: str | Model, ask: Ask, *, in_budget: bool) -> Endpoint:
    """The agent's."""
    return Endpoint(str(named), InspectModel(ask=ask), price_of(named, in_budget=in_budget))


def price_of(named: str | Model, *, in_budget: bool) -> Price | None:
    """Raises NoPrice where a budget could not be kept."""
    name = str(named).partition("/")[2] or str(named)
    price = read_prices(None).of(name)
    if price is None and in_budget:
        raise NoPrice(f"agent/spending/prices.yaml has no price for {name}, so a budget can't be kept")
    return price
