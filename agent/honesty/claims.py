"""What an answer claims: amounts, names of things, links, and things done, each as it stands in the text.

Words and patterns are in `claims.yaml`.
"""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict

from ..language import Language

Kind = Literal["amount", "id", "link", "action"]
LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"'«»，。）)\]]+", re.I)
SENTENCE = re.compile(r"[^.!?。！？；\n]+(?:[.](?=\d)[^.!?。！？；\n]*)*[.!?。！？；]*[✅🎉]*")
NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+|,\d\d(?!\d))?"
ALIKE = {c: "-" for c in range(0x2010, 0x2016)} | {0x2212: "-", 0xFFE5: "¥", 0x00A0: " ", 0x202F: " ", 0x2019: "'"}
ALIKE |= {wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F) if chr(wide) not in "！？，；："}
"""Characters that are read as others, one for one."""


class Claim(NamedTuple):
    kind: Kind
    text: str
    """As it stands in the answer."""
    amount: Decimal | None = None
    currencies: frozenset[str] = frozenset()
    """That the amount may be in; none where no currency is named."""
    action: str = ""
    earlier: bool = False
    """It may tell of an earlier turn."""
    at: int = 0
    """Where it begins in the answer."""


class Action(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    receipts: frozenset[str]
    states: frozenset[str] = frozenset()
    en: tuple[str, ...]
    zh: tuple[str, ...]


class Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    note: dict[Language, str]
    currencies: dict[str, frozenset[str]]
    not_amounts: frozenset[str]
    units: str
    limits: dict[Literal["before", "behind"], str]
    ids: tuple[str, ...]
    undone: dict[Language, str]
    earlier: dict[Language, str]
    actions: dict[str, Action]


@lru_cache(1)
def words() -> Words:
    return Words.model_validate(yaml.safe_load((Path(__file__).parent / "claims.yaml").read_text(encoding="utf-8")))


@lru_cache(64)
def claims_in(text: str) -> tuple[Claim, ...]:
    """An answer is looked through when it is whole, and again when the turn stands still."""
    plain = text.translate(ALIKE)
    found = [*_links(plain)]
    rest = LINK.sub(lambda link: " " * len(link[0]), plain)
    found += [*_ids(rest), *(amount for amount in amounts_in(rest) if not _is_limit(amount, rest)), *_actions(rest)]
    return tuple(claim._replace(text=text[claim.at : claim.at + len(claim.text)]) for claim in found)


def _links(text: str) -> Iterator[Claim]:
    for found in LINK.finditer(text):
        yield Claim("link", found[0].rstrip(".,;:!?"), at=found.start())


def _ids(text: str) -> Iterator[Claim]:
    for pattern in _id_patterns():
        for found in pattern.finditer(text):
            group = found.lastindex or 0
            yield Claim("id", found[group], at=found.start(group))


@lru_cache(1)
def _id_patterns() -> list[re.Pattern[str]]:
    return [re.compile(pattern, re.I) for pattern in words().ids]


def amounts_in(text: str) -> Iterator[Claim]:
    """With a sign or word of money, or with two digits behind the point."""
    for found in _amount_pattern().finditer(text):
        sign = (found["before"] or found["behind"] or "").casefold().strip()
        number = _number(found["a"] or found["b"] or found["c"])
        if number is not None:
            yield Claim("amount", found[0], number, _currencies().get(sign, frozenset()), at=found.start())


def _is_limit(amount: Claim, text: str) -> bool:
    before, behind = text[: amount.at], text[amount.at + len(amount.text) :]
    limits = words().limits
    return bool(re.search(limits["before"], before[-24:], re.I) or re.search(limits["behind"], behind[:24], re.I))


def _number(written: str) -> Decimal | None:
    comma = re.fullmatch(r"(\d+),(\d\d)", written)
    try:
        return Decimal(f"{comma[1]}.{comma[2]}" if comma else written.replace(",", ""))
    except InvalidOperation:
        return None


@lru_cache(1)
def _currencies() -> dict[str, frozenset[str]]:
    codes = {code: frozenset([code]) for held in words().currencies.values() for code in held}
    return {sign.casefold(): held for sign, held in (codes | words().currencies).items()}


@lru_cache(1)
def _amount_pattern() -> re.Pattern[str]:
    signs = sorted(map(re.escape, _currencies()), key=len, reverse=True)
    either = "|".join(rf"(?<![a-z]){sign}(?![a-z])" if sign[0].isalpha() and sign.isascii() else sign for sign in signs)
    before = rf"(?P<before>{either})\s?(?P<a>{NUMBER})"
    behind = rf"(?<![\w.,-])(?P<b>{NUMBER})\s?(?P<behind>{either})"
    alone = r"(?<![\w.,/-])(?P<c>(?:\d{1,3}(?:,\d{3})+|\d+)\.\d\d)(?![\w.%]|\s?%|-\w|" + words().units + ")"
    return re.compile(f"{before}|{behind}|{alone}", re.I)


def _actions(text: str) -> Iterator[Claim]:
    if not _any_action().search(text):
        return
    for part in SENTENCE.finditer(text):
        sentence = part[0]
        language: Language = "zh" if re.search("[\u4e00-\u9fff]", sentence) else "en"
        if re.search(words().undone[language], sentence, re.I):
            continue
        earlier = bool(re.search(words().earlier[language], sentence, re.I))
        for action, patterns in _action_patterns().items():
            if found := patterns.search(sentence):
                at = part.start() + found.start()
                yield Claim("action", found[0].rstrip(), action=action, earlier=earlier, at=at)


@lru_cache(1)
def _any_action() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for a in words().actions.values() for p in (*a.en, *a.zh)), re.I)


@lru_cache(1)
def _action_patterns() -> dict[str, re.Pattern[str]]:
    """By action: any of its patterns."""
    return {
        name: re.compile("|".join(f"(?:{p})" for p in (*action.en, *action.zh)), re.I)
        for name, action in words().actions.items()
    }
