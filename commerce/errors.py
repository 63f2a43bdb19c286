"""Refusals: what the shop answers when it will not do something.

    Refusal
    ├── Invalid           the input can't be right
    ├── Unauthenticated   nobody is signed in
    ├── Forbidden         somebody is, and may not
    ├── NotFound          no such thing, or it is somebody else's: the two are never told apart
    ├── Conflict          right in itself, not in the state that things are in
    ├── Limited           too much, too often
    └── Unavailable       the shop can't just now

A refusal is an answer, not an incident: facts (the fields), one sentence, and one hint that says what to do next.
Each surface maps the seven families once; nobody else knows status numbers. What belongs to one noun stands in its own
`refusals.py`; here are the tree, what any operation can answer, and the yes.
"""

import dataclasses
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import ValidationError


class Refusal(Exception):
    """An answer of the shop that is not the one asked for. Subclasses are dataclasses of facts."""

    sentence: ClassVar[str]
    """Said to people and models; `{field}` stands for a fact."""
    hint: ClassVar[str]
    """What to do next."""
    retry_after: int | None = None
    """Seconds to wait before the same request can succeed, where waiting helps."""
    family: ClassVar[str] = "refusal"
    foreign: ClassVar[bool] = False
    """Of another shop than ours, which evals play in: it stands in no list of ours."""

    def __str__(self) -> str:
        return self.sentence.format(**self.facts)

    @property
    def code(self) -> str:
        """The class name in snake case: `OutOfStock` is `out_of_stock`."""
        return code_of(type(self))

    @property
    def facts(self) -> dict[str, Any]:
        return (
            {f.name: getattr(self, f.name) for f in dataclasses.fields(self)} if dataclasses.is_dataclass(self) else {}
        )

    @property
    def advice(self) -> str:
        return self.hint.format(**self.facts)


