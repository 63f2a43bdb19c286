"""Settings of the shop, from `SHOP_…` variables."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ShopSettings(BaseSettings):
    """Built once by the surface that starts the shop; nothing reads the environment on import."""

    model_config = SettingsConfigDict(env_prefix="SHOP_", frozen=True, extra="ignore")

    name: str = Field("DomTok", description="Name of the shop, as shoppers see it.")
    currency: str = Field("USD", pattern="^[A-Z]{3}$", description="ISO 4217 code of all prices.")
    data: Path = Field(Path("var"), description="Folder of the embedded database and of generated secrets.")
    database_url: str = Field(
        "",
        pattern=r"^(mysql\+aiomysql://.+)?$",
        description="`mysql+aiomysql://user:password@host/name`; empty uses SQLite in the data folder.",
    )
    database_connections: int = Field(
        16, ge=1, description="Most connections of a process to MySQL for reading, and as many for writing."
    )
    slow_query_ms: int = Field(500, ge=0, description="Statements that take longer are logged; 0 logs none.")
    redis_url: str = Field("", description="`redis://host:6379/0`; empty uses a stand-in inside the process.")
    secret: SecretStr | None = Field(
        None,
        description="Signs access tokens, at least 32 characters; generated and kept in the data folder when unset.",
    )
    access_minutes: int = Field(15, ge=1, description="Life of an access token.")
    refresh_days: int = Field(30, ge=1, description="Life of a session that is not used.")
    sign_ins_per_minute: int = Field(
        30, ge=1, description="Most sign-ins a minute that are tried from one network address."
    )
    new_accounts_per_minute: int = Field(
        60, ge=1, description="Most accounts a minute, and most guests, that begin at one network address."
    )
    tool_calls_per_minute: int = Field(
        240, ge=0, description="Most calls a minute that a shopper's agent may make of one tool; 0 is no limit."
    )
    checkout_minutes: int = Field(30, ge=1, description="How long a quote can be placed.")
    confirmation_minutes: int = Field(15, ge=1, description="How long a question to the shopper can be answered.")
    pay_minutes: int = Field(10, ge=1, description="How long an unpaid order keeps its goods.")
    public_url: str = Field(
        "http://localhost:8000",
        description="Where shoppers reach the shop: links and the payment provider lead there. `domtok serve` takes the address that it serves, where nothing is set.",
    )
    gateway: Literal["sandbox", "stripe"] = Field(
        "sandbox", description="Who takes the money: `sandbox` takes none, `stripe` needs the two secrets below."
    )
    stripe_key: SecretStr | None = Field(None, description="Stripe's secret key.")
    stripe_webhook_secret: SecretStr | None = Field(
        None, description="Signing secret of Stripe's webhook endpoint, which is `/v1/gateways/stripe/events` here."
    )
    stripe_url: str = Field("https://api.stripe.com", description="Address of Stripe's API.")
    capture: Literal["payment", "shipment"] = Field(
        "payment",
        description="When a charge takes the money: `payment`, or `shipment` (held when the order is paid, taken when its first part is shipped).",
    )
    images: str = Field(
        "",
        pattern=r"^(s3://[a-z0-9][a-z0-9.-]+(/.*)?|[^:]*)$",
        description="Where images are kept: a folder, or `s3://bucket/prefix`; empty uses `images` in the data folder.",
    )
    images_endpoint: str = Field(
        "", description="Address of the S3-compatible store, such as `https://minio.example.com`; empty uses Amazon's."
    )
    images_region: str = Field("us-east-1", description="Region of the bucket.")
    images_key: str = Field("", description="Access key of the bucket.")
    images_secret: SecretStr | None = Field(None, description="Secret key of the bucket.")
    images_url: str = Field(
        "/images", description="Where shoppers load images from: this server, or the address of a CDN in front of it."
    )
    worker: Literal["inside", "apart"] = Field(
        "inside",
        description="Who does the work behind the scenes: each server `inside` itself, or `domtok worker` processes `apart` (with MySQL).",
    )
    webhook_private: bool = Field(
        False, description="Webhooks may go to private networks and over plain http; for trying out."
    )
    return_days: int = Field(30, ge=1, description="How long after its arrival a refund can be requested.")
    review_days: int = Field(14, ge=1, description="How long a refund request waits for its review before it ends.")
    sweep_seconds: float = Field(2.0, gt=0, description="How often the worker looks for work.")

    @property
    def embedded(self) -> bool:
        return not self.database_url

    @property
    def works_inside(self) -> bool:
        """An embedded shop has one process, which does everything."""
        return self.embedded or self.worker == "inside"

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{self.data / 'domtok.sqlite'}"
