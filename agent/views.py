"""What the chat answers: threads, turns, and the history of a conversation."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

TurnStatus = Literal["queued", "running", "waiting", "completed", "failed", "cancelled"]


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class ThreadView(View):
    thread: str
    title: str
    created_at: datetime
    updated_at: datetime


class ThreadList(View):
    items: list[ThreadView]
    next_cursor: str | None


class ShownView(View):
    """What the shop answered to one call; the page draws it."""

    operation: str
    view: dict[str, Any]


class ReceiptView(ShownView):
    """Something that was done, told by the shop."""

    summary: str


class Question(View):
    """What the shop asks the shopper. `terms` are the exact facts that a yes agrees to."""

    confirmation: str
    operation: str
    terms: dict[str, Any]
    status: str = "pending"
    expires_at: datetime


class MarkView(View):
    """A piece of an answer that no result of the conversation and no receipt holds. `text` stands in the answer as it is here;
    `note` says in the shopper's language that the shop has not confirmed it."""

    kind: Literal["amount", "id", "link", "action"]
    text: str
    note: str


class UsageView(View):
    """What a turn has spent."""

    model: str = ""
    prompt: str = Field("", description="The system prompt that the conversation is held with, and its version.")
    input_tokens: int = 0
    output_tokens: int = 0
    model_calls: int = 0
    tool_calls: int = 0
    cost: str | None = Field("0", description="In `currency`; null when a model without a known price was asked.")
    currency: str = Field("", description="Of the cost; empty when no paid model was asked.")
    estimated: bool = Field(False, description="A model did not report what it read and wrote, or was cut off.")
    seconds: float = 0


class TurnView(View):
    """An answer. `queued`: it waits until the conversation is free. `waiting`: it goes on when `confirmation` is answered. `cancelled`: the shopper stopped it; receipts tell what
    was done."""

    thread: str
    turn: str
    status: TurnStatus
    text: str
    receipts: list[ReceiptView] = Field(default_factory=list)
    views: list[ShownView] = Field(default_factory=list)
    confirmation: Question | None = None
    unconfirmed: list[MarkView] = Field(default_factory=list)
    usage: UsageView = Field(default_factory=UsageView)


class MessageView(View):
    """One side of a conversation at one time."""

    turn: str
    role: Literal["shopper", "assistant"]
    text: str
    at: datetime
    status: TurnStatus = "completed"
    receipts: list[ReceiptView] = Field(default_factory=list)
    views: list[ShownView] = Field(default_factory=list)
    confirmation: Question | None = None
    unconfirmed: list[MarkView] = Field(default_factory=list)


class SummaryView(View):
    """What the assistant reads in place of the oldest part of a long conversation."""

    words: str
    facts: list[str] = Field(description="What the shop showed in that part: ids, with a few words about each.")


class HistoryView(ThreadView):
    """A conversation and its messages, oldest first."""

    messages: list[MessageView]
    running_turn: str | None = Field(description="The turn that is being answered now.")
    queued_turns: list[str] = Field(description="The turns that wait until it is answered, in order.")
    summary: SummaryView | None = Field(None, description="In exports: of the part that is too old to be read whole.")
