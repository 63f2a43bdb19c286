"""Use cases of refund requests: asking, looking, withdrawing, reviewing, and giving of one's own accord."""

from typing import Any

from sqlalchemy import insert
from sqlmodel import col

from ..confirmations.schemas import Terms
from ..context import Context
from ..faults import reached
from ..fulfillments.viewing import locked_part, my_part
from ..operation import Effect, Who, operation
from ..orders.cancelling import left_to_give
from ..orders.contents import contents, contents_of
from ..orders.following import locked
from ..orders.history import note
from ..orders.records import OrderLineRow
from ..orders.viewing import lines_of
from ..payments.charges import my_order
from ..payments.settling import settling
from .records import RefundRequestRow
from .refusals import MoreThanItCost, RefundRequestClosed, RefundRequestNotFound
from .requesting import check_pace, move, note_of, returns, write_request
from .reviewing import approval, approve, give, pending
from .schemas import (
    ApproveRefund,
    GetRefundRequest,
    ListRefundRequests,
    ListRefundReviews,
    RefundFulfillment,
    RefundRequestList,
    RefundRequestView,
    RejectRefund,
    RequestRefund,
    WithdrawRefundRequest,
)
from .viewing import found, listed, request_view, views, with_quote


async def _request_terms(ctx: Context, asked: RequestRefund) -> Terms:
    wanted = await returns(ctx, asked)
    order = await my_order(ctx, asked.order)
    lines = [line for part in wanted for line in part.lines if line.sku in part.pieces]
    shown: Any = lines_of(order.quote, lines)
    amount = ctx.money(sum(part.amount for part in wanted))
    pieces = ", ".join(f"{q} × {sku}" for part in wanted for sku, q in part.pieces.items())
    return Terms(
        operation="request_refund",
        summary=f"Ask for {amount} back for {pieces} of the order {asked.order}; the merchant looks at it first.",
        refund=amount,
        lines=shown,
        order=asked.order,
    )


@operation(Effect.COMMIT, "POST /orders/{order}/refund-requests", who=Who.CUSTOMER, creates=True, terms=_request_terms)
async def request_refund(ctx: Context, asked: RequestRefund) -> RefundRequestList:
    """Ask to send shipped goods back and get their money: all of an order, or some lines or pieces.

    One request for each merchant's part, which that merchant reviews. What is not shipped yet is cancelled instead
    (cancel_order, cancel_order_line); what arrived too long ago is refused.
    """
    await check_pace(ctx)
    ask, wanted = ctx.new_id("ask"), await returns(ctx, asked)
    made = [await write_request(ctx, asked, part, ask) for part in wanted]
    await reached("written", "requesting")
    rows = await ctx.rows(with_quote().where(col(RefundRequestRow.id).in_(made)).order_by(col(RefundRequestRow.id)))
    return RefundRequestList(items=await views(ctx, rows), next_cursor=None)


@operation(Effect.READ, "GET /refund-requests", who=Who.CUSTOMER)
async def list_refund_requests(ctx: Context, asked: ListRefundRequests) -> RefundRequestList:
    """The shopper's own refund requests and what merchants gave back of their own accord, newest first."""
    return await listed(ctx, asked, col(RefundRequestRow.account) == ctx.caller.account, oldest_first=False)


@operation(Effect.READ, "GET /refund-requests/{refund_request}", who=Who.CUSTOMER)
async def get_refund_request(ctx: Context, asked: GetRefundRequest) -> RefundRequestView:
    """One refund request: what is asked for, and what became of it."""
    return await request_view(ctx, asked.refund_request)


@operation(Effect.WRITE, "POST /refund-requests/{refund_request}/withdraw", who=Who.CUSTOMER)
async def withdraw_refund_request(ctx: Context, asked: WithdrawRefundRequest) -> RefundRequestView:
    """Take a refund request back that nobody has reviewed yet."""
    request = await found(ctx, asked.refund_request)
    if request.account != ctx.caller.account:
        raise RefundRequestNotFound(asked.refund_request)
    await locked(ctx, request.order_number)
    if not await move(ctx, request.id, "withdrawn"):
        raise RefundRequestClosed(request.id, (await found(ctx, request.id)).status)
    await note_of(ctx, request, "refund_withdrawn")
    return await request_view(ctx, request.id)


@operation(Effect.READ, "GET /refund-reviews", who=Who.MERCHANT)
async def list_refund_reviews(ctx: Context, asked: ListRefundReviews) -> RefundRequestList:
    """Refund requests to the merchant: with status `pending` those that wait for a review, the oldest first, with their
    age; otherwise the newest first."""
    where = [] if ctx.caller.role == "admin" else [col(RefundRequestRow.merchant) == ctx.caller.merchant]
    if asked.merchant:
        where.append(col(RefundRequestRow.merchant) == asked.merchant)
    return await listed(ctx, asked, *where, oldest_first=asked.status == "pending")