def code_of(kind: type[Refusal]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def all_refusals(kind: type[Refusal] = Refusal) -> dict[str, type[Refusal]]:
    """Every refusal of ours by its code."""
    ours = dataclasses.is_dataclass(kind) and not kind.foreign
    found: dict[str, type[Refusal]] = {code_of(kind): kind} if ours else {}
    for sub in kind.__subclasses__():
        found |= all_refusals(sub)
    return found


class Invalid(Refusal):
    family = "invalid"


class Unauthenticated(Refusal):
    family = "unauthenticated"


class Forbidden(Refusal):
    family = "forbidden"


class NotFound(Refusal):
    family = "not_found"


class Conflict(Refusal):
    family = "conflict"


class Limited(Refusal):
    family = "limited"


class Unavailable(Refusal):
    family = "unavailable"


# Any operation


@dataclass(eq=False)
class BadInput(Invalid):
    problems: list[dict[str, str]]
    """One `{field, problem}` for each thing that is wrong."""
    sentence = "The input does not fit: {listed}."
    hint = "Correct the fields named and send it again."

    def __str__(self) -> str:
        listed = "; ".join(f"{p['field']}: {p['problem']}" for p in self.problems)
        return self.sentence.format(listed=listed)


@dataclass(eq=False)
class TooLarge(Invalid):
    limit: int
    sentence = "The request is larger than {limit} bytes."
    hint = "Send less."


@dataclass(eq=False)
class UnknownOperation(Invalid):
    operation: str
    sentence = "There is no operation called {operation}."
    hint = "Use one of the operations that are offered."


@dataclass(eq=False)
class IdempotencyKeyRequired(Invalid):
    sentence = "This request moves money or goods and has no Idempotency-Key."
    hint = "Send an Idempotency-Key header: any text of up to 200 characters that is new for each intended effect and the same for each retry."


@dataclass(eq=False)
class IdempotencyKeyReused(Invalid):
    sentence = "This Idempotency-Key was already used for another request."
    hint = "Use a new key for a new request; repeat a request exactly to get its first answer."


@dataclass(eq=False)
class StillRunning(Conflict):
    sentence = "The first request with this Idempotency-Key is still running."
    hint = "Repeat the same request in a moment; it will get the first one's answer."
    retry_after = 1


@dataclass(eq=False)
class SignInRequired(Unauthenticated):
    sentence = "Nobody is signed in."
    hint = "Sign in (POST /v1/sessions) or start a guest session (POST /v1/sessions/guest), and send its access token as a Bearer token."


@dataclass(eq=False)
class TokenInvalid(Unauthenticated):
    sentence = "The access token is not valid, or no longer."
    hint = "Refresh the session (POST /v1/sessions/refresh) or sign in again."


@dataclass(eq=False)
class CustomersOnly(Forbidden):
    sentence = "Guests can't do this."
    hint = "Sign in or register first; the cart comes along."


@dataclass(eq=False)
class MerchantsOnly(Forbidden):
    sentence = "Only merchants can do this."
    hint = "Ask the shop's admin to make the account a merchant's."


@dataclass(eq=False)
class AdminsOnly(Forbidden):
    sentence = "Only admins can do this."
    hint = "Ask the shop's admin to do it."


@dataclass(eq=False)
class NotForAgents(Forbidden):
    operation: str
    sentence = "{operation} can't be done from a conversation."
    hint = "Do it on the page or over REST."


@dataclass(eq=False)
class Busy(Unavailable):
    sentence = "The shop is very busy just now and did not finish this."
    hint = "Send the same again in a moment, with the same Idempotency-Key where there was one: nothing happens twice."
    retry_after = 1


@dataclass(eq=False)
class ShuttingDown(Unavailable):
    sentence = "This server is shutting down."
    hint = "Send it to another server, or again in a moment."
    retry_after = 5


@dataclass(eq=False)
class TooManyRequests(Limited):
    retry_after: int
    sentence = "That was too much in a minute."
    hint = "Wait {retry_after} seconds and try again."


@dataclass(eq=False)
class OutcomeUnknown(Unavailable):
    sentence = "The connection to the database was lost while this was being saved; it is not known whether it was."
    hint = "Send the same again with the same Idempotency-Key, or look at what is there first."
    retry_after = 1


@dataclass(eq=False)
class DatabaseAway(Unavailable):
    sentence = "The shop can't reach its database just now."
    hint = "Send the same again with the same Idempotency-Key in a moment."
    retry_after = 1


@dataclass(eq=False)
class CursorInvalid(Invalid):
    sentence = "The cursor does not belong to this list."
    hint = "Leave it out to start at the first page, and keep the other parameters the same from page to page."


# The yes


@dataclass(eq=False)
class ApprovalRequired(Forbidden):
    operation: str
    sentence = "{operation} needs the shopper's own yes to its exact terms; a conversation can't give it."
    hint = "Propose it; the shop shows the terms and asks the shopper."


@dataclass(eq=False)
class TermsChanged(Conflict):
    changes: list[str]
    sentence = "The terms are no longer those that were agreed to: {listed}"
    hint = "Show the new terms and ask again."

    def __str__(self) -> str:
        return self.sentence.format(listed=" ".join(self.changes))


@dataclass(eq=False)
class ConfirmationNotFound(NotFound):
    confirmation: str
    sentence = "There is no confirmation {confirmation}."
    hint = "Look at the conversation to see what waits for an answer."


@dataclass(eq=False)
class ConfirmationExpired(Conflict):
    confirmation: str
    sentence = "The time to answer is over."
    hint = "Ask for it again to get a new question."


@dataclass(eq=False)
class ConfirmationAnswered(Conflict):
    confirmation: str
    status: str
    sentence = "This question was already answered: {status}."
    hint = "Ask for it again to get a new question."


class RedisAway(Exception):
    """Redis does not answer, or there is none. No refusal: whoever asks it knows what to do without."""


def problems_of(wrong: ValidationError) -> list[dict[str, str]]:
    """What is wrong, field by field; never the value itself, which may be a secret."""
    return [
        {"field": ".".join(str(part) for part in e["loc"]) or "body", "problem": _told(e["msg"])}
        for e in wrong.errors(include_url=False, include_input=False, include_context=False)
    ][:20]


def _told(problem: str) -> str:
    """Pydantic calls the characters of a secret items."""
    if problem.startswith("Value should have at "):
        return problem.replace(" item", " character")
    return problem.removeprefix("Value error, ")
