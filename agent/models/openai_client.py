"""The client of OpenAI-compatible endpoints. Imported when one is configured: it is heavy."""

from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import AzureChatOpenAI, ChatOpenAI
from pydantic import SecretStr

from ..settings import AgentSettings
from .profiles import Profile

NO_KEY = SecretStr("none")
"""The client insists on one, also for an endpoint that does not."""


class _Amended:
    """What the client would do otherwise."""

    def _get_request_payload(self, *arguments: Any, **more: Any) -> dict[str, Any]:
        """Messages and tools go as they are. The client would walk through every field of every schema of every tool, looking
        for dates and files: four fifths of the time of a whole turn."""
        payload: dict[str, Any] = super()._get_request_payload(*arguments, **more)  # type: ignore[misc]
        whole = {name: payload.pop(name) for name in ("messages", "tools") if name in payload}
        return payload | {"messages": [], "extra_body": whole | (payload.get("extra_body") or {})}

    def _convert_chunk_to_generation_chunk(self, chunk: dict[str, Any], *rest: Any) -> ChatGenerationChunk | None:
        """A refusal comes in a field of its own, which the client drops: it is what the model has to say."""
        for choice in chunk.get("choices") or ():
            delta = choice.get("delta") or {}
            if delta.get("refusal") and not delta.get("content"):
                delta["content"] = delta["refusal"]
        found: ChatGenerationChunk | None = super()._convert_chunk_to_generation_chunk(chunk, *rest)  # type: ignore[misc]
        return found


class Client(_Amended, ChatOpenAI):
    """Any endpoint."""


class AzureClient(_Amended, AzureChatOpenAI):
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
