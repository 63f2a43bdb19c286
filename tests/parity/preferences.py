"""Cases of preferences."""

from typing import Any

from tests.parity.case import Case, nothing
from tests.worlds import Shopper

SIZE = {"said": "I wear size M", "kind": "size"}


async def remembered(ada: Shopper) -> dict[str, Any]:
    return {"preference": (await ada("remember_preference", **SIZE)).items[0].preference}


async def some(ada: Shopper) -> dict[str, Any]:
    await remembered(ada)
    return {}


CASES = {
    "remember_preference": Case(nothing, SIZE, {"said": ""}),
    "list_preferences": Case(some, {}, {"no_such_field": 1}),
    "forget_preference": Case(remembered, {}, {"preference": "prf_unknown"}),
    "forget_all_preferences": Case(some, {}, {"no_such_field": 1}),
}
