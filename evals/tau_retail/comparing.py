"""What has changed in the foreign shop, and whether it is what should have. Lists are ordered, amounts count to two decimals, and
what is null is not there."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, Table, select

from commerce.connections import Connection
from commerce.database import Database

from .adapter import order_form, user_form
from .data import Entities, database
from .looking import order_from, user_from
from .tables import ENTITIES, LINE, METHOD, ORDER, PAYMENT, REQUEST, TOUCHED, USER


def plain(thing: Any) -> Any:
    """As it is compared."""
    if isinstance(thing, dict):
        return {name: plain(part) for name, part in thing.items() if part is not None}
    if isinstance(thing, list):
        return [plain(part) for part in thing]
    return round(thing, 2) + 0.0 if isinstance(thing, float) else thing


async def touched(shop: Database) -> dict[str, set[str]]:
    """Ids of the entities that were written, by kind."""
    async with shop.read() as db:
        rows = (await db.execute(select(TOUCHED))).all()
    return {kind: {row.id for row in rows if row.kind == kind} for kind in ENTITIES}


async def changed(shop: Database) -> Entities:
    """Every entity that differs from τ's initial database, as it is now."""
    seen, first = await touched(shop), database()
    now = await exported(shop, seen["orders"], seen["users"])
    found = {
        kind: {id: form for id, form in now[kind].items() if form != plain(first[kind][id])}
        for kind in ("orders", "users")
    }
    return found | ({"products": {key: {} for key in seen["products"]}} if seen["products"] else {})


def differences(found: Entities, due: Mapping[str, Any]) -> list[str]:
    """In a few words each; none where all is as it should be."""
    return [
        f"{kind[:-1]} {id}: {_difference(found.get(kind, {}).get(id), plain(due.get(kind, {}).get(id)))}"
        for kind in sorted({*found, *due})
        for id in sorted({*found.get(kind, {}), *due.get(kind, {})})
        if found.get(kind, {}).get(id) != plain(due.get(kind, {}).get(id))
    ]


def _difference(found: Any, due: Any) -> str:
    if found is None or due is None:
        return "should have changed and did not" if found is None else "changed and should not have"
    names = sorted(name for name in {*found, *due} if found.get(name) != due.get(name))
    return "; ".join(f"{name} is {found.get(name)} instead of {due.get(name)}" for name in names)


async def exported(
    shop: Database, orders: Collection[str] | None = None, users: Collection[str] | None = None
) -> Entities:
    """In τ's form; all of them, where none are named."""
    async with shop.snapshot() as db:
        found_orders = await _rows(db, _some(ORDER, "order_id", orders))
        lines = await _by(db, LINE, "order_id", orders)
        payments = await _by(db, PAYMENT, "order_id", orders)
        requests = await _by(db, REQUEST, "order_id", orders)
        found_users = await _rows(db, _some(USER, "user_id", users))
        methods = await _by(db, METHOD, "user_id", users)
        theirs = await _by(db, ORDER, "user_id", users)
    return {
        "orders": {
            row.order_id: plain(order_form(order_from(row, lines[row.order_id], payments[row.order_id], request)))
            for row in found_orders
            for request in requests[row.order_id] or [None]
        },
        "users": {
            row.user_id: plain(
                user_form(user_from(row, methods[row.user_id], [o.order_id for o in theirs[row.user_id]]))
            )
            for row in found_users
        },
    }


def _some(table: Table, key: str, ids: Collection[str] | None) -> Select[Any]:
    found = select(table)
    if "position" in table.c:
        found = found.order_by(table.c.position)
    return found if ids is None else found.where(table.c[key].in_(list(ids)))


async def _rows(db: Connection, wanted: Select[Any]) -> Sequence[Any]:
    return (await db.execute(wanted)).all()


async def _by(db: Connection, table: Table, key: str, ids: Collection[str] | None) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in await _rows(db, _some(table, key, ids)):
        found[getattr(row, key)].append(row)
    return found


def same_text(ours: str, theirs: str) -> bool:
    """Whether an agent reads the same. Which price and options a modified line shows is taken from the catalogue on both sides: there
    τ's engine is wrong."""
    return ours == theirs or _read(ours) == _read(theirs)


def _read(told: str) -> Any:
    try:
        found = plain(json.loads(told))
    except ValueError:
        return told
    for line in found.get("items", []) if isinstance(found, dict) else []:
        line |= _variants()[line["item_id"]]
    return found


@lru_cache(1)
def _variants() -> dict[str, dict[str, Any]]:
    products = database()["products"].values()
    return {
        id: {"price": variant["price"], "options": variant["options"]}
        for product in products
        for id, variant in product["variants"].items()
    }
