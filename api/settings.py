"""Settings of the server, from `API_…` variables."""

from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

LogLevel = Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR"]


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _networks(text: str) -> str:
    for part in _listed(text):
        ip_network(part)
    return text


def _origins(text: str) -> str:
    for part in _listed(text):
        if part != "*" and (not part.startswith(("http://", "https://")) or part.count("/") != 2):
            raise ValueError(f"{part} is no origin; one looks like https://shop.example.com")
    return text


class ApiSettings(BaseSettings):
    """Built once by the command line."""

    model_config = SettingsConfigDict(env_prefix="API_", frozen=True, extra="ignore")

    max_body_bytes: int = Field(256 * 1024, ge=1024, description="Largest request body.")
    log_level: Annotated[LogLevel, BeforeValidator(str.upper)] = Field(
        "INFO", description="TRACE, DEBUG, INFO, WARNING or ERROR."
    )
    rate_per_minute: int = Field(
        6000,
        ge=0,
        description="Most requests a minute of one account, or of one address where nobody is signed in; 0 is no limit.",
    )
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = Field(
        "", description="Addresses and networks, separated by commas, whose `X-Forwarded-For` is believed."
    )
    cors_origins: Annotated[str, AfterValidator(_origins)] = Field(
        "", description="Origins, separated by commas, whose pages may call this server; `*` is any."
    )
    socket_idle_seconds: float = Field(
        900, gt=0, description="A WebSocket that is not used for so long, while nothing is answered on it, is closed."
    )
    drain_seconds: float = Field(
        0,
        ge=0,
        le=300,
        description="How long after SIGTERM the server still serves, while `/readyz` answers 503 so that load balancers turn away.",
    )
    telemetry: Literal["off", "console"] = Field("off", description="Where traces and counters go.")
    metrics: bool = Field(False, description="Offer `/metrics` to Prometheus; keep it from the outside.")
    log_json: bool = Field(False, description="One JSON object a line, for machines.")

    @staticmethod
    def listed(text: str) -> list[str]:
        """The parts of a setting that holds several."""
        return _listed(text)
