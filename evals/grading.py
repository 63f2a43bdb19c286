"""Whether a conversation has served the shopper: what happened in the shop, and which facts reached them. Never the wording."""

from collections.abc import Iterator
from typing import Any

from .cards import rows_of
from .facts import differs, filled, stands_in, written
from .playing import Played
from .reference import differences
from .results import Failure, Part, Result, Usage
from .schema import Filed
from .trial import Outcome

STAND_IN = "planner"


def graded(filed: Filed, played: Played, trial: int, *, model: bool) -> Result:
    """`model`: the planner was not meant to think."""
    failures = [*_of_harness(played), *of_endpoint(played.outcome, model=model)]
    found = list(_of_case(filed, played))
    blamed = "shopper" if found and _shopper_was_lost(played) else "agent"
    failures += [Failure(blame=blamed, kind=kind, detail=detail) for kind, detail in found]
    return Result(
        case=filed.name,
        suite=filed.suite,
        tags=sorted(filed.tags),
        case_hash=filed.hash,
        trial=trial,
        failures=failures,
        talk=talk_of(played.outcome),
        usage=usage_of(played.outcome, model=model),
    )


def _of_harness(played: Played) -> Iterator[Failure]:
    if played.outcome.findings:
        yield Failure(blame="harness", kind="books", detail="; ".join(played.outcome.findings))


def of_endpoint(outcome: Outcome, *, model: bool) -> Iterator[Failure]:
    turns = [turn for turn in outcome.turns if turn.usage.model == STAND_IN]
    if model and turns:
        yield Failure(blame="endpoint", kind="stand_in", detail=f"the planner had to stand in: {turns[0].text[:200]}")


def _shopper_was_lost(played: Played) -> bool:
    """It was asked, for the first time, something that its script says nothing of, and had to give up there."""
    return played.shopper.ended == "gave_up" and bool(played.shopper.unknown)


def _of_case(filed: Filed, played: Played) -> Iterator[tuple[str, str]]:
    """Kind and detail of everything that must be true and is not."""
    case, outcome = filed.case, played.outcome
    for truth, answer in zip(case.state, played.answers, strict=True):
        if wrong := differs(answer, filled(truth.is_, played.names)):
            yield "state", f"{truth.read}: {wrong}"
    if played.reference is not None:
        yield from (("state", wrong) for wrong in differences(outcome.after, played.reference))
    done = {call.operation for call in outcome.calls if call.refusal is None}
    yield from (("not_done", operation) for operation in case.does if operation not in done)
    yield from (("never", operation) for operation in case.never if operation in done)
    seen = "\n".join(_shown(played))
    for fact in (filled(fact, played.names) for fact in case.says):
        if not stands_in(fact, seen):
            yield "unsaid_fact", f"{fact} did not reach the shopper"
    for fact in (filled(fact, played.names) for fact in case.unsaid):
        if stands_in(fact, seen):
            yield "leaked_fact", f"{fact} reached the shopper"
    moved = outcome.moved - _moved_by_others(filed)
    if moved and not any(asked.answer == "approve" for asked in outcome.questions):
        yield "moved_without_yes", ", ".join(sorted(moved))
    yield from (("turn_failed", turn.text[:200]) for turn in outcome.turns if turn.status == "failed")
    if played.cut_off:
        yield "endless", "neither side came to an end"


def _moved_by_others(filed: Filed) -> set[str]:
    """Tables that change because the case says that the shop's stock does."""
    shopper = filed.case.shopper
    events = [step.before for step in shopper.says] + [answer.before for answer in shopper.answers]
    return {"stock", "stock_movement"} if any(event.stock for event in events) else set()


def _shown(played: Played) -> Iterator[str]:
    """All that the shopper was shown: words, cards, receipts, and the shop's questions."""
    for turn in played.outcome.turns:
        yield turn.text
        yield from (text for view in turn.views for text in written(view.view))
        for receipt in turn.receipts:
            yield receipt.summary
            yield from written(receipt.view)
        if turn.confirmation:
            yield from written(turn.confirmation.terms)


def talk_of(outcome: Outcome) -> list[Part]:
    """The conversation as the page showed it."""
    answers = {asked.question.confirmation: asked.answer for asked in outcome.questions}
    parts: list[Part] = []
    for event in outcome.events:
        match event["type"]:
            case "turn.started":
                parts.append(Part(by="shopper", text=event["text"]))
            case "message.delta" if parts and parts[-1].by == "agent":
                parts[-1] = Part(by="agent", text=parts[-1].text + event["text"])
            case "message.delta":
                parts.append(Part(by="agent", text=event["text"]))
            case "tool.started":
                parts.append(Part(by="call", text="", operation=event["operation"], arguments=event["arguments"]))
            case "tool.finished":
                _finish(parts, event)
            case "receipt":
                parts.append(Part(by="receipt", text=event["summary"], operation=event["operation"]))
            case "confirmation.required":
                answer = answers.get(event["confirmation"], "leave")
                terms = event["terms"]
                asked = Part(by="question", text=str(terms.get("summary", "")), operation=event["operation"])
                parts.append(asked.model_copy(update={"rows": rows_of(terms), "answer": answer}))
    return [part.model_copy(update={"text": part.text.strip()}) for part in parts]


def _finish(parts: list[Part], event: dict[str, Any]) -> None:
    """Fills in what came of a call that was begun."""
    for at in range(len(parts) - 1, -1, -1):
        part = parts[at]
        if part.by == "call" and part.operation == event["operation"] and not part.text:
            refusal = event["refusal"]
            text = f"{refusal['code']}: {refusal['sentence']}" if refusal else "done"
            parts[at] = part.model_copy(update={"text": text, "refused": bool(refusal), "rows": rows_of(event["view"])})
            return


def usage_of(outcome: Outcome, *, model: bool) -> Usage:
    """What the planner reads and writes is an estimate that hangs on random ids, and costs nothing: it is not counted."""
    spent = [turn.usage for turn in outcome.turns]
    costs = [turn.cost for turn in spent]
    return Usage(
        input_tokens=sum(turn.input_tokens for turn in spent) if model else 0,
        output_tokens=sum(turn.output_tokens for turn in spent) if model else 0,
        model_calls=sum(turn.model_calls for turn in spent),
        tool_calls=sum(turn.tool_calls for turn in spent),
        cost=None if None in costs else sum(float(cost or 0) for cost in costs),
    )
