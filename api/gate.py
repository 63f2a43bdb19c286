"""The gate: from which address a request comes, and whether it comes too often."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.requests import HTTPConnection

from commerce.context import ANONYMOUS, Caller
from commerce.limits import Limits

from .settings import ApiSettings

Address = IPv4Address | IPv6Address


class Gate:
    """Counts requests by account, and by address where nobody is signed in. What comes from this machine itself is not
    counted: it is a proxy that nobody named, or an operator."""

    def __init__(self, settings: ApiSettings, limits: Limits) -> None:
        self._per_minute = settings.rate_per_minute
        self._limits = limits
        self._proxies = [ip_network(text) for text in settings.listed(settings.trusted_proxies)]

    async def admit(self, request: HTTPConnection, caller: Caller) -> None:
        """Refuses who comes too often."""
        found = self._found(request)
        if self._per_minute and found is not None and not found.is_loopback:
            await self._limits.take("api", caller.account or _block_of(found), self._per_minute)

    async def unseen(self, request: HTTPConnection) -> Caller:
        """Whoever it is: counted by address."""
        await self.admit(request, ANONYMOUS)
        return ANONYMOUS

    def address_of(self, request: HTTPConnection) -> str:
        """Who sent it: the peer, or whom trusted proxies name. Of IPv6 the /64, because a whole one belongs to one
        household; empty when there is no address."""
        found = self._found(request)
        return _block_of(found) if found else ""

    def _found(self, request: HTTPConnection) -> Address | None:
        peer = _read(request.client.host) if request.client else None
        if peer is None or not self._trusts(peer):
            return peer
        named = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
        return self._last_untrusted(reversed(named)) or peer

    def _last_untrusted(self, named: Iterable[str]) -> Address | None:
        """From the nearest to the farthest; what stands before an address that is nobody's proxy may be invented."""
        found: Address | None = None
        for text in named:
            address = _read(text)
            if address is None:
                break
            found = address
            if not self._trusts(address):
                break
        return found

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._proxies)


@lru_cache(maxsize=4_096)
def _read(text: str) -> Address | None:
    """IPv4 within IPv6 is IPv4."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _block_of(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((int(address), 64), strict=False))
