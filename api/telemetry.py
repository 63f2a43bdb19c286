"""Traces and counters: off, or printed; the spans themselves are FastAPI's and the door's."""

from .settings import ApiSettings


def set_up(settings: ApiSettings) -> None:
    if settings.telemetry == "off":
        return
    from opentelemetry import metrics, trace  # the SDK is only loaded when something is to be told
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter()))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider([PeriodicExportingMetricReader(ConsoleMetricExporter())]))
