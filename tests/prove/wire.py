"""A wire between the shop and its database that breaks at the worst moment: after a commit, before the word of it arrives."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

COMMIT = b"\x03COMMIT"
"""The query command of the MySQL protocol, with its statement."""


@dataclass
class Wire:
    """Passes everything on. `cut_at(n)`: the n-th commit from now on is passed on, and its answer is not."""

    to: int
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    countdown: int = 0
    cuts: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def cut_at(self, commit: int) -> None:
        self.countdown = commit

    def serve(self) -> None:
        with suppress(OSError):  # the listener was closed: the end
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
                doomed = threading.Event()
                for run in (self._ask, self._answer):
                    threading.Thread(target=run, args=(near, far, doomed), daemon=True).start()

    def _ask(self, near: socket.socket, far: socket.socket, doomed: threading.Event) -> None:
        with suppress(OSError):
            while piece := near.recv(65536):
                if COMMIT in piece and self._is_its_turn():
                    doomed.set()
                far.sendall(piece)
        _close(near, far)

    def _answer(self, near: socket.socket, far: socket.socket, doomed: threading.Event) -> None:
        with suppress(OSError):
            while (piece := far.recv(65536)) and not doomed.is_set():
                near.sendall(piece)
        _close(near, far)

    def _is_its_turn(self) -> bool:
        with self._lock:
            self.countdown -= 1
            self.cuts += self.countdown == 0
            return self.countdown == 0


def _close(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    wire = Wire(port)
    threading.Thread(target=wire.serve, daemon=True).start()
    try:
        yield wire
    finally:
        wire.listener.close()
