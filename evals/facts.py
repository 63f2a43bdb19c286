"""Facts in what the shop answers and in what a shopper was shown: amounts, SKUs, numbers, names; never wording."""

import re
from collections.abc import Iterator
from typing import Any

from commerce.money import Money

NAME = re.compile(r"\$[a-z_]+\d*")


def written(view: Any) -> Iterator[str]:
    """Every value of a view as a shopper reads it; money as `$12.99`."""
    if money := money_in(view):
        yield money
    elif isinstance(view, dict):
        for value in view.values():
            yield from written(value)
    elif isinstance(view, list):
        for value in view:
            yield from written(value)
    elif view is not None:
        yield str(view)


def money_in(view: Any) -> str | None:
    if isinstance(view, dict) and isinstance(view.get("amount"), int) and isinstance(view.get("currency"), str):
        return str(Money(amount=view["amount"], currency=view["currency"]))
    return None


def stands_in(fact: str, text: str) -> bool:
    """As a word or number of its own, whatever the case: `$1.99` does not stand in `$11.99`, nor `12` in `120`."""
    left = r"(?<![\w.,$-])" if fact[:1].isascii() else ""
    right = r"(?![\w-]|[.,]\d)" if fact[-1:].isascii() else ""
    return re.search(left + re.escape(fact) + right, text, re.IGNORECASE) is not None


def filled(value: Any, names: dict[str, str]) -> Any:
    """With `$order1` and the like replaced by the numbers that they stand for; those that there are not stay as they are."""
    if isinstance(value, str):
        return NAME.sub(lambda found: names.get(found[0][1:], found[0]), value)
    if isinstance(value, dict):
        return {key: filled(entry, names) for key, entry in value.items()}
    if isinstance(value, list):
        return [filled(entry, names) for entry in value]
    return value


def differs(actual: Any, expected: Any, at: str = "") -> str:
    """Where and how the answer is not what is expected; empty when it is."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return _fields_differ(actual, expected, at)
    if isinstance(expected, list) and isinstance(actual, list):
        return _entries_differ(actual, expected, at)
    is_ = money_in(actual) or actual
    return (
        "" if is_ == expected or str(is_) == str(expected) else f"{at or 'it'} is {_short(is_)}, not {_short(expected)}"
    )


def _fields_differ(actual: dict[str, Any], expected: dict[str, Any], at: str) -> str:
    for key, value in expected.items():
        if key not in actual:
            return f"{at}.{key} is missing".lstrip(".")
        if found := differs(actual[key], value, f"{at}.{key}".lstrip(".")):
            return found
    return ""


def _entries_differ(actual: list[Any], expected: list[Any], at: str) -> str:
    """Each expected entry needs one of its own, in any order."""
    if len(actual) != len(expected):
        return f"{at} has {len(actual)} entries, not {len(expected)}"
    left = list(actual)
    for wanted in expected:
        fitting = next((entry for entry in left if not differs(entry, wanted)), None)
        if fitting is None:
            return differs(left[0], wanted, at) if len(left) == 1 else f"{at} has no entry like {_short(wanted)}"
        left.remove(fitting)
    return ""


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 120 else text[:119] + "…"
