"""The model that thinks: the built-in planner, or any OpenAI-compatible endpoint."""

from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from .planner import Planner
from .settings import AgentSettings

PLANNER = "planner"
NO_KEY = SecretStr("none")
"""The client insists on one, also for an endpoint that does not."""


def open_model(settings: AgentSettings) -> BaseChatModel:
    """The configured model. Raises ValueError when an endpoint is named and has no key."""
    if settings.model == PLANNER:
        return Planner()
    if not settings.openai_api_key.get_secret_value() and not settings.openai_base_url:
        raise ValueError(
            f"AGENT_MODEL={settings.model} needs OPENAI_API_KEY, or OPENAI_BASE_URL of an endpoint without keys"
        )
    from langchain_openai import ChatOpenAI  # heavy, and only needed when configured

    return ChatOpenAI(
        model=settings.model,
        base_url=settings.openai_base_url or None,
        api_key=settings.openai_api_key if settings.openai_api_key.get_secret_value() else NO_KEY,
        timeout=settings.model_timeout,
        max_retries=1,
        stream_usage=True,
        temperature=0,
    )
