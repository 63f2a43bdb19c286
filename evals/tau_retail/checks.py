"""What must be true before something is changed in the foreign shop, in τ's order: the first that is not is what is answered.

A plan is all that a write will change, worked out without changing anything; the terms of its question and the write itself come
from the same plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from commerce.context import Context

from . import looking
from .refusals import (
    BalanceTooLow,
    CountsDiffer,
    MethodUnknown,
    NoItems,
    NotAvailable,
    NotInOrder,
    NotOnePayment,
    NotRefundable,
    OtherProduct,
    ReasonUnknown,
    SameItem,
    SameMethod,
    WrongState,
)
from .rules import REASONS, Refund, held, lines_of, status_of
from .schemas import CancelOrder, ChangeItems, ChangeOrderAddress, ChangePayment, ReturnItems

GIFT_CARD = "gift_card"


@dataclass(frozen=True)
class Cancelling:
    """`refunds`: what each method gets back."""

    refunds: list[Refund]
    cards: frozenset[str]
    """Those of them that are gift cards, which get it at once."""


@dataclass(frozen=True)
class Swap:
    """A line, and the variant to have instead."""

    line: Row[Any]
    new: Row[Any]


@dataclass(frozen=True)
class Swapping:
    swaps: list[Swap]
    method: Row[Any]

    @property
    def difference(self) -> int:
        """What the new items cost more, in cents."""
        return int(sum(swap.new.price - swap.line.price for swap in self.swaps))


@dataclass(frozen=True)
class Repaying:
    """One method pays what another has paid."""

    paid: Row[Any]
    method: Row[Any]
    before: Row[Any] | None
    """None: the method that paid is no longer saved."""


@dataclass(frozen=True)
class Returning:
    lines: list[Row[Any]]
    method: Row[Any]


async def _status(ctx: Context, order: Row[Any]) -> str:
    request = await ctx.row(looking.REQUEST_OF, of=order.order_id)
    return status_of(order.stage, order.items_modified, request.kind if request else None)


async def _order_that_is(ctx: Context, order_id: str, needed: str) -> Row[Any]:
    order = await looking.order_row(ctx, order_id)
    if (status := await _status(ctx, order)) != needed:
        raise WrongState(order_id, needed, status)
    return order


async def changeable(ctx: Context, asked: ChangePayment | ChangeOrderAddress) -> Row[Any]:
    """An order that is still pending, whether its items were modified or not."""
    order = await looking.order_row(ctx, asked.order_id)
    if order.stage != "pending":
        raise WrongState(asked.order_id, "pending", await _status(ctx, order))
    return order


async def _method(ctx: Context, user_id: str, method_id: str) -> Row[Any]:
    """Of the order's owner, whoever asks."""
    for method in await looking.methods(ctx, user_id):
        if method.payment_method_id == method_id:
            return method
    raise MethodUnknown(method_id)


def _enough(method: Row[Any], amount: int) -> None:
    if method.source == GIFT_CARD and method.balance < amount:
        raise BalanceTooLow(method.payment_method_id)


async def cancelling(ctx: Context, asked: CancelOrder) -> Cancelling:
    order = await _order_that_is(ctx, asked.order_id, "pending")
    if asked.reason not in REASONS:
        raise ReasonUnknown(asked.reason)
    methods = await looking.methods(ctx, order.user_id)
    cards = frozenset(method.payment_method_id for method in methods if method.source == GIFT_CARD)
    return Cancelling(held(await looking.payments(ctx, asked.order_id)), cards)


async def changing_items(ctx: Context, asked: ChangeItems) -> Swapping:
    order = await _order_that_is(ctx, asked.order_id, "pending")
    return await _swapping(ctx, order, asked, may_stay=False)


async def exchanging(ctx: Context, asked: ChangeItems) -> Swapping:
    order = await _order_that_is(ctx, asked.order_id, "delivered")
    return await _swapping(ctx, order, asked, may_stay=True)


async def _swapping(ctx: Context, order: Row[Any], asked: ChangeItems, *, may_stay: bool) -> Swapping:
    """`may_stay`: an item may be replaced by another piece of itself."""
    found = _lines(await looking.lines(ctx, asked.order_id), asked.item_ids)
    if len(asked.item_ids) != len(asked.new_item_ids):
        raise CountsDiffer(len(asked.item_ids), len(asked.new_item_ids))
    pairs = zip(found, asked.new_item_ids, strict=True)
    swaps = [await _swap(ctx, line, new, may_stay=may_stay) for line, new in pairs]
    plan = Swapping(swaps, await _method(ctx, order.user_id, asked.payment_method_id))
    _enough(plan.method, plan.difference)
    _some(asked)
    return plan


def _some(asked: ChangeItems | ReturnItems) -> None:
    """Last: an empty list is the least that can be wrong."""
    if not asked.item_ids:
        raise NoItems(asked.order_id)


def _lines(lines: Sequence[Row[Any]], item_ids: Sequence[str]) -> list[Row[Any]]:
    found, missing = lines_of(lines, item_ids)
    if missing is not None:
        raise NotInOrder(missing)
    return found


async def _swap(ctx: Context, line: Row[Any], new_item_id: str, *, may_stay: bool) -> Swap:
    if line.item_id == new_item_id and not may_stay:
        raise SameItem(new_item_id)
    new = await looking.variant(ctx, new_item_id)
    if new is None or new.product_id != line.product_id:
        raise OtherProduct(new_item_id)
    if not new.available:
        raise NotAvailable(new_item_id)
    return Swap(line, new)


async def changing_payment(ctx: Context, asked: ChangePayment) -> Repaying:
    order = await changeable(ctx, asked)
    method = await _method(ctx, order.user_id, asked.payment_method_id)
    history = await looking.payments(ctx, asked.order_id)
    if [paid.kind for paid in history] != ["payment"]:
        raise NotOnePayment(asked.order_id)
    (paid,) = history
    if paid.payment_method_id == asked.payment_method_id:
        raise SameMethod(asked.payment_method_id)
    _enough(method, paid.amount)
    saved = {kept.payment_method_id: kept for kept in await looking.methods(ctx, order.user_id)}
    return Repaying(paid, method, saved.get(paid.payment_method_id))


async def returning(ctx: Context, asked: ReturnItems) -> Returning:
    order = await _order_that_is(ctx, asked.order_id, "delivered")
    method = await _method(ctx, order.user_id, asked.payment_method_id)
    history = await looking.payments(ctx, asked.order_id)
    if method.source != GIFT_CARD and method.payment_method_id != history[0].payment_method_id:
        raise NotRefundable(asked.payment_method_id)
    _some(asked)
    return Returning(_lines(await looking.lines(ctx, asked.order_id), asked.item_ids), method)
