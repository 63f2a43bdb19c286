"""Products as shoppers see them, as one value. Every category is marked stale, so that the cards are written afterwards."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0019"
down_revision = "0018"

MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.add_column("product", sa.Column("card", sa.JSON(), nullable=True))
    op.execute(sa.table("category", sa.column("stale_at", MOMENT)).update().values(stale_at=datetime.now(UTC)))


def downgrade() -> None:
    op.drop_column("product", "card")
