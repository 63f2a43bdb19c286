"""Settings of the agent, from `AGENT_…` variables and the two that all OpenAI clients share."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class AgentSettings(BaseSettings):
    """Built once by the surface that starts the agent; nothing reads the environment on import."""

    model_config = SettingsConfigDict(env_prefix="AGENT_", frozen=True, extra="ignore", populate_by_name=True)

    model: str = Field("planner", description="`planner`, or the name of a model that the endpoint serves.")
    openai_base_url: str = Field(
        "", validation_alias="OPENAI_BASE_URL", description="Any OpenAI-compatible endpoint; empty is OpenAI's."
    )
    openai_api_key: SecretStr = Field(
        SecretStr(""), validation_alias="OPENAI_API_KEY", description="Key of that endpoint."
    )
    model_timeout: float = Field(30, gt=0, description="Seconds that a model may be silent.")
    max_steps: int = Field(12, ge=1, description="Model calls in a turn.")
    max_tool_calls: int = Field(24, ge=1, description="Tool calls in a turn.")
    max_seconds: float = Field(90, gt=0, description="Length of a turn, without the time that the shopper thinks.")
    window_messages: int = Field(60, ge=2, description="How many messages of a conversation a model reads.")
    queue_length: int = Field(3, ge=0, description="Most messages of a conversation that wait while it is answering.")
    unheard_seconds: float = Field(
        0, ge=0, description="A turn that nobody has listened to for so many seconds is stopped; 0 lets it go on."
    )
    lease_seconds: float = Field(
        20, gt=0, description="After this long without a sign of life a running turn is taken for dead."
    )
