"""The trace of a request: one id in every answer and log line, FastAPI's own span's where tracing is on."""

import re
import secrets
import time
from contextvars import ContextVar

from loguru import logger
from opentelemetry import trace
from starlette.types import ASGIApp, Message, Receive, Scope, Send

current: ContextVar[str] = ContextVar("trace_id", default="")
TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")
HTTP_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
SLOW = 1.0
"""Seconds from which a request is worth a line of its own."""


def trace_id() -> str:
    return current.get()


class TraceMiddleware:
    """Takes over the caller's trace id (W3C traceparent) or makes one; logs each request with status and milliseconds, above DEBUG only where
    something is wrong with it.
    What fails below it, and is no refusal, is logged and answered by `on_bug`."""

    def __init__(self, app: ASGIApp, on_bug: ASGIApp) -> None:
        self.app = app
        self.on_bug = on_bug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        mine = _id(scope)
        token = current.set(mine)
        try:
            await self._traced(scope, receive, send, mine)
        finally:
            current.reset(token)

    async def _traced(self, scope: Scope, receive: Receive, send: Send, mine: str) -> None:
        started, status = time.perf_counter(), 0

        async def with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                held = message["headers"] = list(message["headers"])
                names = {name for name, _ in held}
                held += [header for header in HTTP_SECURITY if header[0] not in names]
                held.append((b"x-trace-id", mine.encode()))
            await send(message)

        try:
            await self.app(scope, receive, with_headers)
        except Exception:
            logger.exception("{} {} failed", scope["method"], scope["path"])
            if status:
                raise
            await self.on_bug(scope, receive, with_headers)
        finally:
            spent = (time.perf_counter() - started) * 1000
            level = "INFO" if spent > SLOW or status >= 500 else "DEBUG"
            logger.log(level, "{} {} {} {:.1f} ms", scope["method"], scope["path"], status, spent)


def _id(scope: Scope) -> str:
    found = trace.get_current_span().get_span_context()
    if found.is_valid:
        return trace.format_trace_id(found.trace_id)
    traceparent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), "")
    given = TRACEPARENT.match(traceparent)
    return given.group(1) if given else secrets.token_hex(16)
