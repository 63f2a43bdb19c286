"""Which models the settings name, and whether that holds together. Cheap to import, so that a server can refuse to start."""

from typing import NamedTuple

from pydantic import SecretStr

from ..settings import AgentSettings
from ..spending.limits import demanded
from ..spending.prices import FREE, Price, Prices, read_prices
from .profiles import Profile, profile_of

PLANNER = "planner"


class Choice(NamedTuple):
    """A model, where it is, and what it costs; a price of None is not known."""

    model: str
    profile: Profile
    base_url: str
    key: SecretStr
    price: Price | None


def choices(settings: AgentSettings) -> list[Choice]:
    """The preferred one first; none is the planner alone. Raises ValueError when the settings do not hold together."""
    if settings.model == PLANNER and settings.prices is None:
        return []
    prices = read_prices(settings.prices)
    if settings.model == PLANNER:
        return []
    url, key = settings.openai_base_url, settings.openai_api_key
    first = _choice(settings, prices, settings.model, settings.profile, url, key)
    return [first, *_second(settings, prices)]


def _second(settings: AgentSettings, prices: Prices) -> list[Choice]:
    """At the same endpoint unless another one is named. A key is only ever shown to the endpoint that it belongs to."""
    if not settings.second_model:
        return []
    profile, url, key = settings.second_profile, settings.second_base_url, settings.second_api_key
    if not url and profile == "auto":
        profile, url = settings.profile, settings.openai_base_url
        key = key if key.get_secret_value() else settings.openai_api_key
    return [_choice(settings, prices, settings.second_model, profile, url, key)]


def _choice(
    settings: AgentSettings, prices: Prices, model: str, profile_name: str, base_url: str, key: SecretStr
) -> Choice:
    profile = profile_of(profile_name, base_url, model)
    url = base_url or profile.base_url
    if not url:
        raise ValueError(f"AGENT_MODEL={model} with the profile {profile.name} needs OPENAI_BASE_URL")
    if profile.needs_key and not key.get_secret_value():
        raise ValueError(f"AGENT_MODEL={model} needs OPENAI_API_KEY, or OPENAI_BASE_URL of an endpoint without keys")
    price = FREE if profile.free else prices.of(model)
    if price is None and (limits := demanded(settings)):
        raise ValueError(f"{', '.join(limits)} can't be held: AGENT_PRICES has no price for {model}")
    return Choice(model, profile, url, key, price)