async def _approve_terms(ctx: Context, asked: ApproveRefund) -> Terms:
    granted = await approval(ctx, asked)
    refund = ctx.money(granted.amount)
    pieces = ", ".join(f"{quantity} × {sku}" for sku, quantity in sorted(granted.pieces.items()))
    stock = "into stock" if asked.restock else "not into stock"
    request = granted.request
    shown: Any = lines_of(request.quote, [line for line in granted.lines if line.sku in granted.pieces])
    return Terms(
        operation="approve_refund",
        summary=f"Give {refund} back for {pieces} of the order {request.order_number}; the pieces go {stock}.",
        refund=refund,
        lines=shown,
        order=request.order_number,
        expires_at=request.expires_at,
    )


async def _request(ctx: Context, state: dict[str, str]) -> RefundRequestView:
    return await request_view(ctx, state["refund_request"])


@operation(
    Effect.COMMIT,
    "POST /refund-requests/{refund_request}/approve",
    who=Who.MERCHANT,
    terms=_approve_terms,
    then=settling(_request),
)
async def approve_refund(ctx: Context, asked: ApproveRefund) -> dict[str, str]:
    """Approve a refund request: the pieces are taken back and their money is given back.

    All that was asked for, or fewer pieces or less money with a note that says why; the delivery only with a whole part.
    """
    return {"order": await approve(ctx, asked), "refund_request": asked.refund_request}


async def _reject_terms(ctx: Context, asked: RejectRefund) -> Terms:
    request = await pending(ctx, asked.refund_request)
    lines = await contents_of(ctx, request.order_number)
    shown: Any = lines_of(request.quote, [line for line in lines if line.fulfillment == request.fulfillment])
    return Terms(
        operation="reject_refund",
        summary=f"Reject the refund request {request.id} for {ctx.money(request.amount)}: {asked.reason}.",
        lines=shown,
        order=request.order_number,
        expires_at=request.expires_at,
    )


@operation(Effect.COMMIT, "POST /refund-requests/{refund_request}/reject", who=Who.MERCHANT, terms=_reject_terms)
async def reject_refund(ctx: Context, asked: RejectRefund) -> RefundRequestView:
    """Reject a refund request with a reason that the shopper reads. Nothing comes back and no money is given."""
    request = await pending(ctx, asked.refund_request)
    reviewed = {"note": asked.reason, "reviewed_by": ctx.caller.account, "reviewed_at": ctx.now}
    if not await move(ctx, request.id, "rejected", **reviewed):
        raise RefundRequestClosed(request.id, "reviewed")
    await note_of(ctx, request, "refund_rejected", reason=asked.reason)
    return await request_view(ctx, request.id)


async def _goodwill_terms(ctx: Context, asked: RefundFulfillment) -> Terms:
    part = await my_part(ctx, asked.fulfillment)
    await _check_goodwill(ctx, asked)
    refund = ctx.money(asked.amount)
    return Terms(
        operation="refund_fulfillment",
        summary=f"Give {refund} back of the order {part.order_number}, without goods coming back: {asked.reason}.",
        refund=refund,
        order=part.order_number,
    )


async def _check_goodwill(ctx: Context, asked: RefundFulfillment) -> None:
    most = left_to_give(await contents(ctx, col(OrderLineRow.fulfillment) == asked.fulfillment))
    if asked.amount > most:
        raise MoreThanItCost(str(ctx.money(most)))


@operation(
    Effect.COMMIT,
    "POST /fulfillments/{fulfillment}/refund",
    who=Who.MERCHANT,
    terms=_goodwill_terms,
    then=settling(_request),
)
async def refund_fulfillment(ctx: Context, asked: RefundFulfillment) -> dict[str, str]:
    """Give some of a part's money back of the merchant's own accord, without goods coming back, for a reason."""
    part, order = await locked_part(ctx, asked.fulfillment)
    await _check_goodwill(ctx, asked)
    request = ctx.new_id("rfr")
    row = {"id": request, "ask": request, "kind": "goodwill", "status": "approved", "account": order.account}
    row |= {"order_number": order.number, "fulfillment": part.id, "merchant": part.merchant, "reason": asked.reason}
    row |= {"amount": asked.amount, "given": asked.amount, "delivery": False, "reviewed_by": ctx.caller.account}
    when = {"created_at": ctx.now, "expires_at": ctx.now, "reviewed_at": ctx.now}
    await ctx.run(insert(RefundRequestRow).values(**row | when))
    await give(ctx, order.number, part.id, asked.amount, asked.reason)
    about = {"refund_request": request, "fulfillment": part.id, "merchant": part.merchant}
    await note(ctx, order.number, "refund_granted", **about, amount=asked.amount, reason=asked.reason)
    return {"order": order.number, "refund_request": request}
