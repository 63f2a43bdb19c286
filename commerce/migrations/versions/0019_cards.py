"""Products as shoppers see them, as one value. They are written by the reindexing that follows a migration."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("product", sa.Column("card", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("product", "card")
