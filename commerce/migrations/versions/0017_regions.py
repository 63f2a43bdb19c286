"""What deliveries cost where, and tax rates."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("delivery_option", sa.Column("everywhere", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_table(
        "delivery_rate",
        sa.Column("delivery_option", sa.String(80), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("region", sa.String(100), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("free_from", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_option"], ["delivery_option.slug"]),
        sa.PrimaryKeyConstraint("delivery_option", "country", "region"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_table(
        "tax_rate",
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("region", sa.String(100), nullable=False),
        sa.Column("category", sa.String(80), nullable=False),
        sa.Column("basis_points", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("on_delivery", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("country", "region", "category"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )


def downgrade() -> None:
    op.drop_table("tax_rate")
    op.drop_table("delivery_rate")
    op.drop_column("delivery_option", "everywhere")
