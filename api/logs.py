"""Logs: one line a happening, with the trace id; the libraries' own lines go the same way."""

import logging
import sys
from typing import TYPE_CHECKING, Any

from loguru import logger

from .settings import ApiSettings
from .tracing import trace_id

if TYPE_CHECKING:
    from loguru import Record

LINE = "<green>{time:HH:mm:ss.SSS}</green> <level>{level: <7}</level> {extra[trace_id]} {message}"


class Forward(logging.Handler):
    """Hands the standard library's records to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        level = (
            record.levelname
            if record.levelname in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
            else record.levelno
        )
        logger.opt(exception=record.exc_info, depth=6).log(level, record.getMessage())


def _with_trace(record: "Record") -> None:
    record["extra"]["trace_id"] = trace_id() or "-"


def set_up(settings: ApiSettings) -> None:
    """Local variables are never logged: they may hold secrets."""
    logger.remove()
    logger.configure(patcher=_with_trace)
    common: dict[str, Any] = {"level": settings.log_level, "diagnose": False, "backtrace": False}
    if settings.log_json:
        logger.add(sys.stderr, serialize=True, **common)
    else:
        logger.add(sys.stderr, format=LINE, **common)
    logging.basicConfig(handlers=[Forward()], level=logging.WARNING, force=True)
