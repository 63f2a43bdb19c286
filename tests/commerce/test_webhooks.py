"""Webhooks: who is told what, signed so that it can be checked, until it was heard; never into our own network."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from commerce.context import ANONYMOUS, Context
from commerce.errors import BadInput, MerchantsOnly, Refusal
from commerce.jobs import DELIVERIES_KEPT, run_jobs
from commerce.queue import JobRow, run_due
from commerce.webhooks import rules
from commerce.webhooks.delivering import AT_ONCE
from commerce.webhooks.operations import MOST
from commerce.webhooks.refusals import (
    DeliveryNotDead,
    DeliveryNotFound,
    TooManyWebhooks,
    WebhookNotFound,
    WebhookPaused,
    WebhookTargetRefused,
)
from commerce.webhooks.sending import Sender
from tests.receivers import Got, Receiver, accepted, receiving, response
from tests.worlds import Shopper, World

MUG, TOTE = "MUG-RED-350", "TOTE-CAN-BLK"
PLACED = ["order.placed"]
"""What waits for its payment is cancelled when the clock is moved, which is another event."""


@pytest.fixture
async def trying(each_world: World) -> AsyncIterator[World]:
    """A world whose webhooks may go to this machine."""
    settings = each_world.shop.settings.model_copy(update={"webhook_private": True})
    shop = replace(each_world.shop, settings=settings, sender=Sender(private=True))
    yield replace(each_world, shop=shop)
    await shop.sender.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


async def hooked(who: Shopper, url: str, **more: Any) -> tuple[str, str]:
    """The webhook's id and secret."""
    made = await who("create_webhook", url=url, **more)
    return made.webhook.webhook, made.secret


async def buy(world: World, *skus: str) -> str:
    """A placed order of these."""
    customer = await world.customer()
    for sku in skus or (MUG,):
        await customer("add_to_cart", sku=sku)
    checkout = (await customer("create_checkout")).checkout
    return str((await customer("place_order", checkout=checkout)).order)


async def deliveries(who: Shopper, webhook: str, **wanted: Any) -> list[Any]:
    return list((await who("list_deliveries", webhook=webhook, **wanted)).items)


def told(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(got.body) for got in receiver.got]


def verify(got: Got, secret: str) -> bool:
    """As a receiver would, from the documentation alone."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    mine = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(given, f"v1,{mine}") for given in got.headers["webhook-signature"].split())


async def merchants_of(world: World, *skus: str) -> list[str]:
    async with world.shop.database.read() as db:
        query = "SELECT p.merchant FROM variant v JOIN product p ON p.slug = v.product WHERE v.sku = :sku"
        return [(await db.execute(text(query), {"sku": sku})).scalar_one() for sku in skus]


async def test_an_event_arrives_signed_and_once(trying: World, receiver: Receiver) -> None:
    admin = await trying.admin()
    webhook, secret = await hooked(admin, receiver.url)
    order = await buy(trying)
    await run_jobs(trying.shop)
    await run_jobs(trying.shop)
    [got] = receiver.got
    [message] = told(receiver)
    assert (message["type"], message["data"]["order"]) == ("order.placed", order)
    assert message["id"] == got.headers["webhook-id"]
    assert got.headers["webhook-timestamp"] == str(int(trying.clock().timestamp()))
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert verify(got, secret)
    assert not verify(replace(got, body=got.body + b" "), secret)
    assert not verify(got, rules.new_secret())
    [delivery] = await deliveries(admin, webhook)
    assert (delivery.status, delivery.attempts, delivery.answer) == ("delivered", 1, 204)
    assert await trying.findings() == []


async def test_the_signature_is_that_of_the_specification() -> None:
    """The example that the specification's own libraries are tested with."""
    secret, event, at = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330"
    expected = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert rules.signature(secret, event, at, b'{"test": 2432232314}') == expected


