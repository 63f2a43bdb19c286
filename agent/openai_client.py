"""The client of OpenAI-compatible endpoints. Imported when one is configured: it is heavy."""

from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import AzureChatOpenAI, ChatOpenAI
from pydantic import SecretStr

from .profiles import Profile
from .settings import AgentSettings

NO_KEY = SecretStr("none")
"""The client insists on one, also for an endpoint that does not."""


class _Refusing:
    """A refusal comes in a field of its own, which the client drops: it is what the model has to say."""

    def _convert_chunk_to_generation_chunk(self, chunk: dict[str, Any], *rest: Any) -> ChatGenerationChunk | None:
        for choice in chunk.get("choices") or ():
            delta = choice.get("delta") or {}
            if delta.get("refusal") and not delta.get("content"):
                delta["content"] = delta["refusal"]
        found: ChatGenerationChunk | None = super()._convert_chunk_to_generation_chunk(chunk, *rest)  # type: ignore[misc]
        return found


class Client(_Refusing, ChatOpenAI):
    """Any endpoint."""


class AzureClient(_Refusing, AzureChatOpenAI):
    """Azure's older interface: deployments, and a version in each address."""


def open_client(settings: AgentSettings, profile: Profile, model: str, base_url: str, key: SecretStr) -> BaseChatModel:
    """Retries and time-outs are ours, so that they know how long the turn may still take."""
    temperature = profile.temperature if settings.temperature is None else settings.temperature
    shared: dict[str, Any] = {
        "model": model,
        "api_key": key if key.get_secret_value() else NO_KEY,
        "timeout": settings.call_seconds,
        "max_retries": 0,
        "stream_chunk_timeout": None,
        "stream_usage": profile.usage,
        "use_responses_api": False,
        "temperature": temperature,
        "seed": settings.seed if profile.seed else None,
        "default_headers": settings.extra_headers or None,
        "extra_body": {profile.max_tokens_as: settings.max_tokens} | profile.body | settings.extra_body,
    }
    if profile.name == "azure" and settings.openai_api_version:
        return AzureClient(
            azure_endpoint=base_url, azure_deployment=model, api_version=settings.openai_api_version, **shared
        )
    return Client(base_url=base_url, **shared)
