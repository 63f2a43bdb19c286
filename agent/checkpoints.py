"""Where a turn that waits for a yes is kept: LangGraph's checkpoints in our own database, SQLite or MySQL alike.

A checkpoint thread is one turn, and is deleted when the turn ends.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_id,
    get_checkpoint_metadata,
)
from sqlalchemy import ColumnElement, Row, delete, insert, select
from sqlmodel import col

from .records import CheckpointRow, CheckpointWriteRow
from .store import Store


class SqlCheckpointSaver(BaseCheckpointSaver[str]):
    """Async only: the service has no other callers."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        where = [*_in_thread(CheckpointRow, config)]
        if checkpoint_id := get_checkpoint_id(config):
            where.append(col(CheckpointRow.checkpoint_id) == checkpoint_id)
        newest = select(CheckpointRow).where(*where).order_by(col(CheckpointRow.checkpoint_id).desc()).limit(1)
        async with self._store.read() as db:
            row = (await db.execute(newest)).one_or_none()
            return await self._tuple(db, row) if row else None

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        where = _listed(config, before)
        async with self._store.read() as db:
            newest_first = select(CheckpointRow).where(*where).order_by(col(CheckpointRow.checkpoint_id).desc())
            rows = [r for r in await db.execute(newest_first) if (filter or {}).items() <= r.meta.items()]
            found = [await self._tuple(db, row) for row in rows[:limit]]
        for one in found:
            yield one

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        place = config["configurable"]
        kind, body = self.serde.dumps_typed(checkpoint)
        row = {
            "thread_id": place["thread_id"],
            "ns": place.get("checkpoint_ns", ""),
            "checkpoint_id": checkpoint["id"],
        }
        facts = {
            "parent_id": get_checkpoint_id(config),
            "kind": kind,
            "body": body,
            "meta": get_checkpoint_metadata(config, metadata),
        }
        async with self._store.write() as db:
            await db.execute(delete(CheckpointRow).filter_by(**row))
            await db.execute(insert(CheckpointRow).values(**row, **facts))
        return _config(row["thread_id"], row["ns"], row["checkpoint_id"])

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Numbered writes are kept as first written; those of special channels are replaced."""
        place = config["configurable"]
        common = {
            "thread_id": place["thread_id"],
            "ns": place.get("checkpoint_ns", ""),
            "checkpoint_id": place["checkpoint_id"],
            "task_id": task_id,
        }
        async with self._store.write() as db:
            held = {idx for (idx,) in await db.execute(select(col(CheckpointWriteRow.idx)).filter_by(**common))}
            for position, (channel, value) in enumerate(writes):
                idx = WRITES_IDX_MAP.get(channel, position)
                if idx in held and idx >= 0:
                    continue
                kind, body = self.serde.dumps_typed(value)
                await db.execute(delete(CheckpointWriteRow).filter_by(**common, idx=idx))
                facts = {"channel": channel, "kind": kind, "body": body, "task_path": task_path}
                await db.execute(insert(CheckpointWriteRow).values(**common, idx=idx, **facts))

    async def adelete_thread(self, thread_id: str) -> None:
        async with self._store.write() as db:
            await db.execute(delete(CheckpointRow).where(col(CheckpointRow.thread_id) == thread_id))
            await db.execute(delete(CheckpointWriteRow).where(col(CheckpointWriteRow.thread_id) == thread_id))

    async def _tuple(self, db: Any, row: Row[Any]) -> CheckpointTuple:
        mine = {"thread_id": row.thread_id, "ns": row.ns, "checkpoint_id": row.checkpoint_id}
        order = col(CheckpointWriteRow.task_path), col(CheckpointWriteRow.task_id), col(CheckpointWriteRow.idx)
        writes = await db.execute(select(CheckpointWriteRow).filter_by(**mine).order_by(*order))
        return CheckpointTuple(
            config=_config(**mine),
            checkpoint=self.serde.loads_typed((row.kind, row.body)),
            metadata=row.meta,
            parent_config=_config(row.thread_id, row.ns, row.parent_id) if row.parent_id else None,
            pending_writes=[(w.task_id, w.channel, self.serde.loads_typed((w.kind, w.body))) for w in writes],
        )


class LazySaver(SqlCheckpointSaver):
    """Of a turn that begins: writes its checkpoint when it comes to wait for a yes, and never looks for one. Most turns end
    without a question, and theirs would be deleted as soon as it is written."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._held: dict[str, list[Callable[[], Awaitable[Any]]]] = {}

    def begin(self, turn: str) -> None:
        self._held[turn] = []

    async def keep(self, turn: str) -> None:
        """It waits, and may go on in another process."""
        for write in self._held.pop(turn, []):
            await write()

    async def forget(self, turn: str) -> None:
        """It has ended."""
        if self._held.pop(turn, None) is None:
            await self.adelete_thread(turn)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        return None if config["configurable"]["thread_id"] in self._held else await super().aget_tuple(config)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        place = config["configurable"]
        put = partial(super().aput, config, checkpoint, metadata, new_versions)
        if place["thread_id"] not in self._held:
            return await put()
        self._held[place["thread_id"]].append(put)
        return _config(place["thread_id"], place.get("checkpoint_ns", ""), checkpoint["id"])

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        put = partial(super().aput_writes, config, writes, task_id, task_path)
        if (held := self._held.get(config["configurable"]["thread_id"])) is None:
            await put()
        else:
            held.append(put)


def _config(thread_id: str, ns: str, checkpoint_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": ns, "checkpoint_id": checkpoint_id}}


def _in_thread(table: Any, config: RunnableConfig) -> list[ColumnElement[bool]]:
    place = config["configurable"]
    return [table.thread_id == place["thread_id"], table.ns == place.get("checkpoint_ns", "")]


def _listed(config: RunnableConfig | None, before: RunnableConfig | None) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if config is not None:
        where.append(col(CheckpointRow.thread_id) == config["configurable"]["thread_id"])
        if (ns := config["configurable"].get("checkpoint_ns")) is not None:
            where.append(col(CheckpointRow.ns) == ns)
        if checkpoint_id := get_checkpoint_id(config):
            where.append(col(CheckpointRow.checkpoint_id) == checkpoint_id)
    if before is not None and (limit := get_checkpoint_id(before)):
        where.append(col(CheckpointRow.checkpoint_id) < limit)
    return where