async def test_a_merchant_hears_of_its_own_orders_and_only_what_concerns_it(trying: World, receiver: Receiver) -> None:
    [mine, other] = await merchants_of(trying, MUG, TOTE)
    assert mine != other
    async with receiving() as elsewhere, receiving() as everywhere:
        await hooked(await trying.merchant(mine), receiver.url)
        await hooked(await trying.merchant(other), elsewhere.url)
        await hooked(await trying.admin(), everywhere.url)
        alone, both = await buy(trying, MUG), await buy(trying, MUG, TOTE)
        async with Context(trying.shop, ANONYMOUS).writing() as ctx:
            ctx.emit("order.shipped", order=both, merchant=other, fulfillment="ful_1", carrier="UPS")
            ctx.emit("guest.signed_in", guest="acc_1", account="acc_2")
        await run_jobs(trying.shop)

        def seen(at: Receiver) -> list[tuple[str, str]]:
            return sorted((m["type"], m["data"]["order"]) for m in told(at))

        assert seen(receiver) == sorted([("order.placed", alone), ("order.placed", both)])
        assert seen(elsewhere) == [("order.placed", both), ("order.shipped", both)]
        assert len(everywhere.got) == 3
        assert all(m["data"].keys() == {"order"} for m in told(receiver)), (
            "amounts of a whole order are not one merchant's"
        )
        [shipped] = [m["data"] for m in told(elsewhere) if m["type"] == "order.shipped"]
        assert shipped["carrier"] == "UPS"


async def test_only_chosen_types_are_told(trying: World, receiver: Receiver) -> None:
    admin = await trying.admin()
    await hooked(admin, receiver.url, types=["order.cancelled"])
    customer = await trying.customer()
    order = (await customer.buy()).order
    await customer("cancel_order", order=order)
    await run_jobs(trying.shop)
    assert [m["type"] for m in told(receiver)] == ["order.cancelled"]
    assert rules.wants(["order.*"], "order.paid")
    assert not rules.wants(["order.*"], "orders.paid")
    with pytest.raises(BadInput, match=r"order\.paid"):
        await hooked(admin, receiver.url, types=["order.payed"])


async def test_a_failed_delivery_is_tried_again_later_and_later_and_then_dead(trying: World) -> None:
    admin = await trying.admin()
    async with receiving(lambda _got: response(500)) as receiver:
        webhook, _ = await hooked(admin, receiver.url, types=PLACED)
        await buy(trying)
        for attempt in range(1, rules.ATTEMPTS + 1):
            await run_jobs(trying.shop)
            [delivery] = await deliveries(admin, webhook)
            assert (delivery.attempts, len(receiver.got)) == (attempt, attempt)
            await run_jobs(trying.shop)
            assert len(receiver.got) == attempt, "not before its time"
            trying.clock.now = await _due(trying) or trying.clock()
        assert (delivery.status, delivery.answer, delivery.last_error) == ("dead", 500, "answered 500")
        await run_jobs(trying.shop)
        assert len(receiver.got) == rules.ATTEMPTS
        assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
        assert len({got.headers["webhook-timestamp"] for got in receiver.got}) == rules.ATTEMPTS
        assert [d.delivery for d in await deliveries(admin, webhook, status="dead")] == [delivery.delivery]
        assert await deliveries(admin, webhook, status="waiting") == []


async def _due(world: World) -> datetime | None:
    async with world.shop.database.read() as db:
        due: datetime | None = await db.scalar(select(col(JobRow.due_at)))
        return due


