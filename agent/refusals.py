"""Refusals of conversations."""

from dataclasses import dataclass

from commerce.errors import Conflict, Invalid, Limited, NotFound


@dataclass(eq=False)
class Rejected(Conflict):
    operation: str
    sentence = "The shopper said no to {operation}; nothing was done."
    hint = "Ask what to change."


@dataclass(eq=False)
class ThreadNotFound(NotFound):
    thread: str
    sentence = "There is no conversation {thread}."
    hint = "List the conversations, or start one."


@dataclass(eq=False)
class TurnNotFound(NotFound):
    turn: str
    sentence = "There is no turn {turn}."
    hint = "Look at the conversation to see its turns."


@dataclass(eq=False)
class TurnRunning(Conflict):
    thread: str
    sentence = "This conversation is still answering."
    hint = "Wait for the answer, then go on."
    retry_after = 1


@dataclass(eq=False)
class QueueFull(Conflict):
    waiting: int
    sentence = "This conversation is still answering, and {waiting} more message(s) wait already."
    hint = "Wait for an answer, then go on."
    retry_after = 1


@dataclass(eq=False)
class TurnOver(Conflict):
    turn: str
    sentence = "This answer has ended already."
    hint = "Look at the conversation to see what was done."


@dataclass(eq=False)
class TurnCancelled(Conflict):
    operation: str
    sentence = "The shopper stopped this answer before {operation}; it was not done."
    hint = "Wait for what the shopper says next."


@dataclass(eq=False)
class IdNotShown(Invalid):
    value: str
    sentence = "{value} was never shown in this conversation."
    hint = "Look it up with a search or a list first, and use the id that it shows."


@dataclass(eq=False)
class NotSaid(Invalid):
    value: str
    sentence = "The shopper did not say in this conversation: {value}"
    hint = "Keep only what the shopper asks to be remembered, word for word."


@dataclass(eq=False)
class OneDecisionAtATime(Conflict):
    operation: str
    sentence = "{operation} was not proposed: another question to the shopper comes first."
    hint = "Ask again after the shopper has answered it."


@dataclass(eq=False)
class TurnLimit(Limited):
    sentence = "This took more steps than one answer may take, so it stops here; what was done so far stands."
    hint = "Ask for the next step on its own."


@dataclass(eq=False)
class ArgumentsUnreadable(Invalid):
    operation: str
    sentence = "The arguments of {operation} were no whole JSON object, so it was not called."
    hint = "Call it again with one whole JSON object; if the answer was too long, make fewer calls at once."


@dataclass(eq=False)
class SameCallAgain(Conflict):
    operation: str
    times: int
    sentence = "{operation} was called {times} times with the same arguments in this turn, so it was not called again."
    hint = "Use the result that is there already, call it with other arguments, or answer the shopper."
