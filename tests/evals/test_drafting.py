"""A conversation becomes the draft of a case, and nobody's data come along."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from commerce.context import ANONYMOUS
from commerce.shop import Shop
from evals.command import app
from evals.drafting import draft_of
from evals.grading import graded
from evals.playing import Setup, play
from evals.replacing import Replacing
from evals.schema import read_cases
from evals.trial import in_order, trial_of
from evals.world import HandClock, fresh_world, signed_in
from prompts import load_prompt
from tests.worlds import Shopper

HOME = {
    "recipient": "Grace Hopper",
    "phone": "+44 20 7946 0018",
    "line1": "5 Elm Street",
    "city": "Winterfold",
    "postal_code": "QX1 9ZZ",
    "country": "GB",
}
THEIRS = ["Grace", "Hopper", "grace@", "7946", "Elm", "Winterfold", "QX1"]


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    made = await fresh_world(tmp_path / "shop", HandClock())
    yield made
    await made.close()


async def grace_of(shop: Shop) -> Shopper:
    """Kept by whoever asks: the keys of two shoppers in a row may be the same."""
    facts = {"email": "grace@navy.example", "name": "Grace Hopper", "password": "a password of no matter"}
    await Shopper(shop, ANONYMOUS)("create_account", **facts)
    grace = Shopper(shop, await signed_in(shop, "grace@navy.example"))
    await grace("add_address", **HOME)
    await grace("add_payment_method", token="tok_succeeds")
    return grace


async def test_a_conversation_becomes_a_case_that_the_planner_passes(shop: Shop, tmp_path: Path) -> None:
    grace = await grace_of(shop)
    before = await grace.buy("YOYO-RED")
    await grace("add_to_cart", sku="MUG-BLU-350")
    async with trial_of(shop, grace.caller) as trial:
        await trial.say(f"hi, Grace Hopper here (grace@navy.example), where is my order {before.order}?")
        await trial.say("add MUG-RED-350 to my cart")
        await trial.say("send it to Elm Street, Winterfold, call +44 20 7946 0018")
        await trial.say("buy everything in my cart", in_order("approve"))
        draft = await draft_of(shop.database, trial.thread, "a-trip")
    assert not [part for part in THEIRS if part in draft.text]
    assert before.order not in draft.text
    (tmp_path / "drafts.yaml").write_text(draft.text, encoding="utf-8")
    (filed,) = read_cases(folder=tmp_path)
    assert filed.case.world.cart == {"MUG-BLU-350": 1}
    assert [order.state for order in filed.case.world.orders] == ["unpaid"]
    said = [step.say for step in filed.case.shopper.says]
    assert said[0] == "hi, Ada Lovelace here (ada@example.com), where is my order $order1?"
    assert [answer.to for answer in filed.case.shopper.answers] == ["place_order"]
    assert filed.case.does == ["add_to_cart", "create_checkout", "place_order"]
    played = await play(filed.case, Setup(load_prompt("shopper")))
    assert graded(filed, played, 1, model=False).failures == []


async def test_what_was_rejected_must_not_happen_and_what_is_a_strangers_stays_so(shop: Shop) -> None:
    grace = await grace_of(shop)
    order = (await Shopper(shop, await signed_in(shop, "ada@example.com")).buy()).order
    async with trial_of(shop, grace.caller) as trial:
        await trial.say(f"cancel order {order}")
        await trial.say("add MUG-RED-350 to my cart")
        await trial.say("buy it", in_order("reject"))
        (case,) = yaml.safe_load((await draft_of(shop.database, trial.thread, "no")).text)["cases"]
    assert case["world"] == {"strangers": [{"lines": {"MUG-RED-350": 1}, "state": "paid"}]}
    assert case["shopper"]["says"][0] == "cancel order $stranger1"
    assert case["shopper"]["answers"] == [{"to": "place_order", "answer": "reject"}]
    assert case["never"] == ["place_order"]
    assert {"read": "view_cart", "is": {"items": [{"sku": "MUG-RED-350", "quantity": 1}]}} in case["state"]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("mail me at someone.else+x@mail.example please", "mail me at ada@example.com please"),
        ("call 020-7946-0018", "call +1 415 555 0134"),
        ("my card is 4000 0000 0000 0002", "my card is 4242 4242 4242 4242"),
        ("use tok_1NvbXYZ9", "use tok_succeeds"),
        ("code bcdf-ghjk-2345-6789", "code 2222-3333-4444-5555"),
        ("see https://me.example/?u=grace", "see https://shop.example/"),
        ("checkout chk_01KE3V1B6M3Q4W5E6R7T8Y9Z0A", "checkout id_of_the_demo"),
        ("two MUG-RED-350 under $1,234.50, 12 or 24 of them", "two MUG-RED-350 under $1,234.50, 12 or 24 of them"),
        ("买两个红色的杯子，10 美元以下", "买两个红色的杯子，10 美元以下"),
    ],
)
def test_what_looks_like_somebodys_is_replaced_and_goods_and_prices_are_not(said: str, left: str) -> None:
    assert Replacing()(said) == left


def test_a_chinese_name_and_a_street_without_its_number_are_known() -> None:
    replacing = Replacing()
    replacing.know_name("name", "王小明", "艾达")
    replacing.know_street("12 Baker Street", "480 Harbor Lantern Street")
    assert replacing("我是王小明，住 baker street") == "我是艾达，住 Harbor Lantern Street"
    assert replacing.told() == "address ×1, name ×1"


async def test_the_command_writes_the_draft_and_tells_of_a_thread_that_is_not_there(shop: Shop, tmp_path: Path) -> None:
    async with trial_of(shop, await signed_in(shop, "ada@example.com")) as trial:
        await trial.say("show me mugs")
        thread = trial.thread
    data, out = ["--data", str(tmp_path / "shop")], tmp_path / "draft.yaml"
    told = await asyncio.to_thread(
        CliRunner().invoke, app, ["from-thread", thread, *data, "--out", str(out), "--name", "mugs"]
    )
    assert (told.exit_code, "read it once more" in told.output) == (0, True)
    assert yaml.safe_load(out.read_text(encoding="utf-8"))["cases"][0]["never"] == ["place_order"]
    missing = await asyncio.to_thread(CliRunner().invoke, app, ["from-thread", "thr_nowhere", *data])
    assert (missing.exit_code, missing.output.strip()) == (2, "there is no conversation thr_nowhere")
