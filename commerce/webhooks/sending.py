"""Sending one message to one server: to the address that was checked, without following anybody elsewhere."""

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from .targets import TargetRefused, checked, resolved

if TYPE_CHECKING:
    import httpx

PATIENCE = 15.0
USER_AGENT = "DomTok-Webhooks/1.0"


class Answer(NamedTuple):
    """What came back: a status, or why none did."""

    status: int | None
    error: str | None = None
    retry_after: int | None = None

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Sender:
    """One client for all; no connection is used twice, because the next message may be for another host there."""

    def __init__(self, *, private: bool) -> None:
        self.private = private
        self._client: httpx.AsyncClient | None = None

    async def send(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._send(url, body, headers)
        except TimeoutError:
            return Answer(None, f"no answer within {PATIENCE:.0f} seconds")
        except TargetRefused as refused:
            return Answer(None, str(refused))

    async def _send(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        import httpx  # heavy, and only needed where there are webhooks

        address = await resolved(checked(url, private=self.private), private=self.private)
        try:
            answer = await self._opened().send(self._request(httpx.URL(url), address, body, headers), stream=True)
            await answer.aclose()  # its body is nobody's business: it is never read
        except (httpx.HTTPError, httpx.InvalidURL) as failed:
            return Answer(None, type(failed).__name__)
        return Answer(answer.status_code, None, _seconds(answer.headers.get("retry-after", "")))

    def _request(self, url: "httpx.URL", address: str, body: bytes, headers: dict[str, str]) -> "httpx.Request":
        """To the address; host and certificate are still those of the name."""
        named = {"host": url.netloc.decode(), "user-agent": USER_AGENT, "content-type": "application/json"}
        certified = {"sni_hostname": url.raw_host.decode()}
        return self._opened().build_request(
            "POST", url.copy_with(host=address), content=body, headers=headers | named, extensions=certified
        )

    def _opened(self) -> "httpx.AsyncClient":
        if self._client is None:
            import httpx

            alone = httpx.Limits(max_connections=50, max_keepalive_connections=0)
            transport = httpx.AsyncHTTPTransport(limits=alone)  # given, so that no proxy of the environment is used
            self._client = httpx.AsyncClient(transport=transport, timeout=PATIENCE, follow_redirects=False)
        return self._client

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()


def _seconds(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
