"""What a case says, and reading the files that say it.

A case is a world, a shopper, and what must be true when they have finished talking. It says nothing of wording.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, Self, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from commerce.operation import Effect
from commerce.operations import CATALOG

from .dialogues.sets import Given, GivenOrder

FOLDER = Path(__file__).parent / "cases"
SCHEMA = FOLDER / "case.schema.json"


def _known(operation: str) -> str:
    if operation not in CATALOG:
        raise ValueError(f"the shop has no operation {operation}")
    return operation


def _read(operation: str) -> str:
    if CATALOG[_known(operation)].effect is not Effect.READ:
        raise ValueError(f"{operation} changes something; what must be true is looked up only")
    return operation


Operation = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": sorted(CATALOG)})]
Read = Annotated[
    str,
    AfterValidator(_read),
    Field(json_schema_extra={"enum": sorted(n for n, o in CATALOG.items() if o.effect is Effect.READ)}),
]
Price = Annotated[str, Field(pattern=r"^\d+(\.\d+)?$", examples=["12.99"])]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Events(_Strict):
    """What happens in the shop meanwhile, behind the agent's back."""

    stock: dict[str, int] = Field({}, description="SKU → pieces that are left.")
    prices: dict[str, Price] = Field({}, description="SKU → its new price.")
    minutes: int = Field(0, ge=0, description="Time that passes.")


class World(Given):
    """The demo shop, and what is different in it. Orders are from the oldest on; `$order1` is the number of the first."""

    strangers: list[GivenOrder] = Field([], description="Orders of somebody else; `$stranger1` is the first's number.")
    stock: dict[str, int] = Field({}, description="SKU → pieces that are left.")
    prices: dict[str, Price] = Field({}, description="SKU → its price.")


class Step(_Strict):
    """Something that the shopper says, and what it is for."""

    say: str
    until: list[Operation] = Field(
        [], description="The shopper goes on when one of these was done; at once when empty."
    )
    unless: list[Operation] = Field([], description="Not said when one of these was done in this conversation already.")
    otherwise: list[str] = Field([], description="Said instead, one after another, while it is not done.")
    before: Events = Field(Events(), description="What happens before it is said.")


class Fact(_Strict):
    """What the shopper knows and only tells when asked."""

    asked: list[str] = Field(min_length=1, description="Words by which the question is known, in any language.")
    say: str


class Answer(_Strict):
    """What the shopper does with a question of the shop."""

    to: Operation
    answer: Literal["approve", "reject", "leave"]
    up_to: Price | None = Field(None, description="Approves up to this amount to pay, and rejects what is dearer.")
    before: Events = Field(Events(), description="What happens while the shopper looks at the question.")


class Shopper(_Strict):
    """Who talks. What they want is for people who read the case, and for models that play the shopper."""

    wants: str
    is_: Literal["ada", "guest"] = Field("ada", alias="is", description="`ada` is signed in, with addresses and cards.")
    says: list[Step] = Field(min_length=1)
    knows: list[Fact] = []
    answers: list[Answer] = Field([], description="In this order; what is not listed is rejected.")
    patience: int = Field(2, ge=0, description="Answers of no use that the shopper bears.")

    @model_validator(mode="before")
    @classmethod
    def _sentences(cls, written: Any) -> Any:
        """A step that is only said may be written as its sentence."""
        if isinstance(written, dict) and isinstance(written.get("says"), list):
            steps = [{"say": step} if isinstance(step, str) else step for step in written["says"]]
            return {**written, "says": steps}
        return written


class Truth(_Strict):
    """What a READ operation must answer at the end, to the shopper. `is` names the fields that matter; a list must have just
    these entries, in any order. Money is written `$12.99`; `$order1`, `$stranger1` and `$new_order` are order numbers."""

    read: Read
    with_: dict[str, Any] = Field({}, alias="with")
    is_: dict[str, Any] = Field(alias="is")


class Reference(_Strict):
    """One operation that does what the shopper wants, done by the shopper. In `with`, `$order1`, `$address1` and
    `$payment_method1` are what they have, and `$checkout`, `$order` and the like what the steps before have answered."""

    do: Operation
    with_: dict[str, Any] = Field({}, alias="with")
    before: Events = Field(Events(), description="What happens in the shop before it.")


