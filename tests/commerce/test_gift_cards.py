"""Gift cards: issued once, taken by one, spent never twice, given back exactly once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from commerce.checkout.refusals import CheckoutChanged
from commerce.context import Caller
from commerce.errors import AdminsOnly, IdempotencyKeyReused, Refusal, TooManyRequests
from commerce.gift_cards.refusals import GiftCardCodeUnknown, GiftCardNotFound, GiftCardUnusable
from commerce.jobs import run_jobs
from tests.worlds import Shopper, World


def _admin(world: World) -> Shopper:
    return Shopper(world.shop, Caller("acc_admin", "admin"))


async def _balance(shopper: Shopper, card: str) -> int:
    cards = (await shopper("list_gift_cards")).items
    return int(next(c for c in cards if c.gift_card == card).balance.amount)


async def test_a_repeated_issue_makes_no_second_card_and_tells_the_code_again(each_world: World) -> None:
    admin = _admin(each_world)
    wanted: dict[str, Any] = {"amount": 5000, "reason": "a prize"}
    issued = await asyncio.gather(*(admin("issue_gift_card", key="once", **wanted) for _ in range(4)))
    assert len({(card.gift_card, card.code) for card in issued}) == 1
    assert len((await admin("list_transfers", type="gift_card_issue")).items) == 1
    with pytest.raises(IdempotencyKeyReused):
        await admin("issue_gift_card", key="once", amount=6000, reason="a prize")
    assert (await admin("issue_gift_card", key="twice", **wanted)).code != issued[0].code
    assert await each_world.findings() == []


async def test_only_admins_issue_gift_cards_and_read_the_ledger(world: World) -> None:
    ada = await world.sign_in()
    with pytest.raises(AdminsOnly):
        await ada("issue_gift_card", amount=5000, reason="for me")
    for operation in ("list_transfers", "post_adjustment"):
        with pytest.raises(AdminsOnly):
            await ada(operation, **({} if operation == "list_transfers" else ADJUSTMENT))


ADJUSTMENT: dict[str, Any] = {"debit": "fees", "credit": "gateway", "amount": 30, "reason": "the provider's fee"}


async def test_a_code_belongs_to_whoever_enters_it_first(each_world: World) -> None:
    ada, bob = await each_world.sign_in(), await each_world.customer()
    code = (await _admin(each_world)("issue_gift_card", amount=5000, reason="a prize")).code

    async def add(shopper: Shopper) -> bool:
        try:
            await shopper("add_gift_card", code=code.lower().replace("-", " "))
        except GiftCardCodeUnknown:
            return False
        return True

    won = await asyncio.gather(add(ada), add(bob))
    assert sorted(won) == [False, True]
    winner, loser = (ada, bob) if won[0] else (bob, ada)
    card = (await winner("list_gift_cards")).items[0].gift_card
    assert (await winner("add_gift_card", code=code)).gift_card == card
    assert (await loser("list_gift_cards")).items == []
    with pytest.raises(GiftCardNotFound):
        await loser("list_gift_card_movements", gift_card=card)
    await loser("add_to_cart", sku="MUG-RED-350", quantity=1)
    with pytest.raises(GiftCardNotFound):
        await loser("create_checkout", gift_card=card)


async def test_codes_can_not_be_guessed_for_long(world: World) -> None:
    ada = await world.sign_in()
    for _ in range(10):
        with pytest.raises(GiftCardCodeUnknown):
            await ada("add_gift_card", code="2222-2222-2222-2222")
    with pytest.raises(TooManyRequests):
        await ada("add_gift_card", code="2222-2222-2222-2222")
    world.clock.move(seconds=30)
    code = (await _admin(world)("issue_gift_card", amount=5000, reason="a prize")).code
    await ada("add_gift_card", code=code)


async def test_a_gift_card_pays_a_part_and_the_method_the_rest(each_world: World) -> None:
    ada = await each_world.sign_in()
    card = await ada.gift_card(1000)
    method = await ada.method("tok_succeeds")
    await ada("add_to_cart", sku="MUG-RED-350", quantity=2)
    quoted = await ada("create_checkout", payment_method=method, gift_card=card)
    total = next(t.amount for t in quoted.totals if t.type == "total")
    assert (quoted.gift_card.amount.amount, quoted.to_pay.amount) == (1000, total - 1000)
    order = await ada("place_order", checkout=quoted.checkout)
    assert order.status == "paid"
    paid = [(p.kind, p.amount.amount, p.status) for p in order.payments]
    assert paid == [("gift_card", 1000, "captured"), ("charge", total - 1000, "captured")]
    assert await _balance(ada, card) == 0
    cancelled = await ada("cancel_order", order=order.order)
    back = sorted((p.label, p.amount.amount, p.status) for p in cancelled.payments if p.kind == "refund")
    assert back == [
        ("Gift card •••• " + order.gift_card.label[-4:], 1000, "refunded"),
        (
            "Test card •••• 4242",
            total - 1000,
            "refunded",
        ),
    ]
    assert await _balance(ada, card) == 1000
    movements = (await ada("list_gift_card_movements", gift_card=card)).items
    assert [(m.type, m.amount.amount) for m in movements] == [
        ("gift_card_return", 1000),
        ("gift_card_use", -1000),
        ("gift_card_issue", 1000),
    ]
    assert await each_world.findings() == []


async def test_an_order_that_a_gift_card_covers_is_paid_without_the_provider(each_world: World) -> None:
    ada = await each_world.sign_in()
    card = await ada.gift_card(10_000)
    order = await ada.buy(gift_card=card)
    assert (order.status, [p.kind for p in order.payments]) == ("paid", ["gift_card"])
    assert await _balance(ada, card) == 10_000 - order.total.amount
    assert await each_world.findings() == []


async def test_what_a_gift_card_does_not_cover_can_be_paid_later(each_world: World) -> None:
    ada = await each_world.sign_in()
    card = await ada.gift_card(1000)
    order = await ada.buy(gift_card=card)
    assert order.status == "awaiting_payment"
    paid = await ada("pay_order", order=order.order, payment_method=await ada.method("tok_succeeds"))
    assert (paid.status, paid.payment.amount.amount) == ("paid", order.total.amount - 1000)
    assert await each_world.findings() == []


async def test_an_order_that_expires_gives_its_gift_card_back_exactly_once(each_world: World) -> None:
    ada = await each_world.sign_in()
    card = await ada.gift_card(1000)
    order = await ada.buy(gift_card=card)
    assert await _balance(ada, card) == 0
    each_world.clock.move(minutes=11)
    await asyncio.gather(*(run_jobs(each_world.shop) for _ in range(3)))
    assert (await ada("get_order", order=order.order)).status == "cancelled"
    assert await _balance(ada, card) == 1000
    assert await each_world.findings() == []


async def test_a_declined_card_leaves_the_gift_card_with_the_order_that_still_waits(each_world: World) -> None:
    ada = await each_world.sign_in()
    card = await ada.gift_card(1000)
    order = await ada.buy(gift_card=card, payment_method=await ada.method("tok_declines"))
    assert (order.status, await _balance(ada, card)) == ("awaiting_payment", 0)
    await ada("pay_order", order=order.order, payment_method=await ada.method("tok_succeeds"))
    assert await each_world.findings() == []


async def test_a_gift_card_is_never_spent_twice(each_world: World) -> None:
    ada = await each_world.sign_in()
    card = await ada.gift_card(1000)
    quotes = []
    for _ in range(2):
        await ada("add_to_cart", sku="MUG-RED-350", quantity=1)
        quotes.append((await ada("create_checkout", gift_card=card)).checkout)
        async with each_world.shop.database.write() as db:  # as if both were open at once
            await db.execute(text("UPDATE checkout SET status = 'ready_for_complete'"))

    async def place(checkout: str) -> bool:
        try:
            await ada("place_order", checkout=checkout)
        except Refusal:
            return False
        return True

    assert sorted(await asyncio.gather(*(place(checkout) for checkout in quotes))) == [False, True]
    assert await _balance(ada, card) == 0
    assert await each_world.findings() == []


async def test_a_balance_that_changed_is_told_before_anything_is_bought(world: World) -> None:
    ada = await world.sign_in()
    card = await ada.gift_card(3000)
    await ada("add_to_cart", sku="MUG-RED-350", quantity=1)
    held = await ada("create_checkout", gift_card=card)
    async with world.shop.database.write() as db:
        await db.execute(text("UPDATE gift_card SET balance = 500"))
    with pytest.raises(CheckoutChanged, match=r"The gift card paid \$17\.98 and pays \$5\.00"):
        await ada("place_order", checkout=held.checkout)
    without = await ada("update_checkout", checkout=held.checkout, gift_card="none")
    assert (without.gift_card, without.to_pay.amount) == (None, 1798)


async def test_an_expired_gift_card_pays_nothing_and_what_comes_back_to_it_can_be_used(world: World) -> None:
    ada = await world.sign_in()
    ends = world.clock() + timedelta(minutes=5)
    card = await ada.gift_card(1000, expires_at=ends.isoformat())
    order = await ada.buy(gift_card=card)
    world.clock.move(minutes=6)
    spare = await ada.gift_card(1000, expires_at=(world.clock() + timedelta(minutes=1)).isoformat())
    world.clock.move(minutes=2)
    await ada("add_to_cart", sku="MUG-RED-350", quantity=1)
    with pytest.raises(GiftCardUnusable, match="it has expired"):
        await ada("create_checkout", gift_card=spare)
    await ada("cancel_order", order=order.order)
    assert (await ada("create_checkout", gift_card=card)).gift_card.amount.amount == 1000
    assert await world.findings() == []


async def test_the_ledger_is_listed_by_order_type_and_time_and_put_right_by_hand(each_world: World) -> None:
    ada, admin = await each_world.sign_in(), _admin(each_world)
    order = await ada.buy(payment_method=await ada.method("tok_succeeds"), gift_card=await ada.gift_card(500))
    each_world.clock.move(minutes=1)
    await ada("cancel_order", order=order.order)
    types = [t.type for t in (await admin("list_transfers", order=order.order)).items]
    assert sorted(types) == ["gift_card_return", "gift_card_use", "payment", "refund"]
    late = await admin("list_transfers", since=each_world.clock().isoformat())
    assert sorted(t.type for t in late.items) == ["gift_card_return", "refund"]
    made = await admin("post_adjustment", order=order.order, **ADJUSTMENT)
    assert (made.type, made.debit, made.credit, made.made_by) == ("adjustment", "fees", "gateway", "acc_admin")
    seen, cursor = [], None
    while True:
        page = await admin("list_transfers", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [t.transfer for t in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert len(seen) == len(set(seen)) == 6
    with pytest.raises(Refusal):
        await admin("post_adjustment", debit="fees", credit="fees", amount=1, reason="nothing")
    assert await each_world.findings() == []