async def test_dead_letters_are_replayed_one_or_all(trying: World) -> None:
    admin, works = await trying.admin(), False
    async with receiving(lambda _got: accepted() if works else response(500)) as receiver:
        webhook, _ = await hooked(admin, receiver.url, types=PLACED)
        for _ in range(3):
            await buy(trying)
        await run_jobs(trying.shop)
        await _kill(trying)
        first, *_ = dead = await deliveries(admin, webhook, status="dead")
        assert len(dead) == 3
        works = True
        again = await admin("replay_delivery", webhook=webhook, delivery=first.delivery)
        assert (again.status, again.attempts) == ("waiting", 0)
        with pytest.raises(DeliveryNotDead):
            await admin("replay_delivery", webhook=webhook, delivery=first.delivery)
        assert (await admin("replay_dead_deliveries", webhook=webhook)).replayed == 2
        assert (await admin("replay_dead_deliveries", webhook=webhook)).replayed == 0
        await run_jobs(trying.shop)
        await run_jobs(trying.shop)
        view = await admin("get_webhook", webhook=webhook)
        assert view.deliveries == {"waiting": 0, "delivered": 3, "dead": 0}
        assert view.failing_since is None


async def _kill(world: World) -> None:
    async with world.shop.database.write() as db:
        await db.execute(text("UPDATE webhook_delivery SET status = 'dead'"))
    world.clock.move(days=1)
    await run_jobs(world.shop)


async def test_a_paused_webhook_misses_nothing(trying: World, receiver: Receiver) -> None:
    admin = await trying.admin()
    webhook, _ = await hooked(admin, receiver.url)
    paused = await admin("update_webhook", webhook=webhook, active=False)
    assert (paused.status, paused.paused_because) == ("paused", "paused by its owner")
    orders = [await buy(trying) for _ in range(2)]
    await run_jobs(trying.shop)
    assert receiver.got == []
    assert (await admin("get_webhook", webhook=webhook)).deliveries["waiting"] == 2
    for refused in ("send_test_event", "replay_dead_deliveries"):
        with pytest.raises(WebhookPaused):
            await admin(refused, webhook=webhook)
    assert (await admin("update_webhook", webhook=webhook, active=True)).paused_because is None
    await run_jobs(trying.shop)
    await run_jobs(trying.shop)
    assert sorted(m["data"]["order"] for m in told(receiver)) == sorted(orders)


async def test_a_webhook_that_fails_for_long_or_is_gone_is_paused_and_says_why(trying: World) -> None:
    admin = await trying.admin()
    async with receiving(lambda _got: response(503)) as failing, receiving(lambda _got: response(410)) as gone:
        long, _ = await hooked(admin, failing.url)
        short, _ = await hooked(admin, gone.url)
        await buy(trying)
        await run_jobs(trying.shop)
        assert (await admin("get_webhook", webhook=long)).failing_since == trying.clock()
        assert (await admin("get_webhook", webhook=short)).paused_because.endswith("(410)")
        trying.clock.move(hours=1)
        trying.clock.now += rules.PAUSE_AFTER
        await buy(trying)
        await run_jobs(trying.shop)
        view = await admin("get_webhook", webhook=long)
        assert (view.status, view.deliveries["waiting"]) == ("paused", 2)
        assert "every delivery since" in view.paused_because


async def test_a_slow_receiver_holds_up_nobody_else(trying: World, receiver: Receiver) -> None:
    admin = await trying.admin()
    async with receiving(lambda _got: None) as silent:
        await hooked(admin, silent.url)
        await hooked(admin, receiver.url)
        async with Context(trying.shop, ANONYMOUS).writing() as ctx:
            for number in range(AT_ONCE + 3):
                ctx.emit("order.paid", order="DT-2222-2222", number=number)
        rounds = asyncio.create_task(run_jobs(trying.shop))
        while len(receiver.got) < AT_ONCE:  # noqa: ASYNC110 (what is waited for is on the other side of a socket)
            await asyncio.sleep(0.01)
        for _ in range(200):  # the first round may still hold what it has in hand
            trying.clock.move(seconds=1)
            await run_due(Context(trying.shop, ANONYMOUS))
            if len(receiver.got) >= AT_ONCE + 3:
                break
            await asyncio.sleep(0.05)
        assert len(receiver.got) == AT_ONCE + 3
        assert len(silent.got) <= AT_ONCE
        rounds.cancel()
        await asyncio.gather(rounds, return_exceptions=True)


