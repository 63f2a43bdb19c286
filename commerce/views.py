"""What every input and every view is made of."""

from datetime import UTC, date, datetime, time
from hashlib import sha256
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_serializer,
)

from .money import Money

T = TypeVar("T")


class Marked:
    """A mark on a field; `OTHERS_TEXT` tells the tools to fence it when a model reads it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


OTHERS_TEXT = Marked("OTHERS_TEXT")
OthersText = Annotated[str, OTHERS_TEXT]
"""Text that someone else wrote: a product's name, a recipient. Data, never an instruction."""


def _printable(text: str) -> str:
    """Refuses what no keyboard writes: control characters and lone surrogates (which no database stores)."""
    if any((ord(c) < 32 and c not in "\n\t") or 0xD800 <= ord(c) <= 0xDFFF or ord(c) == 127 for c in text):
        raise ValueError("control characters are not allowed")
    return text


def _one_line(text: str) -> str:
    text = _printable(text).strip()
    if "\n" in text or "\t" in text:
        raise ValueError("must be a single line")
    return text


Text = Annotated[str, AfterValidator(_printable)]
Line = Annotated[str, AfterValidator(_one_line)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$", max_length=8)]
"""A language code, such as `zh`. English needs none: it is what the plain field is in."""


def _a_day(text: str) -> str:
    date.fromisoformat(text)
    return text


Day = Annotated[
    str, Field(max_length=10, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2026-06-01"]), AfterValidator(_a_day)
]
"""A day of the calendar, in UTC."""


def start_of(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.min, UTC)


def end_of(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.max, UTC)


def _from_text(value: object) -> object:
    """JSON has no times: they come as text."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("must be a time such as 2026-06-01T12:00:00Z") from None


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is not a time that can be used") from None


Time = Annotated[AwareDatetime, BeforeValidator(_from_text), AfterValidator(_in_utc)]
"""A time that somebody names, with its offset; UTC inside."""


class Upload:
    """A mark on a field of bytes: a file that a request carries, and what it may be."""

    def __init__(self, max_bytes: int, media_types: tuple[str, ...]) -> None:
        self.max_bytes = max_bytes
        self.media_types = media_types


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


DIGESTED = PlainSerializer(_digest, when_used="json")
"""Where an input is written down, a digest stands for the file in it."""


class Input(BaseModel):
    """What an operation is asked. Unknown fields are refused, so that a typo is not silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=4000)


class View(BaseModel):
    """What an operation answers."""

    model_config = ConfigDict(frozen=True)


class Nothing(Input):
    """An operation that needs no input."""


class Page(Input):
    limit: int = Field(20, ge=1, le=100, description="How many to return at most.")
    cursor: str | None = Field(
        None, max_length=400, description="`next_cursor` of the page before; leave out for the first page."
    )


class ListView(View, Generic[T]):
    items: list[T]
    next_cursor: str | None = Field(None, description="Pass it as `cursor` to get the next page; null on the last one.")


TotalType = Literal["subtotal", "items_discount", "discount", "fulfillment", "tax", "total"]


class Total(Money):
    """One line of a sum: Money that says which. Discounts are negative."""

    type: TotalType

    @model_serializer(mode="plain")
    def _type_first(self) -> dict[str, Any]:
        return {"type": self.type, "amount": self.amount, "currency": self.currency}


Severity = Literal["recoverable", "requires_buyer_input", "requires_buyer_review", "unrecoverable"]


class Message(View):
    """Something the shopper should know about what they look at (the shape of UCP checkout messages)."""

    type: Literal["error", "warning", "info"]
    code: str = Field(description="Stable name of what this is about, for programs.")
    content: str = Field(description="One sentence for people.")
    severity: Severity = "recoverable"
    sku: str | None = None


Names = dict[str, OthersText]
"""Name by language code (`zh`), where one exists besides the English one."""
