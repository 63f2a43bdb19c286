"""Where webhooks may go: to the internet, never into the networks that the shop stands in."""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

Address = IPv4Address | IPv6Address
NOT_FOR_US = [
    ip_network(text)
    for text in (
        "192.0.0.0/24",  # special uses; metadata at one provider
        "192.88.99.0/24",  # relays
        "168.63.129.16/32",  # the inside of one provider's machines, on an address that looks public
        "64:ff9b:1::/48",  # translated to IPv4 inside somebody's network
        "fec0::/10",  # private, of old
        "2001::/32",  # tunnels that can lead anywhere
    )
]
IPV4_WITHIN = ip_network("64:ff9b::/96")
"""Translated to IPv4 on the way."""


class TargetRefused(Exception):
    """The reason, in words for whoever registered it."""


def checked(url: str, *, private: bool) -> SplitResult:
    """What can be said without asking anybody. `private`: private networks and plain http are allowed."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise TargetRefused("it is not a URL") from None
    if parts.scheme not in ({"https", "http"} if private else {"https"}):
        raise TargetRefused("it is not https")
    if not parts.hostname or port == 0 or parts.username is not None or parts.password is not None or parts.fragment:
        raise TargetRefused("it must be a plain URL, with a host and without user and fragment")
    literal = _literal(parts.hostname)
    if literal and not private and not is_public(literal):
        raise TargetRefused("it is not a public address")
    return parts


async def resolved(parts: SplitResult, *, private: bool) -> str:
    """The address to connect to, and to no other: a name can lead elsewhere a moment later. Refused when any of the
    host's addresses is not public."""
    port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise TargetRefused("the host has no address") from None
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if not private and not all(is_public(address) for address in addresses):
        raise TargetRefused("the host is not at a public address")
    return str(addresses[0])


def is_public(address: Address) -> bool:
    """Reachable for everybody; IPv4 within IPv6 counts as what it leads to."""
    inner = _within(address)
    if inner is not None:
        return is_public(inner)
    special = any(address in network for network in NOT_FOR_US)
    return address.is_global and not address.is_multicast and not address.is_reserved and not special


def _within(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in IPV4_WITHIN:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
