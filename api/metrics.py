"""Metrics in Prometheus' text form: what OpenTelemetry counts in this process, and what waits in the shop."""

from collections.abc import Callable, Iterable

from fastapi import APIRouter
from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation
from starlette.responses import Response

from commerce.backlog import counted
from commerce.shop import Shop
from commerce.worker import last_seen

NOTHING_SEEN = -1.0


class Snapshot:
    """The shop's figures, read when somebody asks for the metrics; gauges look at them."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._figures: dict[str, float] = {}
        meter = metrics.get_meter("domtok.shop")
        for name in ("size", "open", "in_use", "waiting"):
            words = f"Connections to the database: {name.replace('_', ' ')}."
            meter.create_observable_gauge(f"domtok.pool.{name}", [self._pool(name)], description=words)
        for name, words in FIGURES.items():
            meter.create_observable_gauge(f"domtok.{name}", [self._figure(name)], description=words)

    async def refresh(self) -> None:
        seen = await last_seen(self._shop)
        age = (self._shop.clock() - seen).total_seconds() if seen else NOTHING_SEEN
        self._figures = await counted(self._shop) | {"worker_age_seconds": age}

    def _pool(self, name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def look(_options: CallbackOptions) -> Iterable[Observation]:
            return [Observation(told[name], {"pool": pool}) for pool, told in self._shop.database.told().items()]

        return look

    def _figure(self, name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def look(_options: CallbackOptions) -> Iterable[Observation]:
            return [Observation(self._figures[name])] if name in self._figures else []

        return look


FIGURES = {
    "events_waiting": "Events that listeners and webhooks have not got yet.",
    "events_unstreamed": "Events that are not in the Redis Stream yet.",
    "events_lag_seconds": "Age of the oldest event that waits.",
    "jobs_due": "Jobs that should be done now.",
    "jobs_waiting": "Jobs that are due now or later.",
    "jobs_dead": "Jobs that were given up.",
    "webhooks_paused": "Webhooks that nothing is sent to.",
    "webhook_deliveries_waiting": "Messages that webhooks have not accepted yet.",
    "webhook_deliveries_dead": "Messages to webhooks that were given up.",
    "worker_age_seconds": "Since a worker was last heard of; -1 when none ever was.",
}


def metrics_router(shop: Shop) -> APIRouter:
    """Needs `telemetry.set_up` with metrics on."""
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest  # only where somebody wants them

    router, snapshot = APIRouter(include_in_schema=False), Snapshot(shop)

    @router.get("/metrics")
    async def get_metrics() -> Response:
        await snapshot.refresh()
        return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return router
