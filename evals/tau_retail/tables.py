"""Tables of the foreign shop, in the world's own database and in no schema of ours. Amounts are in cents."""

from collections.abc import Iterator
from itertools import product

from sqlalchemy import JSON, BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Integer, MetaData, String, Table

METADATA = MetaData()
CURRENCY = "USD"
ADDRESS = ("address1", "address2", "city", "country", "state", "zip")


def _id(name: str, references: str = "") -> Column[str]:
    """A part of the primary key."""
    return Column(name, String(64), *([ForeignKey(references)] if references else []), primary_key=True)


def _address() -> list[Column[str]]:
    return [Column(name, String(200), nullable=False) for name in ADDRESS]


PRODUCT = Table("tau_product", METADATA, _id("product_id"), Column("name", String(100), nullable=False, unique=True))
VARIANT = Table(
    "tau_variant",
    METADATA,
    _id("item_id"),
    Column("position", Integer, nullable=False),
    Column("product_id", String(64), ForeignKey("tau_product.product_id"), nullable=False, index=True),
    Column("options", JSON, nullable=False),
    Column("price", BigInteger, CheckConstraint("price >= 0"), nullable=False),
    Column("available", Boolean, nullable=False),
)
USER = Table(
    "tau_user",
    METADATA,
    _id("user_id"),
    Column("first_name", String(100), nullable=False),
    Column("last_name", String(100), nullable=False),
    Column("email", String(254), nullable=False),
    Column("email_folded", String(254), nullable=False, unique=True),
    Column("name_folded", String(201), nullable=False, index=True),
    *_address(),
)
METHOD = Table(
    "tau_payment_method",
    METADATA,
    _id("payment_method_id"),
    Column("user_id", String(64), ForeignKey("tau_user.user_id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("source", String(16), nullable=False),
    Column("brand", String(32)),
    Column("last_four", String(4)),
    Column("balance", BigInteger, CheckConstraint("balance >= 0")),
)
"""Only gift cards have a balance."""
ORDER = Table(
    "tau_order",
    METADATA,
    _id("order_id"),
    Column("user_id", String(64), ForeignKey("tau_user.user_id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("stage", String(16), nullable=False),
    Column("items_modified", Boolean, nullable=False),
    Column("fulfillments", JSON, nullable=False),
    Column("cancel_reason", String(64)),
    *_address(),
)
"""`stage` is pending, processed, delivered or cancelled; what τ calls a status is worked out from it, `items_modified` and requests."""
LINE = Table(
    "tau_order_line",
    METADATA,
    _id("order_id", "tau_order.order_id"),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("product_id", String(64), nullable=False),
    Column("name", String(100), nullable=False),
    Column("item_id", String(64), nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("options", JSON, nullable=False),
)
"""One piece each."""
PAYMENT = Table(
    "tau_payment",
    METADATA,
    _id("order_id", "tau_order.order_id"),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("amount", BigInteger, CheckConstraint("amount >= 0"), nullable=False),
    Column("payment_method_id", String(64), nullable=False),
)
"""Rows are only added. `kind` is payment or refund."""
REQUEST = Table(
    "tau_request",
    METADATA,
    _id("order_id", "tau_order.order_id"),
    Column("kind", String(16), nullable=False),
    Column("lines", JSON, nullable=False),
    Column("payment_method_id", String(64), nullable=False),
    Column("difference", BigInteger, nullable=False),
)
"""A return or an exchange that was asked for: one an order. `lines` hold position, item_id and new_item_id (null in a return);
`difference` is what the new items cost more."""

ENTITIES: dict[str, tuple[Table, ...]] = {
    "orders": (ORDER, LINE, PAYMENT, REQUEST),
    "users": (USER, METHOD),
    "products": (PRODUCT, VARIANT),
}
"""The table of each kind of entity, and those of its parts."""
TOUCHED = Table("tau_touched", METADATA, _id("kind"), _id("id"))
"""Every entity of which any row was written, whoever wrote it: the database's own triggers say so."""


def key_of(kind: str) -> str:
    """The column that says, in each of its tables, which entity a row belongs to."""
    return next(iter(ENTITIES[kind][0].primary_key)).name


def triggers() -> Iterator[str]:
    """In SQLite's SQL, as all worlds are."""
    for kind, tables in ENTITIES.items():
        for table, (event, row) in product(tables, (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))):
            noted = f"INSERT OR IGNORE INTO {TOUCHED.name} VALUES ('{kind}', {row}.{key_of(kind)})"  # noqa: S608 (names of ours)
            yield f"CREATE TRIGGER {table.name}_{event} AFTER {event} ON {table.name} BEGIN {noted}; END"
