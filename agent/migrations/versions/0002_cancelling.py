"""The wish to stop a turn."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("chat_turn", sa.Column("cancel_asked_at", MOMENT, nullable=True))


def downgrade() -> None:
    op.drop_column("chat_turn", "cancel_asked_at")
