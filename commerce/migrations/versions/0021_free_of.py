"""What goods say that they are free of, in the search index. Every category is marked stale, so that it is written afterwards."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0021"
down_revision = "0020"

MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.execute(sa.table("category", sa.column("stale_at", MOMENT)).update().values(stale_at=datetime.now(UTC)))


def downgrade() -> None:
    """The tokens do no harm."""
