"""Unpaid orders know what was cancelled of them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("orders", sa.Column("taken_off", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("orders", "taken_off")
