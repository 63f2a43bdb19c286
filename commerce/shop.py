"""The shop: database, payment gateway, search, clock and settings, put together."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from .adapters.gateway import Gateway
from .adapters.images import ImageStore
from .adapters.sandbox import SandboxGateway
from .adapters.search import ProductSearch, search_for
from .adapters.taxes import Taxes
from .catalog.vocabulary import Kept
from .checkout.tax import TaxTable
from .database import Database, migrate
from .events import Outbox
from .ids import Ids
from .limits import Limits
from .settings import ShopSettings
from .shared import Shared, open_shared
from .webhooks.sending import Sender

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "commerce_version"

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Shop:
    """What operations work with. Replace a part to test: the clock, the ids, the gateway."""

    settings: ShopSettings
    database: Database
    gateway: Gateway
    search: ProductSearch
    images: ImageStore
    redis: Shared
    limits: Limits
    sender: Sender
    secret: str
    taxes: Taxes = field(default_factory=TaxTable)
    clock: Clock = system_clock
    ids: Ids = field(default_factory=Ids)
    outbox: Outbox = field(default_factory=Outbox)
    vocabulary: Kept = field(default_factory=Kept)

    async def close(self) -> None:
        await self.sender.close()
        await self.gateway.close()
        await self.redis.close()
        await self.database.close()


def open_shop(settings: ShopSettings, *, clock: Clock = system_clock, ids: Ids | None = None) -> Shop:
    """Puts a shop together; `prepare` brings its schema up to date."""
    if settings.embedded:
        settings.data.mkdir(parents=True, exist_ok=True)
    database = Database(settings.url, connections=settings.database_connections, slow_ms=settings.slow_query_ms)
    redis = open_shared(settings.redis_url)
    secret = _secret(settings)
    return Shop(
        settings=settings,
        database=database,
        gateway=_gateway(settings, database, clock, secret),
        search=search_for(database),
        images=ImageStore(settings),
        redis=redis,
        limits=Limits(redis, clock),
        sender=Sender(private=settings.webhook_private),
        secret=secret,
        clock=clock,
        ids=ids or Ids(),
    )


def _gateway(settings: ShopSettings, database: Database, clock: Clock, secret: str) -> Gateway:
    if settings.gateway == "sandbox":
        own = hmac.new(secret.encode(), b"events of the sandbox gateway", hashlib.sha256).hexdigest()
        return SandboxGateway(database, clock, own)
    if settings.stripe_key is None or settings.stripe_webhook_secret is None:
        raise ValueError("SHOP_GATEWAY=stripe needs SHOP_STRIPE_KEY and SHOP_STRIPE_WEBHOOK_SECRET")
    from .adapters.stripe import StripeGateway  # httpx is not loaded for the sandbox
    from .adapters.stripe_http import StripeHttp

    http = StripeHttp(settings.stripe_key.get_secret_value(), settings.stripe_url)
    return StripeGateway(http, settings.stripe_webhook_secret.get_secret_value(), settings.public_url, clock)


async def prepare(shop: Shop) -> None:
    """Brings the schema up to date, and then what it says is worked out from the goods and out of date. A start that is cut
    off in between leaves that to the next one, or to the worker."""
    from .catalog.indexing import reindex_stale  # both know the shop
    from .context import ANONYMOUS, Context

    await migrate(shop.database, MIGRATIONS, VERSION_TABLE)
    await reindex_stale(Context(shop, ANONYMOUS))


def _secret(settings: ShopSettings) -> str:
    """The signing secret: from the settings, else made at the first start and kept in the data folder."""
    if settings.secret is not None:
        value = settings.secret.get_secret_value()
        if len(value) < 32:
            raise ValueError("SHOP_SECRET needs at least 32 characters")
        return value
    kept = settings.data / "secret"
    if not kept.exists():
        settings.data.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        with suppress(FileExistsError):  # another process was first: its secret counts
            os.link(fresh, kept)
        fresh.unlink()
    return kept.read_text()