async def test_redirects_are_not_followed_and_long_answers_not_read(trying: World, receiver: Receiver) -> None:
    admin = await trying.admin()
    moved, long = response(302, f"Location: {receiver.url}"), response(200, body=b"x" * 50_000_000)
    async with receiving(lambda _got: moved) as redirects, receiving(lambda _got: long) as talks:
        webhook, _ = await hooked(admin, redirects.url)
        talker, _ = await hooked(admin, talks.url)
        await buy(trying)
        await run_jobs(trying.shop)
    assert receiver.got == []
    assert [(d.status, d.answer) for d in await deliveries(admin, webhook)] == [("waiting", 302)]
    assert [(d.status, d.answer) for d in await deliveries(admin, talker)] == [("delivered", 200)]


async def test_the_receiver_may_ask_for_time(trying: World) -> None:
    admin = await trying.admin()
    async with receiving(lambda _got: response(429, "Retry-After: 3000")) as receiver:
        await hooked(admin, receiver.url, types=PLACED)
        await buy(trying)
        await run_jobs(trying.shop)
        trying.clock.move(seconds=2900)
        await run_jobs(trying.shop)
        assert len(receiver.got) == 1
        trying.clock.move(seconds=200)
        await run_jobs(trying.shop)
        assert len(receiver.got) == 2


async def test_two_workers_send_each_message_once(trying: World, receiver: Receiver) -> None:
    await hooked(await trying.admin(), receiver.url)
    for _ in range(5):
        await buy(trying)
    for _ in range(3):
        await asyncio.gather(*(run_jobs(trying.shop) for _ in range(4)))
        trying.clock.move(seconds=1)
    assert len(receiver.got) == 5
    assert len({m["id"] for m in told(receiver)}) == 5


async def test_a_new_secret_signs_beside_the_old_one_for_a_day(trying: World, receiver: Receiver) -> None:
    admin = await trying.admin()
    webhook, old = await hooked(admin, receiver.url)
    new = (await admin("rotate_webhook_secret", webhook=webhook)).secret
    await admin("send_test_event", webhook=webhook)
    await run_jobs(trying.shop)
    trying.clock.now += rules.OLD_SECRET_KEPT + timedelta(seconds=1)
    await admin("send_test_event", webhook=webhook)
    await run_jobs(trying.shop)
    first, second = receiver.got
    assert [verify(first, old), verify(first, new)] == [True, True]
    assert [verify(second, old), verify(second, new)] == [False, True]
    shown = str(await admin("get_webhook", webhook=webhook)) + str(await admin("list_webhooks"))
    assert new not in shown
    assert old not in shown


async def test_a_deleted_webhook_is_told_nothing_more(trying: World, receiver: Receiver) -> None:
    admin = await trying.admin()
    webhook, _ = await hooked(admin, receiver.url)
    await buy(trying)
    await Context(trying.shop, ANONYMOUS).shop.outbox.write(Context(trying.shop, ANONYMOUS))
    assert (await admin("delete_webhook", webhook=webhook)).deleted
    await run_jobs(trying.shop)
    assert receiver.got == []
    with pytest.raises(WebhookNotFound):
        await admin("get_webhook", webhook=webhook)


async def test_the_audit_sees_a_message_that_nobody_will_send(trying: World, receiver: Receiver) -> None:
    admin = await trying.admin()
    webhook, _ = await hooked(admin, receiver.url)
    await admin("send_test_event", webhook=webhook)
    assert await trying.findings() == []
    async with trying.shop.database.write() as db:
        await db.execute(text("DELETE FROM job"))
    [finding] = await trying.findings()
    assert f"waits for {webhook} and has no job" in finding


async def test_old_deliveries_are_forgotten(trying: World, receiver: Receiver) -> None:
    admin = await trying.admin()
    webhook, _ = await hooked(admin, receiver.url)
    await buy(trying)
    await run_jobs(trying.shop)
    assert len(await deliveries(admin, webhook)) == 1
    trying.clock.move(days=DELIVERIES_KEPT.days + 1)
    await run_jobs(trying.shop)
    assert await deliveries(admin, webhook) == []


