"""τ's database into the foreign shop's tables. Each user is a customer of ours too, of the same id, so that sessions know them."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, insert, text

from commerce.accounts.records import AccountRow
from commerce.shop import Shop

from .reads import folded_name
from .tables import ADDRESS, LINE, METADATA, METHOD, ORDER, PAYMENT, PRODUCT, USER, VARIANT, triggers

Rows = Iterator[dict[str, Any]]


def cents(amount: float) -> int:
    return int(Decimal(str(amount)).scaleb(2).to_integral_value())


async def import_shop(shop: Shop, tau: dict[str, Any]) -> None:
    """Into an empty database with our schema."""
    async with shop.database.write() as db:
        await db.run_sync(METADATA.create_all)
        accounts = AccountRow.__table__  # type: ignore[attr-defined]
        await db.execute(insert(accounts), list(_accounts(tau, shop.clock())))
        for table, rows in rows_of(tau).items():
            await db.execute(insert(table), rows)
        for trigger in triggers():
            await db.execute(text(trigger))


def rows_of(tau: dict[str, Any]) -> dict[Table, list[dict[str, Any]]]:
    """By table, in an order in which they can be written."""
    read: dict[Table, Callable[[dict[str, Any]], Rows]] = {
        PRODUCT: _products,
        VARIANT: _variants,
        USER: _users,
        METHOD: _methods,
        ORDER: _orders,
        LINE: _lines,
        PAYMENT: _payments,
    }
    return {table: list(rows(tau)) for table, rows in read.items()}


def _accounts(tau: dict[str, Any], now: datetime) -> Rows:
    """Under a name that says nothing: the agent has to find out whom it talks to."""
    for user in tau["users"].values():
        email = user["email"].casefold()
        yield {"id": user["user_id"], "email": email, "name": "a customer", "role": "customer", "created_at": now}


def _products(tau: dict[str, Any]) -> Rows:
    for product in tau["products"].values():
        yield {"product_id": product["product_id"], "name": product["name"]}


def _variants(tau: dict[str, Any]) -> Rows:
    for product in tau["products"].values():
        for position, variant in enumerate(product["variants"].values()):
            facts = {"position": position, "product_id": product["product_id"], "price": cents(variant["price"])}
            yield {name: variant[name] for name in ("item_id", "options", "available")} | facts


def _users(tau: dict[str, Any]) -> Rows:
    for user in tau["users"].values():
        first, last = user["name"]["first_name"], user["name"]["last_name"]
        yield {
            "user_id": user["user_id"],
            "first_name": first,
            "last_name": last,
            "email": user["email"],
            "email_folded": user["email"].casefold(),
            "name_folded": folded_name(first, last),
            **_address(user),
        }


def _methods(tau: dict[str, Any]) -> Rows:
    for user in tau["users"].values():
        for position, method in enumerate(user["payment_methods"].values()):
            yield {
                "payment_method_id": method["id"],
                "user_id": user["user_id"],
                "position": position,
                "source": method["source"],
                "brand": method.get("brand"),
                "last_four": method.get("last_four"),
                "balance": cents(method["balance"]) if "balance" in method else None,
            }


def _orders(tau: dict[str, Any]) -> Rows:
    places = {order: at for user in tau["users"].values() for at, order in enumerate(user["orders"])}
    for order in tau["orders"].values():
        yield {
            "order_id": order["order_id"],
            "user_id": order["user_id"],
            "position": places[order["order_id"]],
            "stage": order["status"],
            "items_modified": False,
            "fulfillments": order["fulfillments"],
            "cancel_reason": None,
            **_address(order),
        }


def _lines(tau: dict[str, Any]) -> Rows:
    for order in tau["orders"].values():
        for position, line in enumerate(order["items"]):
            names = ("name", "product_id", "item_id", "options")
            facts = {"order_id": order["order_id"], "position": position, "price": cents(line["price"])}
            yield {name: line[name] for name in names} | facts


def _payments(tau: dict[str, Any]) -> Rows:
    for order in tau["orders"].values():
        for position, paid in enumerate(order["payment_history"]):
            yield {
                "order_id": order["order_id"],
                "position": position,
                "kind": paid["transaction_type"],
                "amount": cents(paid["amount"]),
                "payment_method_id": paid["payment_method_id"],
            }


def _address(holder: dict[str, Any]) -> dict[str, str]:
    return {name: holder["address"][name] for name in ADDRESS}
