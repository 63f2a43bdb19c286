"""The socket that a server listens on."""

import socket

import pytest

from api import serving
from tests.api.processes import free_port

pytestmark = pytest.mark.skipif(
    not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux drops such clients by itself"
)


def test_a_client_that_takes_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "TAKEN_WITHIN", 1)
    port = free_port()
    listener = serving._listening("127.0.0.1", port)
    assert listener
    with (
        listener,
        socket.create_connection(("127.0.0.1", port)),
        listener.accept()[0] as sending,
        pytest.raises(TimeoutError),
    ):
        sending.sendall(b"x" * 50_000_000)


def test_a_port_is_taken_once() -> None:
    port = free_port()
    first = serving._listening("127.0.0.1", port)
    assert first
    with first:
        assert serving._listening("127.0.0.1", port) is None