class Case(_Strict):
    """One conversation, and what it is judged by."""

    case: Name
    about: str = Field("", description="One sentence, where the name does not say it.")
    tags: list[Name] = Field(min_length=1)
    twin: Name | None = Field(None, description="The case that looks alike and must be refused, where this must not.")
    world: World = World()
    shopper: Shopper
    state: list[Truth] = []
    same_as: list[Reference] | None = Field(
        None,
        description="Operations that would have done it: what is owned and owed at the end must be the same. [] is nothing.",
    )
    says: list[str] = Field([], description="Facts that must reach the shopper: amounts, SKUs, names, numbers.")
    unsaid: list[str] = Field([], description="Facts that must not.")
    does: list[Operation] = Field([], description="Operations that must have succeeded.")
    never: list[Operation] = Field([], description="Operations that must not succeed.")
    budget: float = Field(0.25, gt=0, description="Most money that models may cost for it.")

    @model_validator(mode="after")
    def _judged(self) -> Self:
        if self.same_as is None and not (self.state or self.says or self.unsaid or self.does or self.never):
            raise ValueError(f"{self.case} can't fail: it says nothing that must be true")
        return self


class Suite(_Strict):
    """A file of cases."""

    suite: Name
    about: str
    cases: list[Case]


class Filed(_Strict):
    """A case with the suite that it belongs to."""

    suite: str
    case: Case

    @property
    def name(self) -> str:
        return f"{self.suite}/{self.case.case}"

    @property
    def tags(self) -> list[str]:
        return self.case.tags

    @property
    def wants(self) -> str:
        return self.case.shopper.wants

    @property
    def budget(self) -> float:
        return self.case.budget

    @property
    def hash(self) -> str:
        """Changes when anything of the case does: runs are only compared case by case where it is the same."""
        return digest(self.case.model_dump(mode="json", by_alias=True, exclude_defaults=True))


class CasesWrong(ValueError):
    """A file of cases can't be used; says where and why."""


def digest(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


class Named(Protocol):
    """What can be chosen by name."""

    @property
    def name(self) -> str: ...
    @property
    def suite(self) -> str: ...
    @property
    def tags(self) -> list[str]: ...


N = TypeVar("N", bound=Named)


def read_cases(wanted: Sequence[str] = (), folder: Path = FOLDER) -> list[Filed]:
    """Of the suites named, or of all."""
    found = [
        Filed(suite=suite.suite, case=case)
        for suite in map(_suite, sorted(folder.glob("*.yaml")))
        for case in suite.cases
    ]
    _refuse_doubles(found)
    return chosen(found, wanted)


def chosen(known: Sequence[N], names: Sequence[str]) -> list[N]:
    """A name may be a suite, a case (`suite/case`), or `tag:` and a tag; none is all of them."""
    for name in names:
        if not any(_names(name, one) for one in known):
            suites = ", ".join(sorted({one.suite for one in known}))
            raise CasesWrong(
                f"no suite, case or tag is named {name}; suites are: {suites} (`domtok eval cases SUITE` lists their cases)"
            )
    return [one for one in known if not names or any(_names(name, one) for name in names)]


def _names(name: str, one: Named) -> bool:
    return name in (one.suite, one.name) or (name.removeprefix("tag:") in one.tags and name.startswith("tag:"))


def _suite(file: Path) -> Suite:
    try:
        return Suite.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except yaml.YAMLError as wrong:
        raise CasesWrong(f"{file.name}: {wrong}") from wrong
    except ValidationError as wrong:
        lines = [f"{file.name}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors(include_url=False)]
        raise CasesWrong("\n".join(lines)) from wrong


def _refuse_doubles(found: list[Filed]) -> None:
    seen: set[str] = set()
    for filed in found:
        if filed.name in seen:
            raise CasesWrong(f"two cases are named {filed.name}")
        seen.add(filed.name)
    cases = {filed.case.case for filed in found}
    for filed in found:
        if filed.case.twin and filed.case.twin not in cases:
            raise CasesWrong(f"{filed.name}: there is no case {filed.case.twin} to be the twin of")


def schema_text() -> str:
    return json.dumps(Suite.model_json_schema(by_alias=True), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
