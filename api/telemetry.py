"""Traces and counters: off, printed, or offered to Prometheus; the spans themselves are FastAPI's and the door's."""

from typing import TYPE_CHECKING

from .settings import ApiSettings

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricReader


def set_up(settings: ApiSettings) -> None:
    if settings.telemetry == "off" and not settings.metrics:
        return
    from opentelemetry import metrics  # the SDK is only loaded when something is to be told
    from opentelemetry.sdk.metrics import MeterProvider

    metrics.set_meter_provider(MeterProvider(_readers(settings)))
    if settings.telemetry == "console":
        _print_traces()


def _readers(settings: ApiSettings) -> "list[MetricReader]":
    found: list[MetricReader] = []
    if settings.telemetry == "console":
        from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader

        found.append(PeriodicExportingMetricReader(ConsoleMetricExporter()))
    if settings.metrics:
        from opentelemetry.exporter.prometheus import PrometheusMetricReader

        found.append(PrometheusMetricReader(scope_info_enabled=False))
    return found


def _print_traces() -> None:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter()))
    trace.set_tracer_provider(provider)
