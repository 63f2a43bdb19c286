"""Pure rules of the foreign shop."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

REASONS = ("no longer needed", "ordered by mistake")


class Pay(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def amount(self) -> int: ...
    @property
    def payment_method_id(self) -> str: ...


class Refund(NamedTuple):
    payment_method_id: str
    amount: int


def status_of(stage: str, items_modified: bool, request: str | None) -> str:
    """What τ calls a status."""
    if request:
        return f"{request} requested"
    return "pending (item modified)" if items_modified else stage


def lines_of(lines: Sequence[Any], item_ids: Sequence[str]) -> tuple[list[Any], str | None]:
    """The line that each id means, the first first, all found before anything changes; or the id that is asked too often."""
    left = {item: [line for line in lines if line.item_id == item] for item in set(item_ids)}
    for item in item_ids:
        if item_ids.count(item) > len(left[item]):
            return [], item
    return [left[item].pop(0) for item in item_ids], None


def held(payments: Iterable[Pay]) -> list[Refund]:
    """What each method has paid and not got back, in the order in which they paid first."""
    sums: dict[str, int] = {}
    for paid in payments:
        sign = 1 if paid.kind == "payment" else -1
        sums[paid.payment_method_id] = sums.get(paid.payment_method_id, 0) + sign * paid.amount
    return [Refund(method, amount) for method, amount in sums.items() if amount > 0]
