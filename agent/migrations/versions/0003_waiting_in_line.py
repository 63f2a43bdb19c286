"""Turns that wait until their conversation is free."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("chat_turn", sa.Column("alive_until", MOMENT, nullable=True))


def downgrade() -> None:
    op.drop_column("chat_turn", "alive_until")
