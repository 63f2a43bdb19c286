"""What a dialogue skill is written with: calls to the shop, replies to the shopper, and the talk they happen in."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from .goods import NO_GOODS, Goods
from .lexicon import Language
from .memory import Choices, Memory, Question
from .turns import Json, Outcome, Refusal
from .wishes import Wish


@dataclass(frozen=True)
class Call:
    """One operation to run; `text` is said beside it."""

    operation: str
    arguments: Json = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True)
class Reply:
    """An answer. With `question` the wishes after it wait; `done` drops them."""

    text: str
    question: Question | None = None
    done: bool = False


class Refused(Exception):
    """Ends a skill with the shop's refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


@dataclass
class Talk:
    """One turn: the language to answer in, what is remembered, and the wishes that come after the present one."""

    language: Language
    memory: Memory
    text: str
    rest: tuple[Wish, ...] = ()
    shop: str = ""
    """What the shop is called."""
    sells: bool = False
    """Whether the shopper is a merchant."""
    goods: Goods = NO_GOODS
    remembered: tuple[tuple[str, str], ...] = ()
    """What the shopper asked the shop to remember, each with its kind."""
    rules: str = ""
    """The shop's, a line each, in the language of the answer where there are such."""

    def say(self, key: str, **facts: Any) -> str:
        return self.language.replies[key].format(**facts)

    @property
    def shop_name(self) -> str:
        return self.shop or self.word("this_shop")

    def say_with_examples(self, key: str) -> str:
        """A reply with two things to say next."""
        known = self.language.examples
        shown = "selling" if self.sells and self.memory.shown not in known else self.memory.shown
        one, other = known.get(shown, known["nothing"])
        return self.say(key, one=one, other=other)

    def word(self, key: str) -> str:
        return self.language.words.get(key, key.replace("_", " "))

    def ask(self, key: str, about: str, options: list[Json], wish: Wish | None = None, **facts: Any) -> Reply:
        """A reply that asks; the numbered options come from the caller's text."""
        return Reply(self.say(key, **facts), Question(about, options, wish, self.rest))

    def choose(self, **chosen: Any) -> None:
        """Keeps something for the next quote."""
        self.memory.choices = Choices(**(vars(self.memory.choices) | chosen))


Skill = Generator[Call, Outcome, Reply]
Asking = Generator[Call, Outcome, Json]


def call(operation: str, text: str = "", **arguments: Any) -> Asking:
    """Runs an operation for its view; a refusal ends the skill."""
    outcome = yield Call(operation, {k: v for k, v in arguments.items() if v not in (None, "", [], ())}, text)
    return viewed(outcome)


def viewed(outcome: Outcome) -> Json:
    if outcome.view is None:
        raise Refused(outcome.refusal or Refusal("unread"))
    return outcome.view
