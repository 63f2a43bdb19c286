"""Settings of the server, from `API_…` variables."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

LogLevel = Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR"]


class ApiSettings(BaseSettings):
    """Built once by the command line."""

    model_config = SettingsConfigDict(env_prefix="API_", frozen=True, extra="ignore")

    max_body_bytes: int = Field(256 * 1024, ge=1024, description="Largest request body.")
    log_level: Annotated[LogLevel, BeforeValidator(str.upper)] = Field(
        "INFO", description="TRACE, DEBUG, INFO, WARNING or ERROR."
    )
    telemetry: Literal["off", "console"] = Field("off", description="Where traces and counters go.")
    log_json: bool = Field(False, description="One JSON object a line, for machines.")
