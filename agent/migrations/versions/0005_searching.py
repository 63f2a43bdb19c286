"""The words of a turn, to be searched."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TURNS = sa.table("chat_turn", sa.column("id"), sa.column("answer", sa.JSON()), sa.column("words"))
AT_ONCE = 500


def upgrade() -> None:
    op.add_column("chat_turn", sa.Column("words", sa.Text(), nullable=True))
    db, after = op.get_bind(), ""
    while rows := db.execute(
        sa.select(TURNS.c.id, TURNS.c.answer).where(TURNS.c.id > after).order_by(TURNS.c.id).limit(AT_ONCE)
    ).all():
        for row in rows:
            texts = [row.answer["said"], *(part["text"] for part in row.answer["parts"])]
            words = unicodedata.normalize("NFKC", "\n".join(texts)).casefold()[:16_000]
            db.execute(sa.update(TURNS).where(TURNS.c.id == row.id).values(words=words))
        after = rows[-1].id


def downgrade() -> None:
    op.drop_column("chat_turn", "words")
