"""A circuit breaker: an endpoint that keeps failing is left alone for a while, then tried by one call."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .failures import EndpointFailed


class Breaker:
    """Of one endpoint, shared by all turns of the process."""

    def __init__(self, failures: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowed = failures
        self._seconds = seconds
        self._clock = clock
        self._failed = 0
        self._until = 0.0
        self._probing = False

    @property
    def state(self) -> str:
        """closed, open, or half-open: one call may try."""
        if self._failed < self._allowed:
            return "closed"
        return "open" if self._probing or self._clock() < self._until else "half-open"

    @contextmanager
    def trying(self) -> Iterator[None]:
        """One call, which is refused while the endpoint is left alone, and otherwise tells how it went."""
        if not self.admit():
            raise EndpointFailed("left alone after failures in a row", passing=False)
        tell = self.left
        try:
            yield
            tell = self.succeeded
        except EndpointFailed as failed:
            tell = self.failed if failed.blamed else tell
            raise
        finally:
            tell()

    def admit(self) -> bool:
        """Whether a call may be made now; who was admitted says how it went."""
        if self.state == "open":
            return False
        self._probing = self.state == "half-open"
        return True

    def succeeded(self) -> None:
        self._failed, self._probing = 0, False

    def failed(self) -> None:
        self._failed, self._probing = self._failed + 1, False
        self._until = self._clock() + self._seconds

    def left(self) -> None:
        """The call says nothing of the endpoint: it was given up, or it was itself at fault."""
        self._probing = False
