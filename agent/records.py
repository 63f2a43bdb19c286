"""Tables of conversations: threads, turns, messages, and the checkpoints of turns that wait for a yes."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, LargeBinary, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel, UTCDateTime

ID = String(64)
JSON_VALUE = JSON(none_as_null=True)
BLOB = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
TABLE_OPTIONS = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


class Moment(UTCDateTime):
    """An aware UTC time with microseconds; plain DATETIME on MySQL drops them."""

    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in {"mysql", "mariadb"}:
            from sqlalchemy.dialects import mysql  # not loaded in embedded mode

            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return super().load_dialect_impl(dialect)


class Record(SQLModel):
    """A table of the agent."""

    __table_args__: Any = TABLE_OPTIONS


class ThreadRow(Record, table=True):
    __tablename__ = "chat_thread"
    __table_args__ = (Index("ix_chat_thread_owner", "owner", "updated_at"), TABLE_OPTIONS)

    id: str = Field(primary_key=True, sa_type=ID)
    owner: str = Field(sa_type=ID)
    title: str = Field(max_length=200)
    language: str | None = Field(default=None, max_length=2)
    """Of its first message; the system prompt stays in it."""
    created_at: datetime = Field(sa_type=Moment)
    updated_at: datetime = Field(sa_type=Moment)
    running_turn: str | None = Field(default=None, sa_type=ID)
    """The one turn that may run now."""
    lease_until: datetime | None = Field(default=None, sa_type=Moment)


class TurnRow(Record, table=True):
    """What a shopper said, and what came of it."""

    __tablename__ = "chat_turn"
    __table_args__ = (Index("ix_chat_turn_thread_status", "thread", "status"), TABLE_OPTIONS)

    id: str = Field(primary_key=True, sa_type=ID)
    thread: str = Field(sa_type=ID)
    key: str | None = Field(default=None, sa_type=ID, unique=True)
    """Digest of owner, thread and Idempotency-Key."""
    status: str = Field(max_length=16)
    answer: dict[str, Any] = Field(sa_type=JSON_VALUE)
    """The TurnView so far."""
    words: str | None = Field(default=None, sa_type=Text)
    """What was said, to be searched."""
    confirmation: str | None = Field(default=None, sa_type=ID)
    """The question that it waits for, or waited for last."""
    cancel_asked_at: datetime | None = Field(default=None, sa_type=Moment)
    """When the shopper wanted it stopped, while it ran."""
    alive_until: datetime | None = Field(default=None, sa_type=Moment)
    """While it waits in line: after this its process is taken for dead."""
    created_at: datetime = Field(sa_type=Moment)


class MessageRow(Record, table=True):
    """One message, as the model saw or wrote it; only ever appended."""

    __tablename__ = "chat_message"
    __table_args__ = (
        Index("ix_chat_message_thread", "thread", "id"),
        Index("ix_chat_message_turn", "turn"),
        TABLE_OPTIONS,
    )

    id: int | None = Field(default=None, primary_key=True)
    thread: str = Field(sa_type=ID)
    turn: str = Field(sa_type=ID)
    role: str = Field(max_length=16)
    body: dict[str, Any] = Field(sa_type=JSON_VALUE)


class CompletionRow(Record, table=True):
    """Where a request went whose client sends whole histories."""

    __tablename__ = "chat_completion"

    id: str = Field(primary_key=True, sa_type=ID)
    request: str = Field(sa_type=ID, index=True)
    """Digest of the owner and of all that was said up to the shopper's message."""
    thread: str = Field(sa_type=ID, index=True)
    created_at: datetime = Field(sa_type=Moment)


class SummaryRow(Record, table=True):
    """What is left of the messages of a thread that are no longer read."""

    __tablename__ = "chat_summary"

    thread: str = Field(primary_key=True, sa_type=ID)
    upto: int = Field(sa_type=BigInteger)
    """The newest message that it holds."""
    words: str = Field(sa_type=Text)
    facts: dict[str, Any] = Field(sa_type=JSON_VALUE)
    written_by: str = Field(max_length=128)
    """The model that put it into words, or `rule`."""
    at: datetime = Field(sa_type=Moment)


class CheckpointRow(Record, table=True):
    __tablename__ = "chat_checkpoint"

    thread_id: str = Field(primary_key=True, sa_type=ID)
    ns: str = Field(primary_key=True, sa_type=ID)
    checkpoint_id: str = Field(primary_key=True, sa_type=ID)
    parent_id: str | None = Field(default=None, sa_type=ID)
    kind: str = Field(max_length=32)
    body: bytes = Field(sa_type=BLOB)
    meta: dict[str, Any] = Field(sa_type=JSON_VALUE)


class CheckpointWriteRow(Record, table=True):
    __tablename__ = "chat_checkpoint_write"

    thread_id: str = Field(primary_key=True, sa_type=ID)
    ns: str = Field(primary_key=True, sa_type=ID)
    checkpoint_id: str = Field(primary_key=True, sa_type=ID)
    task_id: str = Field(primary_key=True, sa_type=ID)
    idx: int = Field(primary_key=True)
    channel: str = Field(max_length=128)
    kind: str = Field(max_length=32)
    body: bytes = Field(sa_type=BLOB)
    task_path: str = Field(max_length=255)


class SpendRow(Record, table=True):
    """One call of a paid model. What it may cost at most is written before it is made, and what it did cost afterwards."""

    __tablename__ = "model_spend"

    id: str = Field(primary_key=True, sa_type=ID)
    turn: str = Field(sa_type=ID, index=True)
    thread: str = Field(sa_type=ID)
    shopper: str = Field(sa_type=ID)
    day: str = Field(max_length=10, index=True)
    """In UTC: `2026-01-31`."""
    model: str = Field(max_length=128)
    currency: str = Field(max_length=3)
    status: str = Field(max_length=16)
    """reserved; settled as reported; estimated, where nothing was reported. What stays reserved was cut off, and counts in full."""
    input_tokens: int = Field(sa_type=BigInteger)
    output_tokens: int = Field(sa_type=BigInteger)
    nanos: int = Field(sa_type=BigInteger)
    """Billionths of the currency."""
    at: datetime = Field(sa_type=Moment)


class SpendSumRow(Record, table=True):
    """What a turn, a thread, a shopper in a day and the shop in a day have spent and reserved."""

    __tablename__ = "model_spend_sum"

    scope: str = Field(primary_key=True, max_length=128)
    day: str = Field(max_length=10, index=True)
    """Of its first call."""
    input_tokens: int = Field(sa_type=BigInteger)
    output_tokens: int = Field(sa_type=BigInteger)
    nanos: int = Field(sa_type=BigInteger)
