"""What a turn has said and done, part by part: a part ends when the turn is over or asks the shopper something."""

import time
from dataclasses import asdict
from typing import Any

from langchain_core.messages import AnyMessage
from sqlalchemy import Row

from prompts import load_prompt

from .cancelling import stopped
from .language import language_of
from .run import Usage
from .views import MarkView, MessageView, Question, ReceiptView, ShownView, TurnView, UsageView


class Part:
    """What a turn has said and done since it was started or went on."""

    def __init__(self) -> None:
        self.text = ""
        self.views: list[dict[str, Any]] = []
        self.receipts: list[dict[str, Any]] = []
        self.confirmation: dict[str, Any] | None = None
        self.unconfirmed: list[dict[str, Any]] = []
        """Pieces of the text that the shop has not confirmed."""
        self.seen: list[AnyMessage] = []
        """The messages that it follows from."""
        self.started = time.monotonic()
        self._new_paragraph = False

    def take(self, event: dict[str, Any]) -> None:
        """Collects an event; each message begins a new paragraph, in the event too."""
        if event["type"] == "message.started":
            self._new_paragraph = True
        elif event["type"] == "message.delta":
            if self._new_paragraph and self.text:
                event["text"] = "\n\n" + event["text"]
            self._new_paragraph = False
            self.text += event["text"]
        elif event["type"] == "tool.finished":
            if event["view"] is not None:
                self.views.append({"operation": event["operation"], "view": event["view"]})
        elif event["type"] == "receipt":
            self.receipts.append({k: v for k, v in event.items() if k != "type"})

    def add_paragraph(self, text: str) -> None:
        self.text = "\n\n".join(filter(None, [self.text, text]))

    def as_dict(self, at: str, spent: Usage) -> dict[str, Any]:
        usage = asdict(spent) | {"seconds": round(time.monotonic() - self.started, 3)}
        facts = {"views": self.views, "receipts": self.receipts, "confirmation": self.confirmation}
        return {"text": self.text, "at": at, "usage": usage, "unconfirmed": self.unconfirmed, **facts}


def cut_off(said: str) -> str:
    """What a shopper reads in place of an answer that broke off."""
    return load_prompt("cut_off").render(language=language_of(said))


def prompt_of(row: Row[Any]) -> str:
    """The system prompt, and its version, that a turn asked its question with."""
    return str(row.answer["parts"][-1]["usage"]["prompt"])


def turn_view(row: Row[Any]) -> TurnView:
    """A turn as it stands; its newest part is the answer."""
    parts = row.answer["parts"]
    nothing: dict[str, Any] = {
        "text": _broken_off(row),
        "views": [],
        "receipts": [],
        "confirmation": None,
        "usage": asdict(Usage()),
    }
    return view_of(row.thread, row.id, row.status, parts[-1] if parts else nothing)


def _broken_off(row: Row[Any]) -> str:
    """What is read where a turn left no words of its own: its process died."""
    return stopped(row.answer["said"]) if row.status == "cancelled" else cut_off(row.answer["said"])


def view_of(thread: str, turn: str, status: Any, part: dict[str, Any]) -> TurnView:
    return TurnView(
        thread=thread,
        turn=turn,
        status=status,
        text=part["text"],
        receipts=[ReceiptView(**receipt) for receipt in part["receipts"]],
        views=[ShownView(**view) for view in part["views"]],
        confirmation=_question(part, {}),
        unconfirmed=_marks(part),
        usage=UsageView(**part["usage"]),
    )


def _marks(part: dict[str, Any]) -> list[MarkView]:
    return [MarkView(**marked) for marked in part.get("unconfirmed", [])]


def _question(part: dict[str, Any], status: dict[str, str]) -> Question | None:
    asked = part["confirmation"]
    return Question(**asked | {"status": status.get(asked["confirmation"], asked["status"])}) if asked else None


def messages_of(turn: Row[Any], status: dict[str, str]) -> list[MessageView]:
    said = MessageView(turn=turn.id, role="shopper", text=turn.answer["said"], at=turn.created_at)
    parts = turn.answer["parts"]
    answers = [
        MessageView(
            turn=turn.id,
            role="assistant",
            text=part["text"],
            at=part["at"],
            status=turn.status if part is parts[-1] else "completed",
            receipts=[ReceiptView(**receipt) for receipt in part["receipts"]],
            views=[ShownView(**view) for view in part["views"]],
            confirmation=_question(part, status),
            unconfirmed=_marks(part),
        )
        for part in parts
    ]
    if not parts and turn.status in {"failed", "cancelled"}:
        told = {"text": _broken_off(turn), "at": turn.created_at, "status": turn.status}
        answers = [MessageView(turn=turn.id, role="assistant", **told)]
    return [said, *answers]
