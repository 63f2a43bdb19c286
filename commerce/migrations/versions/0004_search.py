"""Search: attributes to filter and count by, words to correct by, places instead of weights, and an index for each order."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TABLE: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
BY_ONE = ("lowest_price", "created_at", "sold")
BY_TWO = {"price": "lowest_price", "age": "created_at", "sales": "sold"}


def upgrade() -> None:
    op.create_table(
        "variant_attribute",
        sa.Column("sku", sa.String(64), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("attribute", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.String(120), nullable=False),
        sa.Column("shown_name", sa.String(64), nullable=False),
        sa.Column("shown_value", sa.String(120), nullable=False),
        sa.Column("product", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("sku", "language", "attribute"),
        **TABLE,
    )
    op.create_index("ix_variant_attribute_product", "variant_attribute", ["product"])
    op.create_index("ix_variant_attribute_value", "variant_attribute", ["name", "value", "product"])
    op.create_table(
        "search_word",
        sa.Column("word", sa.String(24), nullable=False),
        sa.Column("stem", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("word"),
        **TABLE,
    )
    op.create_index("ix_search_word_stem", "search_word", ["stem"])
    op.create_table(
        "search_slip",
        sa.Column("slip", sa.String(24), nullable=False),
        sa.Column("word", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("slip", "word"),
        **TABLE,
    )
    op.add_column("product", sa.Column("name_length", sa.Integer(), nullable=False, server_default="0"))
    for column in BY_ONE:
        op.drop_index(f"ix_product_{column}", "product")
    for name, column in BY_TWO.items():
        op.create_index(f"ix_product_by_{name}", "product", [column, "slug"])
    _forget_what_was_indexed()
    if op.get_bind().dialect.name != "sqlite":
        op.add_column("product_search", sa.Column("place", sa.Integer(), nullable=False))
        op.drop_column("product_search", "own")
        op.drop_column("product_search", "weight")


def downgrade() -> None:
    _forget_what_was_indexed()
    if op.get_bind().dialect.name != "sqlite":
        op.add_column("product_search", sa.Column("own", sa.Boolean(), nullable=False))
        op.add_column("product_search", sa.Column("weight", sa.Integer(), nullable=False))
        op.drop_column("product_search", "place")
    for name in BY_TWO:
        op.drop_index(f"ix_product_by_{name}", "product")
    for column in BY_ONE:
        op.create_index(f"ix_product_{column}", "product", [column])
    op.drop_column("product", "name_length")
    op.drop_table("search_slip")
    op.drop_table("search_word")
    op.drop_table("variant_attribute")


def _forget_what_was_indexed() -> None:
    """It is written anew after a migration (`shop.prepare`)."""
    op.execute("DELETE FROM product_search")
