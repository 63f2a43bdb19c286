"""The turns of a conversation by their status, and the messages of a turn, found without looking at all the others."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_index("ix_chat_turn_thread_status", "chat_turn", ["thread", "status"], unique=False)
    op.drop_index("ix_chat_turn_thread", "chat_turn")
    op.create_index("ix_chat_message_turn", "chat_message", ["turn"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_chat_message_turn", "chat_message")
    op.create_index("ix_chat_turn_thread", "chat_turn", ["thread"], unique=False)
    op.drop_index("ix_chat_turn_thread_status", "chat_turn")
