"""A conversation as a file that people read."""

from .views import HistoryView, MessageView, SummaryView


def as_markdown(history: HistoryView) -> str:
    """Who said what and when, what was done, and what was asked with the answer to it."""
    title = " ".join(history.title.split()) or history.thread
    head = f"# {title}\n\n{history.thread}, begun {history.created_at:%Y-%m-%d %H:%M} UTC\n"
    return head + "".join(f"\n{_message(message)}\n" for message in history.messages) + _kept(history.summary)


def _kept(summary: SummaryView | None) -> str:
    if summary is None:
        return ""
    facts = "".join(f"\n- {line}" for line in summary.facts)
    return f"\n## What the assistant keeps of the oldest part\n\n{summary.words}\n{facts}\n"


def _message(message: MessageView) -> str:
    who = "You" if message.role == "shopper" else "Shop assistant"
    standing = "" if message.status == "completed" else f", {message.status}"
    parts = [f"**{who}** ({message.at:%Y-%m-%d %H:%M} UTC{standing})", message.text]
    parts += [f"- ✔ {receipt.summary}" for receipt in message.receipts]
    parts += [f"- ⚠ {marked.text}: {marked.note}" for marked in message.unconfirmed]
    if asked := message.confirmation:
        parts.append(f"- Question: {asked.terms['summary']} ({asked.status})")
    return "\n\n".join(part for part in parts if part)
