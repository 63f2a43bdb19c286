"""Random shoppers, merchants, workers, clock jumps and power cuts, at the shop and at its model; both must agree after every step."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select, text
from sqlmodel import col

from commerce import faults
from commerce.adapters.sandbox import SandboxCharge, SandboxGateway
from commerce.coupons.records import CouponRow
from commerce.errors import Refusal
from commerce.idempotency import LEASE
from commerce.inventory.records import StockRow
from commerce.jobs import run_jobs
from commerce.orders.records import OrderRow
from commerce.payments.records import PaymentRow
from evals.world import HandClock, fresh_world
from tests.prove.scenarios import all_points
from tests.prove.shop_model import ALIVE, ModelQuote, ShopModel
from tests.worlds import Shopper, World

T = TypeVar("T")
SKUS = ["MUG-RED-350", "MUG-RED-500", "JAR-AIR-20", "TURN-WAL-01"]
MERCHANTS = ["harbor-home", "pixel-and-play"]
PER_SHOPPER = {"WELCOME10": 1, "SAVE5": 3}
TOKENS = ["tok_succeeds", "tok_declines", "tok_times_out", "tok_needs_action"]
SHOPPERS = 3
TIME_TO_PAY = timedelta(minutes=10)
whose, goods = st.integers(0, SHOPPERS - 1), st.sampled_from(SKUS)


def cut_at(*parts: str) -> st.SearchStrategy[str | None]:
    """At a step that the call passes, or nowhere."""
    passed = [point for point in all_points() if point.partition(".")[0] in parts]
    return st.booleans().flatmap(lambda cut: st.sampled_from(passed) if cut else st.none())


PLACING = cut_at("place_order", "placing", "paying")
PAYING = cut_at("pay_order", "paying")
CANCELLING = cut_at("cancel_order", "cancelling", "refunding", "voiding")
WORKING = cut_at("healing", "paying", "expiring", "cancelling", "refunding", "voiding", "relaying")
SHIPPING = cut_at("ship_fulfillment", "shipping")


class PowerCut(BaseException):
    """Everything that was not committed is gone, and whoever asked hears nothing."""


class Shopping(RuleBasedStateMachine):
    steps_taken: ClassVar[int] = 0
    power_cuts: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="domtok-model-"))
        self.keys = 0

    def teardown(self) -> None:
        faults.ARMED.clear()
        self.run(self.world.shop.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize()
    def open(self) -> None:
        self.run(self._open())

    async def _open(self) -> None:
        clock = HandClock()
        self.world = World(await fresh_world(self.folder, clock), clock)
        self.people = [await self.world.customer() for _ in range(SHOPPERS)]
        self.methods = [{token: await who.method(token) for token in TOKENS} for who in self.people]
        self.merchants = [await self.world.merchant(slug) for slug in MERCHANTS]
        async with self.world.shop.database.read() as db:
            stock = {r.sku: r.on_hand for r in await db.execute(select(StockRow).where(col(StockRow.sku).in_(SKUS)))}
            variants = (await db.execute(text("SELECT sku, price FROM variant"))).all()
        known = {v.sku: int(v.price) for v in variants if v.sku in stock}
        self.model = ShopModel(stock, known, [{} for _ in range(SHOPPERS)])

    # Calling the shop

    def ask(self, who: Shopper, operation: str, cut: str | None = None, **arguments: Any) -> Any:
        """The answer, or the refusal. After a power cut the same is sent again with the same key."""
        self.keys += 1
        return self.run(self._ask(who, operation, f"model-{self.keys}", cut, arguments))

    async def _ask(self, who: Shopper, operation: str, key: str, cut: str | None, arguments: dict[str, Any]) -> Any:
        if cut:
            faults.ARMED[cut] = self._cut
        try:
            return await who(operation, key=key, **arguments)
        except Refusal as refused:
            return refused
        except PowerCut:
            faults.ARMED.clear()
            self.world.clock.now += LEASE
            return await self._ask(who, operation, key, None, arguments)
        finally:
            faults.ARMED.clear()

    async def _cut(self) -> None:
        type(self).power_cuts += 1
        faults.ARMED.clear()
        raise PowerCut

    async def safely(self, work: Awaitable[T]) -> T | None:
        """The worker's round, which a power cut may end."""
        try:
            return await work
        except PowerCut:
            return None
        finally:
            faults.ARMED.clear()

    # Shoppers

    @rule(who=whose, sku=goods, quantity=st.integers(1, 3))
    def add(self, who: int, sku: str, quantity: int) -> None:
        allowed = self.model.may_add(who, sku, quantity)
        answer = self.ask(self.people[who], "add_to_cart", sku=sku, quantity=quantity)
        assert allowed == (not isinstance(answer, Refusal)), answer
        if allowed:
            self.model.carts[who][sku] = self.model.carts[who].get(sku, 0) + quantity

    @precondition(lambda self: any(self.model.carts))
    @rule(who=whose, sku=goods, quantity=st.integers(0, 3))
    def change(self, who: int, sku: str, quantity: int) -> None:
        cart = self.model.carts[who]
        allowed = sku in cart and (quantity <= self.model.available(sku) or quantity <= cart[sku])
        answer = self.ask(self.people[who], "change_cart_item", sku=sku, quantity=quantity)
        assert allowed == (not isinstance(answer, Refusal)), answer
        if allowed:
            cart[sku] = quantity
            if not quantity:
                del cart[sku]

    @rule(
        who=whose,
        sku=goods,
        quantity=st.integers(1, 3),
        coupon=st.sampled_from([None, *PER_SHOPPER]),
        token=st.sampled_from([None, "tok_succeeds", *TOKENS]),
        cut=PLACING,
    )
    def shop_at_once(
        self, who: int, sku: str, quantity: int, coupon: str | None, token: str | None, cut: str | None
    ) -> None:
        """From an empty hand to an order, or to a refusal on the way."""
        self.add(who, sku, quantity)
        known = set(self.model.quotes)
        self.quote(who, coupon, token)
        for checkout in set(self.model.quotes) - known:
            self.place_it(checkout, cut)

    @precondition(lambda self: any(self.model.carts))
    @rule(who=whose, coupon=st.sampled_from([None, *PER_SHOPPER]), token=st.sampled_from([None, *TOKENS]))
    def quote(self, who: int, coupon: str | None, token: str | None) -> None:
        wishes: dict[str, Any] = {"coupon_codes": [coupon]} if coupon else {}
        wishes |= {"payment_method": self.methods[who][token]} if token else {}
        answer = self.ask(self.people[who], "create_checkout", **wishes)
        cart = self.model.carts[who]
        if isinstance(answer, Refusal):
            assert not cart or coupon or any(self.model.available(s) < n for s, n in cart.items()), answer
            return
        lines = {line.sku: line.quantity for line in answer.lines}
        assert lines == cart
        prices = {line.sku: line.unit_price.amount for line in answer.lines}
        assert prices == {sku: self.model.prices[sku] for sku in lines}
        ready, known = answer.status == "ready_for_complete", self.world.clock.now
        made = ModelQuote(who, lines, prices, list(answer.coupon_codes), ready, answer.expires_at)
        assert made.expires_at > known
        self.model.supersede(who)
        self.model.quotes[answer.checkout] = made

    @precondition(lambda self: self.model.quotes)
    @rule(data=st.data(), cut=PLACING)
    def place(self, data: st.DataObject, cut: str | None) -> None:
        self.place_it(data.draw(st.sampled_from(list(self.model.quotes))), cut)

    def place_it(self, checkout: str, cut: str | None) -> None:
        quote = self.model.quotes[checkout]
        before = self.world.clock.now
        allowed = self.model.may_place(quote, before, PER_SHOPPER)
        answer = self.ask(self.people[quote.who], "place_order", cut, checkout=checkout)
        if quote.order:
            assert answer.order == quote.order
            return
        if self.world.clock.now == before:
            assert allowed == (not isinstance(answer, Refusal)), answer
        self.absorb_place(checkout, answer)

    def absorb_place(self, checkout: str, answer: Any) -> None:
        """An order was made, or a refusal to make one must be for good."""
        if isinstance(answer, Refusal):
            return
        self.model.bought(checkout, answer.order, answer.total.amount, answer.placed_at, TIME_TO_PAY)
        label = answer.payment.label if answer.payment else ""
        self.model.orders[answer.order].charged = bool(label) and "0002" not in label

    def some_order(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(list(self.model.orders)))

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data(), token=st.sampled_from(TOKENS), cut=PAYING)
    def pay(self, data: st.DataObject, token: str, cut: str | None) -> None:
        number = self.some_order(data)
        order = self.model.orders[number]
        answer = self.ask(
            self.people[order.who], "pay_order", cut, order=number, payment_method=self.methods[order.who][token]
        )
        paid_already = order.status != "awaiting_payment"
        assert isinstance(answer, Refusal) or not paid_already, f"{number} is {order.status} and was paid again"
        order.charged |= token != "tok_declines" and not isinstance(answer, Refusal)

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data(), cut=CANCELLING)
    def cancel(self, data: st.DataObject, cut: str | None) -> None:
        number = self.some_order(data)
        order = self.model.orders[number]
        gone = order.status in {"shipped", "delivered", "cancelled"}
        order.asked_to_cancel = True
        answer = self.ask(self.people[order.who], "cancel_order", cut, order=number)
        order.asked_to_cancel = not isinstance(answer, Refusal)
        assert isinstance(answer, Refusal) or not gone

    @precondition(lambda self: self.model.orders)
    @rule(data=st.data(), who=whose)
    def meddle(self, data: st.DataObject, who: int) -> None:
        """Somebody else's order does not exist."""
        number = self.some_order(data)
        if self.model.orders[number].who != who:
            for operation in ("get_order", "cancel_order"):
                answer = self.ask(self.people[who], operation, order=number)
                assert isinstance(answer, Refusal)
                assert answer.code == "order_not_found"

    @precondition(lambda self: self.model.orders)
    @rule(approve=st.booleans())
    def finish_second_steps(self, approve: bool) -> None:
        """On the provider's page; the shop hears of it from the worker."""
        self.run(self._finish(approve))

    async def _finish(self, approve: bool) -> None:
        gateway = cast(SandboxGateway, self.world.shop.gateway)
        async with self.world.shop.database.read() as db:
            waiting = select(col(SandboxCharge.key)).where(col(SandboxCharge.status) == "requires_action")
            keys = [r.key for r in await db.execute(waiting)]
        for key in keys:
            await gateway.finish_action(key, approve=approve)

    # Merchants

    @precondition(lambda self: self.model.quotes)
    @rule(sku=goods, price=st.integers(900, 5000))
    def change_price(self, sku: str, price: int) -> None:
        seller = self.merchants[sku == "TURN-WAL-01"]
        assert not isinstance(self.ask(seller, "change_price", sku=sku, price=price), Refusal)
        self.model.prices[sku] = price

    @precondition(lambda self: any(o.status in {"paid", "partially_shipped"} for o in self.model.orders.values()))
    @rule(whose_parts=st.sampled_from([0, 1]), cut=SHIPPING)
    def ship(self, whose_parts: int, cut: str | None) -> None:
        """The oldest part that waits, if there is one."""
        seller = self.merchants[whose_parts]
        parts = self.ask(seller, "list_fulfillments", status="waiting").items
        if not parts:
            return
        part = self.ask(seller, "get_fulfillment", fulfillment=parts[0].fulfillment)
        order = self.model.orders[part.order]
        order.asked_to_ship = True
        facts = {"fulfillment": part.fulfillment, "carrier": "UPS", "tracking": "1Z"}
        answer = self.ask(seller, "ship_fulfillment", cut, **facts)
        assert order.status in {"paid", "partially_shipped"} or isinstance(answer, Refusal), order.status

    @precondition(lambda self: any("shipped" in o.status for o in self.model.orders.values()))
    @rule(whose_parts=st.sampled_from([0, 1]))
    def deliver(self, whose_parts: int) -> None:
        seller = self.merchants[whose_parts]
        for part in self.ask(seller, "list_fulfillments", status="shipped").items:
            self.ask(seller, "deliver_fulfillment", fulfillment=part.fulfillment)

    # Time, workers, and everybody at once

    @rule(minutes=st.sampled_from([0.1, 1, 4, 11, 31]))
    def time_goes_by(self, minutes: float) -> None:
        self.world.clock.move(minutes=minutes)

    @precondition(lambda self: self.model.orders)
    @rule(cut=WORKING)
    def work(self, cut: str | None) -> None:
        if cut:
            faults.ARMED[cut] = self._cut
        self.run(self.safely(run_jobs(self.world.shop)))

    @precondition(lambda self: self.model.quotes or self.model.orders)
    @rule()
    def everybody_at_once(self) -> None:
        """All open checkouts are placed, two of them twice, while two workers work and an order is cancelled."""
        self.run(self._storm())

    async def _storm(self) -> None:
        open_ones = [c for c, q in self.model.quotes.items() if not q.order]
        placing = [*open_ones, *open_ones[:2]]
        cancelling = [n for n, o in self.model.orders.items() if o.status in {"awaiting_payment", "paid"}][:1]
        for number in cancelling:
            self.model.orders[number].asked_to_cancel = True
        calls = [self._call(self.people[self.model.quotes[c].who], "place_order", checkout=c) for c in placing]
        calls += [self._call(self.people[self.model.orders[n].who], "cancel_order", order=n) for n in cancelling]
        answers = await asyncio.gather(*calls, run_jobs(self.world.shop), run_jobs(self.world.shop))
        for checkout, answer in zip(placing, answers, strict=False):
            if isinstance(answer, Refusal):
                continue
            if self.model.quotes[checkout].order is None:
                self.absorb_place(checkout, answer)
            assert self.model.quotes[checkout].order == answer.order

    async def _call(self, who: Shopper, operation: str, **arguments: Any) -> Any:
        try:
            return await who(operation, **arguments)
        except Refusal as refused:
            return refused

    @precondition(lambda self: self.model.orders)
    @rule()
    def everything_settles(self) -> None:
        """Whatever was half-done is done after an hour of work, and nothing is held for nobody."""
        self.run(self._finish(True))
        for _ in range(6):
            self.world.clock.move(minutes=11)
            self.run(run_jobs(self.world.shop))
        self.agree()
        assert {o.status for o in self.model.orders.values()} <= ALIVE | {"cancelled"}
        assert [sku for sku in SKUS if self.model.reserved(sku)] == []
        assert self.run(self._left_open()) == ([], [])
        assert self.run(self._money()) == sum(o.total for o in self.model.orders.values() if o.status in ALIVE)

    async def _left_open(self) -> tuple[list[Any], list[Any]]:
        async with self.world.shop.database.read() as db:
            events = (await db.execute(text("SELECT type FROM outbox WHERE delivered_at IS NULL"))).all()
            ends = ("captured", "authorized", "declined", "voided", "refunded")
            open_ones = (await db.execute(select(PaymentRow).where(col(PaymentRow.status).not_in(ends)))).all()
        return list(events), list(open_ones)

    async def _money(self) -> int:
        """What the provider holds for the shop, by its own book."""
        async with self.world.shop.database.read() as db:
            rows = (await db.execute(select(SandboxCharge))).all()
        taken = sum(r.captured for r in rows if r.kind == "charge" and r.status == "captured")
        return int(taken - sum(r.amount for r in rows if r.kind == "refund" and r.status == "refunded"))

    # After every step

    @invariant()
    def agree(self) -> None:
        """The shop and the model hold the same, and the books are clean."""
        type(self).steps_taken += 1
        self.run(self._agree())

    async def _agree(self) -> None:
        now = self.world.clock.now
        async with self.world.shop.database.read() as db:
            orders = (await db.execute(select(OrderRow))).all()
            stock = (await db.execute(select(StockRow).where(col(StockRow.sku).in_(SKUS)))).all()
            coupons = (await db.execute(select(CouponRow).where(col(CouponRow.code).in_(PER_SHOPPER)))).all()
        assert {o.number for o in orders} == set(self.model.orders), "an order that nobody was told of"
        for order in orders:
            self.model.observed(order.number, order.status, now)
            assert order.total == self.model.orders[order.number].total
        assert {s.sku: (s.on_hand, s.reserved) for s in stock} == {
            sku: (self.model.on_hand(sku), self.model.reserved(sku)) for sku in SKUS
        }
        assert {c.code: c.used for c in coupons} == {code: self.model.uses()[code] for code in PER_SHOPPER}
        for who, cart in zip(self.people, self.model.carts, strict=True):
            assert {item.sku: item.quantity for item in (await who("view_cart")).items} == cart
        assert await self.world.findings() == []
