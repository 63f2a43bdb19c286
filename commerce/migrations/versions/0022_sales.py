"""Orders by the day of their payment, for sales figures."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_index("ix_orders_paid", "orders", ["paid_at"])


def downgrade() -> None:
    op.drop_index("ix_orders_paid", "orders")
