"""Where webhooks may go: every way of naming our own network leads nowhere."""

from ipaddress import ip_address
from pathlib import Path

import pytest

from commerce.webhooks.sending import Sender
from commerce.webhooks.targets import TargetRefused, checked, is_public, resolved
from tests.receivers import receiving

INSIDE = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",  # noqa: S104 (named, not bound)
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:4136:e378::",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "2001:db8::1",
]
OUTSIDE = ["8.8.8.8", "93.184.216.34", "::ffff:8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "172.32.0.1"]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_inside_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_outside_is_public(address: str) -> None:
    assert is_public(ip_address(address))


NAMES = ["localhost", "0x7f.0.0.1", "2130706433", "127.1", "0177.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "0"]


@pytest.mark.parametrize("host", NAMES)
async def test_every_way_of_writing_an_inside_address_is_refused(host: str) -> None:
    with pytest.raises(TargetRefused):
        await resolved(checked(f"https://{host}/hooks", private=False), private=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https:///hooks",
        "https://user:password@example.com/",
        "https://example.com@10.0.0.1/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com/#part",
        "https://[::1",
        "file:///etc/passwd",
        "gopher://example.com/",
        "example.com/hooks",
        "https://169.254.169.254/latest/meta-data",
    ],
)
def test_what_is_no_plain_https_url_is_refused(url: str) -> None:
    with pytest.raises(TargetRefused):
        checked(url, private=False)


def test_a_plain_https_url_is_fine_and_http_where_it_is_allowed() -> None:
    assert checked("https://example.com:8443/hooks?shop=1", private=False).port == 8443
    assert checked("http://10.0.0.1/hooks", private=True).hostname == "10.0.0.1"


async def test_a_host_without_an_address_is_told() -> None:
    answer = await Sender(private=False).send("https://nobody.invalid/", b"{}", {})
    assert (answer.status, answer.error) == (None, "the host has no address")


async def test_the_connection_goes_to_the_checked_address_under_the_hosts_name() -> None:
    sender = Sender(private=True)
    async with receiving() as receiver:
        answer = await sender.send(f"http://localhost:{receiver.port}/a?b=c", b"{}", {"webhook-id": "evt_1"})
    await sender.close()
    [got] = receiver.got
    assert answer.accepted
    assert (got.path, got.body, got.headers["host"]) == ("/a?b=c", b"{}", f"localhost:{receiver.port}")
    assert got.headers["webhook-id"] == "evt_1"


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sender = Sender(private=True)
    async with receiving() as proxy, receiving() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert (await sender.send(receiver.url, b"{}", {})).accepted
    await sender.close()
    assert (len(proxy.got), len(receiver.got)) == (0, 1)
