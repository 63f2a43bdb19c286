"""The language that a conversation began in."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("chat_thread", sa.Column("language", sa.String(length=2), nullable=True))


def downgrade() -> None:
    op.drop_column("chat_thread", "language")
