"""Idempotency keys: the same request sent twice has one effect and one answer."""

import hashlib
import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel
from sqlalchemy import bindparam, delete, insert, select, update
from sqlmodel import Field, col

from .database import ID, JSON_VALUE, Moment, Record
from .errors import IdempotencyKeyReused, Refusal, StillRunning, all_refusals

if TYPE_CHECKING:
    from .context import Context
    from .operation import Operation

KEPT = timedelta(hours=24)
LEASE = timedelta(seconds=10)
"""After this long a request that is still running is taken for dead; its follow-up, which can run twice, is taken over."""


class IdempotencyRow(Record, table=True):
    __tablename__ = "idempotency"

    scope: str = Field(primary_key=True, sa_type=ID)
    request_hash: str = Field(sa_type=ID)
    operation: str = Field(max_length=64)
    status: str = Field(max_length=16)
    state: dict[str, Any] | None = Field(default=None, sa_type=JSON_VALUE)
    """What the follow-up needs, between the first transaction and the answer."""
    answer: dict[str, Any] | None = Field(default=None, sa_type=JSON_VALUE)
    lease_until: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment, index=True)


TAKE = insert(IdempotencyRow).prefix_with("OR IGNORE", dialect="sqlite").prefix_with("IGNORE", dialect="mysql")
HELD = select(IdempotencyRow).where(col(IdempotencyRow.scope) == bindparam("scope"))
TAKE_OVER = (
    update(IdempotencyRow)
    .where(col(IdempotencyRow.scope) == bindparam("of"), col(IdempotencyRow.lease_until) <= bindparam("now"))
    .values(lease_until=bindparam("until"))
)
"""Only for a lease that is over: on MySQL, all who came with the same key have a part of its row's lock, and would wait for
each other in a circle."""
KEEP_STATE = update(IdempotencyRow).where(col(IdempotencyRow.scope) == bindparam("of")).values(state=bindparam("left"))
KEEP_ANSWER = (
    update(IdempotencyRow)
    .where(col(IdempotencyRow.scope) == bindparam("of"))
    .values(status="done", answer=bindparam("said"))
)


class Claim(NamedTuple):
    """A key that this call holds, and what an earlier call with it has left."""

    scope: str
    done: bool = False
    answer: Any = None
    state: Any = None
    resumed: bool = False


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()


async def claim(ctx: "Context", operation: "Operation[Any, Any]", asked: BaseModel, *, again: bool = False) -> Claim:
    """Takes the key for this call, or finds what an earlier one answered.

    Scoped to caller, operation and resource (the path's values). Refuses another body under the same key, and a first
    call that is still running. `again`: this very call may have taken the key before, and only the word of it got lost.
    """
    fields = asked.model_dump(mode="json")
    resource = {name: fields[name] for name in operation.path_fields}
    scope = digest([ctx.caller.account, ctx.surface, operation.name, resource, ctx.key])
    request_hash = digest(fields)
    if await _take(ctx, scope, request_hash, operation.name):
        return Claim(scope)
    row = await ctx.row(HELD, scope=scope)
    if row is None or row.expires_at <= ctx.now:
        await ctx.run(delete(IdempotencyRow).where(col(IdempotencyRow.scope) == scope))
        await _take(ctx, scope, request_hash, operation.name)
        return Claim(scope)
    if row.request_hash != request_hash:
        raise IdempotencyKeyReused()
    if row.status == "done":
        return Claim(scope, done=True, answer=row.answer)
    if not again and (
        row.lease_until > ctx.now or not await ctx.run(TAKE_OVER, of=scope, now=ctx.now, until=ctx.now + LEASE)
    ):
        raise StillRunning()
    return Claim(scope, state=row.state, resumed=True)


async def _take(ctx: "Context", scope: str, request_hash: str, operation: str) -> int:
    """Waits for whoever takes the same key in this moment; 0 when the key is held."""
    return await ctx.run(
        TAKE,
        scope=scope,
        request_hash=request_hash,
        operation=operation,
        status="running",
        state=None,
        answer=None,
        lease_until=ctx.now + LEASE,
        expires_at=ctx.now + KEPT,
    )


async def keep_state(ctx: "Context", scope: str, state: Any) -> None:
    await ctx.run(KEEP_STATE, of=scope, left=state)


async def keep_answer(ctx: "Context", scope: str, answer: BaseModel | Refusal) -> None:
    await ctx.run(KEEP_ANSWER, of=scope, said=packed(answer))


def packed(answer: BaseModel | Refusal) -> Any:
    if isinstance(answer, Refusal):
        return {"refusal": answer.code, "facts": asdict(answer)}  # type: ignore[call-overload]  # every refusal is a dataclass
    return {"view": answer.model_dump(mode="json")}


def unpacked(answer: Any, output: type[BaseModel]) -> BaseModel:
    """The first answer again; a refusal is raised again."""
    if "refusal" in answer:
        raise all_refusals()[answer["refusal"]](**answer["facts"])
    return output.model_validate(answer["view"])


async def release_all(ctx: "Context") -> None:
    """For the start of an installation's only process: nobody is still at what the last one was at."""
    await ctx.run(update(IdempotencyRow).where(col(IdempotencyRow.status) == "running").values(lease_until=ctx.now))


async def forget_old(ctx: "Context") -> int:
    return await ctx.run(delete(IdempotencyRow).where(col(IdempotencyRow.expires_at) <= ctx.now))
