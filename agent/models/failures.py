"""What goes wrong with an endpoint: whether trying again can help, when, and whether the endpoint is to blame."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

PASSING = {408, 409, 425, 429}
"""And everything from 500 on."""
OURS = {400, 413, 422}
"""The request is at fault, and would be elsewhere."""


@dataclass
class EndpointFailed(Exception):
    """No answer came of a call."""

    what: str
    """For the log."""
    passing: bool
    blamed: bool = True
    retry_after: float | None = None
    billed: bool = True
    """The provider may have read the request before it went wrong."""

    def __str__(self) -> str:
        return self.what


class EndedEarly(Exception):
    """The stream ended before the answer was finished."""


class Declined(Exception):
    """The provider's filter will not have this answered."""


def failure_of(error: Exception) -> EndpointFailed | Declined:
    import openai  # heavy, and only needed when something went wrong

    what = f"{type(error).__name__}: {error}"[:300]
    match error:
        case openai.APIStatusError():
            return _of_status(error, what)
        case openai.APIConnectionError() if not isinstance(error, openai.APITimeoutError):
            return EndpointFailed(what, passing=True, billed=False)
        case openai.APIError() | TimeoutError() | OSError() | EndedEarly():  # silence, an error in the stream
            return EndpointFailed(what, passing=True)
        case ValueError() if "No generation chunks" in what:  # langchain's word for a stream without any event
            return EndpointFailed("no event stream", passing=True)
        case json.JSONDecodeError() | UnicodeDecodeError():
            return EndpointFailed(f"no event stream: {what}", passing=True)
        case _:
            return EndpointFailed(what, passing=False)


def _of_status(error: Any, what: str) -> EndpointFailed | Declined:
    status = error.status_code
    if status == 400 and "content_filter" in str(error.body):
        return Declined()
    passing = status in PASSING or status >= 500
    after = _retry_after(error.response.headers) if passing else None
    return EndpointFailed(what, passing, blamed=status not in OURS, retry_after=after, billed=False)


def _retry_after(headers: Any) -> float | None:
    """Seconds, from seconds or from a date; nothing where it is neither."""
    said = headers.get("retry-after", "")
    with suppress(ValueError):
        return max(0.0, float(said))
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
