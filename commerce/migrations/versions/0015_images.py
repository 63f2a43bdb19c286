"""Files of images."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0015"
down_revision = "0014"

MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "image_file",
        sa.Column("file", sa.String(64), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("file"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index("ix_image_file_due_at", "image_file", ["due_at"])


def downgrade() -> None:
    op.drop_table("image_file")