async def test_strangers_see_no_webhook_of_another_merchant(each_world: World) -> None:
    owner, stranger = await each_world.merchant("harbor-home"), await each_world.merchant("trailhead-outfitters")
    webhook, _ = await hooked(owner, "https://example.com/hooks")
    colleague = await each_world.merchant("harbor-home")
    delivery = (await owner("send_test_event", webhook=webhook)).delivery
    assert (await colleague("get_webhook", webhook=webhook)).merchant == "harbor-home"
    asked: dict[str, dict[str, Any]] = {
        "get_webhook": {},
        "update_webhook": {"active": False},
        "delete_webhook": {},
        "rotate_webhook_secret": {},
        "send_test_event": {},
        "list_deliveries": {},
        "replay_delivery": {"delivery": delivery},
        "replay_dead_deliveries": {},
    }
    for operation, more in asked.items():
        answers = [await _refusal(stranger, operation, webhook=w, **more) for w in (webhook, "whk_nobodys")]
        assert answers[0].replace(webhook, "whk_nobodys") == answers[1]
    assert (await stranger("list_webhooks")).items == []
    assert [w.webhook for w in (await (await each_world.admin())("list_webhooks")).items] == [webhook]
    with pytest.raises(DeliveryNotFound):
        await owner("replay_delivery", webhook=webhook, delivery="dlv_nobodys")
    for nobody, refusal in ((await each_world.customer(), MerchantsOnly), (await each_world.guest(), Refusal)):
        with pytest.raises(refusal):
            await nobody("list_webhooks")
    homeless = replace(owner, caller=replace(owner.caller, merchant=None))
    assert (await homeless("list_webhooks")).items == []


async def _refusal(who: Shopper, operation: str, **arguments: Any) -> str:
    with pytest.raises(Refusal) as refused:
        await who(operation, **arguments)
    return f"{refused.value.code} {refused.value} {refused.value.advice}"


async def test_the_shop_has_room_for_so_many_even_at_once(each_world: World) -> None:
    owner = await each_world.merchant()
    tries = (hooked(owner, f"https://example.com/{n}") for n in range(MOST + 6))
    made = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(m, tuple) for m in made) == MOST
    assert {type(m) for m in made if not isinstance(m, tuple)} == {TooManyWebhooks}
    page = await owner("list_webhooks", limit=15)
    rest = await owner("list_webhooks", limit=15, cursor=page.next_cursor)
    assert len({w.webhook for w in [*page.items, *rest.items]}) == MOST


@pytest.mark.parametrize("url", ["http://example.com/", "https://10.0.0.1/", "https://[::1]/", "ftp://example.com"])
async def test_addresses_inside_are_refused_when_they_are_named(world: World, url: str) -> None:
    owner = await world.merchant()
    with pytest.raises(WebhookTargetRefused):
        await hooked(owner, url)
    webhook, _ = await hooked(owner, "https://example.com/")
    with pytest.raises(WebhookTargetRefused):
        await owner("update_webhook", webhook=webhook, url=url)


async def test_addresses_inside_are_refused_when_they_are_found_too(world: World, receiver: Receiver) -> None:
    """The name was public when it was registered; now it leads to this machine."""
    admin = await world.admin()
    webhook, _ = await hooked(admin, "https://example.com/")
    async with world.shop.database.write() as db:
        url = f"https://localhost:{receiver.port}/"
        await db.execute(text("UPDATE webhook SET url = :url"), {"url": url})
    await admin("send_test_event", webhook=webhook)
    await run_jobs(world.shop)
    assert receiver.got == []
    [delivery] = await deliveries(admin, webhook)
    assert (delivery.answer, delivery.last_error) == (None, "the host is not at a public address")
