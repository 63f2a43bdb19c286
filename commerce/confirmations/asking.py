"""Asking a person, taking the answer, and using a yes once.

These are not operations: no surface offers them as such. The graph asks, the person answers through the chat's
confirmation route, and the door alone uses the answer.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from sqlalchemy import Row, Select, insert, select, update
from sqlmodel import col

from ..context import Context
from ..errors import (
    ApprovalRequired,
    ConfirmationAnswered,
    ConfirmationExpired,
    ConfirmationNotFound,
    TermsChanged,
)
from ..idempotency import digest
from .records import ConfirmationRow
from .rules import changes
from .schemas import ConfirmationView, Decision, Terms

if TYPE_CHECKING:
    from ..operation import Operation


async def ask(ctx: Context, operation: "Operation[Any, Any]", asked: BaseModel, thread: str) -> ConfirmationView:
    """Stores the question with its exact terms. The same key finds the question that is there already."""
    assert operation.terms is not None
    assert ctx.key is not None
    async with ctx.writing() as inside:
        mine = select(ConfirmationRow).where(
            col(ConfirmationRow.account) == ctx.caller.account, col(ConfirmationRow.key) == ctx.key
        )
        row = await inside.row(mine)
        if row is None:
            terms = await operation.terms(inside, asked)
            await inside.run(insert(ConfirmationRow).values(**_new(inside, operation.name, asked, terms, thread)))
            row = await inside.row(mine)
        assert row is not None
        return view_of(row)


def _new(ctx: Context, operation: str, asked: BaseModel, terms: Terms, thread: str) -> dict[str, Any]:
    latest = ctx.now + timedelta(minutes=ctx.shop.settings.confirmation_minutes)
    return {
        "id": ctx.new_id("cfm"),
        "account": ctx.caller.account,
        "thread": thread,
        "key": ctx.key,
        "operation": operation,
        "arguments": asked.model_dump(mode="json"),
        "terms": terms.model_dump(mode="json"),
        "terms_hash": digest(terms.model_dump(mode="json")),
        "status": "pending",
        "created_at": ctx.now,
        "expires_at": min(latest, terms.expires_at or latest),
    }


async def decide(ctx: Context, thread: str, confirmation: str, decision: Decision) -> ConfirmationView:
    """Takes a person's answer; the same answer again is no new one. Refuses a late or a contrary one."""
    async with ctx.writing() as inside:
        mine = _of(ctx, thread, confirmation)
        wanted = "approved" if decision == "approve" else "rejected"
        pending = update(ConfirmationRow).where(
            col(ConfirmationRow.id) == confirmation,
            col(ConfirmationRow.account) == ctx.caller.account,
            col(ConfirmationRow.thread) == thread,
            col(ConfirmationRow.status) == "pending",
            col(ConfirmationRow.expires_at) > ctx.now,
        )
        await inside.run(pending.values(status=wanted, decided_at=ctx.now))
        row = await inside.row(mine)
        if row is None:
            raise ConfirmationNotFound(confirmation)
        if row.status == "pending":
            raise ConfirmationExpired(confirmation)
        if row.status != wanted and not (row.status == "used" and wanted == "approved"):
            raise ConfirmationAnswered(confirmation, row.status)
        return view_of(row)


async def find(ctx: Context, thread: str, confirmation: str) -> ConfirmationView:
    async with ctx.reading() as inside:
        row = await inside.row(_of(ctx, thread, confirmation))
        if row is None:
            raise ConfirmationNotFound(confirmation)
        return view_of(row)


async def of_thread(ctx: Context, thread: str) -> list[ConfirmationView]:
    """All questions of a conversation, oldest first."""
    async with ctx.reading() as inside:
        found = select(ConfirmationRow).where(
            col(ConfirmationRow.account) == ctx.caller.account, col(ConfirmationRow.thread) == thread
        )
        return [view_of(row) for row in await inside.rows(found.order_by(col(ConfirmationRow.id)))]


async def use(ctx: Context, operation: "Operation[Any, Any]", asked: BaseModel) -> None:
    """Spends a yes, inside the transaction of what it allows.

    Refuses unless the approved, unexpired, unused question was asked for this caller, this call, this operation and these
    arguments, and its terms, worked out anew, are still the same.
    """
    assert operation.terms is not None
    spent = update(ConfirmationRow).where(
        col(ConfirmationRow.id) == ctx.confirmation,
        col(ConfirmationRow.account) == ctx.caller.account,
        col(ConfirmationRow.key) == ctx.key,
        col(ConfirmationRow.operation) == operation.name,
        col(ConfirmationRow.status) == "approved",
        col(ConfirmationRow.expires_at) > ctx.now,
    )
    if not await ctx.run(spent.values(status="used", used_at=ctx.now)):
        raise ApprovalRequired(operation.name)
    row = await ctx.row(select(ConfirmationRow).where(col(ConfirmationRow.id) == ctx.confirmation))
    assert row is not None
    if row.arguments != asked.model_dump(mode="json"):
        raise ApprovalRequired(operation.name)
    now = await operation.terms(ctx, asked)
    if digest(now.model_dump(mode="json")) != row.terms_hash:
        raise TermsChanged(changes(Terms.model_validate(row.terms), now))


def _of(ctx: Context, thread: str, confirmation: str) -> Select[Any]:
    return select(ConfirmationRow).where(
        col(ConfirmationRow.id) == confirmation,
        col(ConfirmationRow.account) == ctx.caller.account,
        col(ConfirmationRow.thread) == thread,
    )


def view_of(row: Row[Any]) -> ConfirmationView:
    return ConfirmationView(
        confirmation=row.id,
        operation=row.operation,
        terms=Terms.model_validate(row.terms),
        status=row.status,
        expires_at=row.expires_at,
    )
