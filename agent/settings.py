"""Settings of the agent, from `AGENT_…` variables and the few that all OpenAI clients share."""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _object(written: Any) -> Any:
    try:
        return json.loads(written or "{}") if isinstance(written, str) else written
    except ValueError as wrong:
        raise ValueError(f"no JSON object: {wrong}") from None


JSON = (NoDecode, BeforeValidator(_object))


class AgentSettings(BaseSettings):
    """Built once by the surface that starts the agent; nothing reads the environment on import."""

    model_config = SettingsConfigDict(env_prefix="AGENT_", frozen=True, extra="ignore", populate_by_name=True)

    model: str = Field("planner", description="`planner`, or the name of a model that the endpoint serves.")
    openai_base_url: str = Field(
        "", validation_alias="OPENAI_BASE_URL", description="Any OpenAI-compatible endpoint; empty is the profile's."
    )
    openai_api_key: SecretStr = Field(
        SecretStr(""), validation_alias="OPENAI_API_KEY", description="Key of that endpoint."
    )
    openai_api_version: str = Field(
        "", validation_alias="OPENAI_API_VERSION", description="Version of Azure's older interface."
    )
    profile: str = Field("auto", description="How the endpoint is spoken to: a name from profiles.yaml.")
    second_model: str = Field("", description="The model that stands in when the first can't answer.")
    second_base_url: str = Field("", description="Its endpoint; empty is the first one's.")
    second_api_key: SecretStr = Field(SecretStr(""), description="Its key; empty is the first one's.")
    second_profile: str = Field("auto", description="How it is spoken to.")
    prompt: str = Field(
        "shopper",
        description="The system prompt: a name, a version (`shopper@1`), or a Markdown file. Who writes Chinese gets its twin `…_zh`, if there is one.",
    )
    merchant_prompt: str = Field(
        "merchant", description="That for merchants and admins; empty is the same as for shoppers."
    )
    policy: str = Field(
        "policy", description="The shop's rules, which are told in each of them and at `/v1/shop/rules`."
    )
    second_prompt: str = Field("", description="Another one, which a share of the conversations is held with.")
    second_prompt_share: float = Field(
        0.5, ge=0, le=1, description="That share, from 0 to 1; a conversation keeps its prompt."
    )
    max_tokens: int = Field(4096, ge=1, description="Longest answer of one model call, in tokens.")
    temperature: float | None = Field(None, ge=0, le=2, description="Empty is the profile's.")
    seed: int | None = Field(None, description="Sent where the endpoint takes one.")
    extra_headers: Annotated[dict[str, str], *JSON] = Field(
        {}, description="Sent with every request to models; a JSON object."
    )
    extra_body: Annotated[dict[str, Any], *JSON] = Field(
        {}, description="Added to every request to models; a JSON object."
    )
    first_byte_seconds: float = Field(30, gt=0, description="How long a model may take until its answer begins.")
    idle_seconds: float = Field(15, gt=0, description="How long a model may pause within an answer.")
    call_seconds: float = Field(75, gt=0, description="How long one model call may take as a whole.")
    retries: int = Field(2, ge=0, le=5, description="How often a failed model call is tried again.")
    retry_seconds: float = Field(0.5, ge=0, description="Longest pause before the first of these; it doubles.")
    breaker_failures: int = Field(5, ge=1, description="Failures in a row after which an endpoint is left alone.")
    breaker_seconds: float = Field(30, gt=0, description="For how long, until one call tries it again.")

    max_steps: int = Field(12, ge=1, description="Steps in a turn: model calls, without those that were tried again.")
    max_tool_calls: int = Field(24, ge=1, description="Tool calls in a turn.")
    max_seconds: float = Field(90, gt=0, description="Length of a turn, without the time that the shopper thinks.")
    prices: Path | None = Field(None, description="A file like prices.yaml; empty is the one that came along.")
    turn_input_tokens: int = Field(
        300_000, ge=0, description="Tokens that models may read for one turn; 0 is no limit."
    )
    turn_output_tokens: int = Field(
        32_000, ge=0, description="Tokens that models may write for one turn; 0 is no limit."
    )
    turn_cost: float = Field(1, ge=0, description="Money that models may cost for one turn; 0 is no limit.")
    thread_input_tokens: int = Field(
        10_000_000, ge=0, description="Tokens that models may read for one conversation; 0 is no limit."
    )
    thread_output_tokens: int = Field(
        500_000, ge=0, description="Tokens that models may write for one conversation; 0 is no limit."
    )
    thread_cost: float = Field(20, ge=0, description="Money that models may cost for one conversation; 0 is no limit.")
    shopper_day_input_tokens: int = Field(
        3_000_000, ge=0, description="Tokens that models may read for one shopper a day; 0 is no limit."
    )
    shopper_day_output_tokens: int = Field(
        200_000, ge=0, description="Tokens that models may write for one shopper a day; 0 is no limit."
    )
    shopper_day_cost: float = Field(
        5, ge=0, description="Money that models may cost for one shopper a day; 0 is no limit."
    )
    shop_day_input_tokens: int = Field(
        0, ge=0, description="Tokens that models may read for all shoppers a day; 0 is no limit."
    )
    shop_day_output_tokens: int = Field(
        0, ge=0, description="Tokens that models may write for all shoppers a day; 0 is no limit."
    )
    shop_day_cost: float = Field(
        100, ge=0, description="Money that models may cost for all shoppers a day; 0 is no limit."
    )

    context_tokens: int = Field(
        24_000, ge=4_000, description="Tokens that one model call may read; older turns are summed up."
    )
    window_messages: int = Field(60, ge=2, description="Most messages of a conversation that are read whole.")
    queue_length: int = Field(3, ge=0, description="Most messages of a conversation that wait while it is answering.")
    unheard_seconds: float = Field(
        0, ge=0, description="A turn that nobody has listened to for so many seconds is stopped; 0 lets it go on."
    )
    lease_seconds: float = Field(
        20, gt=0, description="After this long without a sign of life a running turn is taken for dead."
    )
