"""The models that think, opened, and the ledger that they are written down in."""

from collections.abc import Sequence
from typing import NamedTuple

from ..settings import AgentSettings
from ..spending.ledger import Ledger
from ..spending.prices import read_prices
from ..telling import show_breakers
from ..threads import Threads
from .breaker import Breaker
from .choices import Choice, choices
from .endpoints import Endpoint


class Models(NamedTuple):
    """What turns think with. Without any endpoint the built-in planner thinks alone."""

    endpoints: Sequence[Endpoint]
    ledger: Ledger


def open_models(settings: AgentSettings, threads: Threads) -> Models:
    """Raises ValueError when the settings do not hold together."""
    endpoints = open_endpoints(settings)
    show_breakers(endpoints)
    return Models(endpoints, open_ledger(settings, threads))


def open_endpoints(settings: AgentSettings) -> list[Endpoint]:
    return [_open(settings, choice) for choice in choices(settings)]


def open_ledger(settings: AgentSettings, threads: Threads) -> Ledger:
    return Ledger(threads.store, threads.clock, threads.new_id, read_prices(settings.prices).currency)


def _open(settings: AgentSettings, choice: Choice) -> Endpoint:
    from .openai_client import open_client  # heavy, and only needed when configured

    return Endpoint(
        name=choice.model,
        model=open_client(settings, choice.profile, choice.model, choice.base_url, choice.key),
        price=choice.price,
        max_tokens=settings.max_tokens,
        strict=choice.profile.strict,
        breaker=Breaker(settings.breaker_failures, settings.breaker_seconds),
    )
