"""Payments that stopped half-way are finished by the worker, whatever the clock and the other workers do."""

import asyncio

import pytest

from commerce.adapters.gateway import Outcome, OutcomeStatus
from commerce.context import ANONYMOUS, Context
from commerce.jobs import run_jobs
from commerce.payments.charges import capture
from commerce.payments.outcomes import MOVES, RECORDERS, record
from commerce.payments.settling import OPEN, settle_order
from tests.gateways import capturing_at_shipment, with_bad_line
from tests.worlds import World


async def test_workers_ask_less_and_less_often_and_not_for_ever_at_once(each_world: World) -> None:
    line = with_bad_line(each_world)
    ada = await each_world.sign_in()
    line.lost.add("charge")
    line.cut.add("look_up")
    await ada.buy(payment_method=await ada.method("tok_succeeds"))
    asked = []
    for _ in range(120):
        each_world.clock.move(seconds=5)
        before = len(line.calls)
        await run_jobs(each_world.shop)
        asked.append(len(line.calls) - before)
    assert 5 <= sum(asked) <= 12
    assert sum(asked[:24]) > sum(asked[-24:])


async def test_a_clock_that_is_put_back_does_not_leave_a_payment_waiting_for_it(each_world: World) -> None:
    line = with_bad_line(each_world)
    ada = await each_world.sign_in()
    line.lost.add("charge")
    order = await ada.buy(payment_method=await ada.method("tok_succeeds"))
    each_world.clock.move(hours=-5)
    await run_jobs(each_world.shop)
    assert (await ada("get_order", order=order.order)).status == "paid"
    assert await each_world.findings() == []


async def test_a_clock_that_jumps_ahead_gives_up_what_was_not_paid_and_charges_nothing(each_world: World) -> None:
    ada = await each_world.sign_in()
    unpaid = await ada.buy()
    line = with_bad_line(each_world)
    ada.shop = each_world.shop
    line.cut.add("charge")
    lost = await ada.buy(payment_method=await ada.method("tok_succeeds"))
    line.cut.clear()
    each_world.clock.move(days=40)
    for _ in range(3):
        await asyncio.gather(*(run_jobs(each_world.shop) for _ in range(2)))
    for order in (unpaid, lost):
        assert (await ada("get_order", order=order.order)).status == "cancelled"
    assert line.calls.count("charge") == 1
    assert await each_world.findings() == []


@pytest.mark.parametrize("call", ["charge", "capture", "void", "refund"])
@pytest.mark.parametrize("fault", ["lost", "cut"])
async def test_every_call_that_stops_half_way_is_finished_once_by_two_workers(
    each_world: World, call: str, fault: str
) -> None:
    if call in {"capture", "void"}:
        capturing_at_shipment(each_world)
    line = with_bad_line(each_world)
    ada = await each_world.sign_in()
    getattr(line, fault).add(call)
    order = (await ada.buy(payment_method=await ada.method("tok_succeeds"))).order
    if call == "capture":
        async with Context(each_world.shop, ANONYMOUS).writing() as ctx:
            await capture(ctx, order)
        await settle_order(Context(each_world.shop, ANONYMOUS), order)
    elif call != "charge":
        await ada("cancel_order", order=order)
    stuck = (await ada("get_order", order=order)).payment.status
    assert stuck in {"processing", "capturing", "refunding"}
    getattr(line, fault).clear()
    each_world.clock.move(minutes=2)
    await asyncio.gather(*(run_jobs(each_world.shop) for _ in range(3)))
    view = await ada("get_order", order=order)
    ends = {"charge": "captured", "capture": "captured", "void": "voided", "refund": "refunded"}
    assert view.payment.status == ends[call]
    assert await each_world.findings() == []


def test_every_open_state_can_end_and_every_end_is_known_how_to_be_written_down() -> None:
    assert set(OPEN) <= MOVES.keys()
    assert all(MOVES[state] for state in OPEN)
    reached = {after for moves in MOVES.values() for after in moves.values()}
    assert reached == RECORDERS.keys()
    assert reached <= MOVES.keys()
    earlier = {"processing", "requires_action"}
    assert not any(
        after in earlier for before, moves in MOVES.items() for after in moves.values() if before not in earlier
    )


async def test_an_answer_that_comes_late_never_moves_a_payment_back(each_world: World) -> None:
    ada = await each_world.sign_in()
    order = await ada.buy(payment_method=await ada.method("tok_succeeds"))
    answers: tuple[OutcomeStatus, ...] = ("requires_action", "authorized", "declined", "voided", "captured", "unknown")
    for status in answers:
        async with Context(each_world.shop, ANONYMOUS).writing() as ctx:
            await record(ctx, order.order, order.payment.payment, Outcome(status))
        view = await ada("get_order", order=order.order)
        assert (view.status, view.payment.status) == ("paid", "captured")
    assert await each_world.findings() == []
