"""The ledger of spend: reserved before, settled after, never more than allowed, and no word of it lost."""

import asyncio
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from agent.models.registry import open_endpoints
from agent.settings import AgentSettings
from agent.spending.ledger import Account, Settlement
from agent.spending.limits import Limit, LimitReached, Spend
from agent.spending.prices import Price, read_prices, written
from agent.spending.spent import SpentRow, spent_by
from tests.agent.chats import Chats
from tests.agent.models_at import playing
from tests.agent.openai_server import DONE, PASSING, Answer, called, chunk, error, said, text_chunks, usage
from tests.agent.spender import DAY, MOST, UNLIMITED, allowed, ledger_of
from tests.statements import counting
from tests.worlds import World

ROOT = Path(__file__).parent.parent.parent
ME = Account("trn_1", "thr_1", "acc_1")
PRICES = "currency: USD\nmodels:\n  m: {input: 1, cached_input: 0.5, output: 10}\n"


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """A dollar for a million tokens read, ten for a million written."""
    file = tmp_path / "prices.yaml"
    file.write_text(PRICES)
    return file


async def sums(world: World) -> dict[str, tuple[int, int, int]]:
    async with world.shop.database.read() as db:
        rows = (await db.execute(text("SELECT scope, input_tokens, output_tokens, nanos FROM model_spend_sum"))).all()
    return {row.scope.partition(":")[0]: (row.input_tokens, row.output_tokens, row.nanos) for row in rows}


async def calls(world: World) -> list[tuple[str, int, int, int]]:
    async with world.shop.database.read() as db:
        found = await db.execute(text("SELECT status, input_tokens, output_tokens, nanos FROM model_spend ORDER BY id"))
        return [tuple(row) for row in found.all()]


async def test_what_is_reserved_counts_until_it_is_settled(each_world: World) -> None:
    ledger = ledger_of(each_world.shop.database)
    first = await ledger.reserve(ME, "m", MOST, allowed())
    second = await ledger.reserve(ME, "m", MOST, allowed())
    scopes = ("turn", "thread", "shopper", "shop")
    assert await sums(each_world) == dict.fromkeys(scopes, (20, 10, 2_000_000))
    await ledger.settle(Settlement(first, Spend(7, 1, 300), reported=True))
    await ledger.settle(Settlement(first, Spend(1, 1, 1), reported=True))
    assert await sums(each_world) == dict.fromkeys(scopes, (17, 6, 1_000_300)), "once"
    assert sorted(await calls(each_world)) == [("reserved", *MOST), ("settled", 7, 1, 300)]
    await ledger.settle(Settlement(second, Spend(9, 9, 9_000_000), reported=False))
    assert (await sums(each_world))["shop"] == (16, 10, 9_000_300), (
        "what was spent is written, also above what was reserved"
    )


@pytest.mark.parametrize("passed", [timedelta(), timedelta(days=1)], ids=["the same day", "over midnight"])
async def test_what_a_call_did_cost_is_written_with_the_next_one(each_world: World, passed: timedelta) -> None:
    database = each_world.shop.database
    first = await ledger_of(database).reserve(ME, "m", MOST, allowed())
    settling, later = Settlement(first, Spend(7, 1, 300), reported=True), ledger_of(database, DAY + passed)
    limits = allowed(thread=Spend(17, 6, 1_000_300))
    await later.reserve(ME, "m", MOST, limits, settling)
    assert (await sums(each_world))["thread"] == (17, 6, 1_000_300), "what was not spent is free for the next one"
    assert sorted(await calls(each_world)) == [("reserved", *MOST), ("settled", 7, 1, 300)]
    await later.reserve(ME, "m", MOST, allowed(), settling)
    assert (await sums(each_world))["thread"] == (27, 11, 2_000_300), "once"
    async with database.read() as db:
        days = (await db.execute(text("SELECT output_tokens FROM model_spend_sum WHERE scope LIKE 'shop:%'"))).all()
    assert sorted(row.output_tokens for row in days) == ([1, 10] if passed else [11]), "each on its day"


async def test_a_turn_of_three_calls_asks_the_database_no_more_than_it_has_to(each_chats: Chats, prices: Path) -> None:
    looks: list[tuple[str, dict[str, Any]]] = [
        ("search_products", {"query": "mug"}),
        ("get_product", {"product": "red-enamel-mug"}),
        ("view_cart", {}),
    ]
    script = [*(called(f"c{at}", look) for at, look in enumerate(looks)), said("Here.")]
    async with playing(each_chats, *script, prices=prices) as (chat, serving):
        await chat.say("show me mugs")
        serving.answers[:] = [*script]
        with counting() as counted:
            done = await chat.say("and once more")
        assert (done.text, done.usage.tool_calls) == ("Here.", 3)
    assert len(counted.statements) <= 39, counted
    assert counted.commits <= 6, counted


async def test_a_call_whose_process_died_counts_in_full_and_is_shown(each_world: World) -> None:
    """It stays reserved: nobody settles it, and nobody gives it back."""
    ledger = ledger_of(each_world.shop.database)
    limits = allowed(shop_day=Spend(0, 0, 1_999_999))
    await ledger.reserve(ME, "m", MOST, limits)
    with pytest.raises(LimitReached):
        await ledger_of(each_world.shop.database).reserve(Account("t", "t", "acc_2"), "m", MOST, limits)
    shown = await spent_by(each_world.shop.database, ["day", "shopper", "model"], DAY, 1)
    assert shown == [SpentRow(("2026-06-01", "acc_1", "m"), "USD", 1, 1, *MOST)]
    assert await spent_by(each_world.shop.database, ["day"], DAY + timedelta(days=1), 1) == []


@pytest.mark.parametrize("limit", ["turn", "thread", "shopper_day", "shop_day"])
@pytest.mark.parametrize(
    "most", [Spend(25, 0, 0), Spend(0, 14, 0), Spend(0, 0, 2_999_999)], ids=["read", "written", "money"]
)
async def test_each_limit_holds_for_itself(each_world: World, limit: str, most: Spend) -> None:
    ledger = ledger_of(each_world.shop.database)
    limits = allowed(**{limit: most})
    for _ in range(2):
        await ledger.reserve(ME, "m", MOST, limits)
    before = await sums(each_world)
    with pytest.raises(LimitReached) as reached:
        await ledger.reserve(ME, "m", MOST, limits)
    assert reached.value.limit == limit
    assert await sums(each_world) == before, "what is refused leaves nothing behind"
    assert len(await calls(each_world)) == 2
    others = {"turn": Account("t", "thr_1", "acc_1"), "thread": Account("trn_1", "t", "acc_1")}
    if other := others.get(limit, Account("t", "t", "acc_2") if limit == "shopper_day" else None):
        await ledger.reserve(other, "m", MOST, limits)


async def test_a_first_call_that_is_too_much_is_refused(each_world: World) -> None:
    ledger = ledger_of(each_world.shop.database)
    with pytest.raises(LimitReached):
        await ledger.reserve(ME, "m", MOST, allowed(shop_day=Spend(9, 0, 0)))
    assert set((await sums(each_world)).values()) == {(0, 0, 0)}


async def test_processes_that_race_for_the_last_cent_spend_no_more_than_there_is(each_world: World) -> None:
    """Three processes with four tasks each, on an empty ledger; 40 calls and a bit are allowed."""
    command = [sys.executable, "-m", "tests.agent.spender", each_world.shop.database.url]
    racing = [
        await asyncio.create_subprocess_exec(
            *command, name, "40900000", "4", cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        for name in "abc"
    ]
    told = [await process.communicate() for process in racing]
    assert [process.returncode for process in racing] == [0, 0, 0], told
    assert sum(int(out) for out, _ in told) == 40
    assert (await sums(each_world))["shop"] == (400, 200, 40_000_000)
    assert len(await calls(each_world)) == 40


async def test_what_is_old_is_forgotten_when_a_day_begins(world: World) -> None:
    ledger = ledger_of(world.shop.database)
    await ledger.reserve(ME, "m", MOST, allowed())
    async with world.shop.database.write() as db:
        for table in ("model_spend", "model_spend_sum"):
            await db.execute(text(f"UPDATE {table} SET day = '2025-01-01'"))
        await db.execute(text("UPDATE model_spend_sum SET scope = 'shop:2025-01-01' WHERE scope LIKE 'shop:%'"))
    await ledger.reserve(Account("t", "t", "a"), "m", MOST, allowed())
    assert len(await calls(world)) == 1
    assert len(await sums(world)) == 4


# Turns


async def test_a_turn_tells_what_it_cost(chats: Chats, prices: Path) -> None:
    add = called("s", ("search_products", {"query": "mug"}))
    told = Answer(text_chunks("Here.") + chunk({}, "stop") + usage(1000, 20, cached=400) + DONE)
    async with playing(chats, add, told, prices=prices) as (chat, _):
        spent = (await chat.say("show me mugs")).usage
        assert (spent.input_tokens, spent.output_tokens, spent.model_calls) == (1100, 30, 2)
        assert (spent.cost, spent.currency, spent.estimated) == ("0.0012", "USD", False)
        assert await calls(chats.world) == [("settled", 100, 10, 200_000), ("settled", 1000, 20, 1_000_000)]
        assert (await sums(chats.world))["shop"] == (1100, 30, 1_200_000)


async def test_a_model_without_a_price_is_counted_in_tokens(chats: Chats) -> None:
    async with playing(chats, said("Hello.")) as (chat, _):
        spent = (await chat.say("hello")).usage
        assert (spent.cost, spent.input_tokens) == (None, 100)
        assert await calls(chats.world) == [("settled", 100, 10, 0)]


async def test_the_planner_costs_nothing_and_needs_no_ledger(chats: Chats) -> None:
    async with playing(chats, error("401 Unauthorized")) as (chat, _):
        await chat.say("show me mugs")
        assert await calls(chats.world) == [("settled", 0, 0, 0)], "what was not answered was not billed"


async def test_what_is_not_reported_is_estimated(chats: Chats, prices: Path) -> None:
    silent = Answer(text_chunks("Here you are.") + chunk({}, "stop") + DONE)
    async with playing(chats, silent, prices=prices) as (chat, _):
        spent = (await chat.say("hello")).usage
        assert spent.estimated
        assert spent.input_tokens > 1000, "the functions are read too"
        assert 4 <= spent.output_tokens <= 10
        assert [row[0] for row in await calls(chats.world)] == ["estimated"]


async def test_a_stream_that_died_is_paid_for(chats: Chats, prices: Path) -> None:
    async with playing(chats, PASSING["closed in mid-stream"], said("Half a sentence."), prices=prices) as (chat, _):
        spent = (await chat.say("hello")).usage
        first, second = await calls(chats.world)
        assert (first[0], second) == ("estimated", ("settled", 100, 10, 200_000))
        assert spent.input_tokens == first[1] + 100
        assert spent.model_calls == 2


async def test_a_turn_that_was_cut_off_leaves_its_call_paid_for(chats: Chats, prices: Path) -> None:
    cut = Answer(text_chunks("Half a "), gate=asyncio.Event())
    async with playing(chats, cut, prices=prices) as (chat, _):
        await chat.start("hello")
        await cut.sent.wait()
        await chat.conversations.close()
        assert cut.gate
        cut.gate.set()
        assert [row[0] for row in await calls(chats.world)] == ["estimated"]


LIMITS = {
    "turn": ("This one question", "这一次提问"),
    "thread": ("This conversation", "本次对话"),
    "shopper_day": ("Your share", "您今天"),
    "shop_day": ("The shop's language model is at its limit", "本店今天"),
}


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("kind", ["input_tokens", "output_tokens", "cost"])
async def test_at_a_limit_the_planner_goes_on_and_says_which(chats: Chats, prices: Path, limit: str, kind: str) -> None:
    settings: dict[str, Any] = {f"{limit}_{kind}": 1e-9 if kind == "cost" else 1, "prices": prices}
    async with playing(chats, said("never said"), **settings) as (chat, serving):
        for question, told in zip(("add MUG-RED-350 to my cart", "购物车里有什么？"), LIMITS[limit], strict=True):
            done = await chat.say(question)
            assert done.status == "completed"
            assert told in done.text
            assert "never said" not in done.text
            assert done.usage.model == "planner"
        assert serving.requests == []
        assert [item.sku for item in (await chat.shopper("view_cart")).items] == ["MUG-RED-350"]


async def test_a_limit_in_the_middle_of_a_turn(chats: Chats, prices: Path) -> None:
    """The first call fits, the second does not: what the first one did stands."""
    searched = called("s", ("search_products", {"query": "red enamel mug"}))
    settings: dict[str, Any] = {"turn_output_tokens": 150, "max_tokens": 145, "prices": prices}
    async with playing(chats, searched, said("never said"), **settings) as (chat, serving):
        done = await chat.say("show me red enamel mugs")
        assert "This one question has used up" in done.text
        assert len(serving.requests) == 1
        assert "search_products" in [view.operation for view in done.views]


async def test_a_second_model_that_is_free_goes_on_where_the_money_ends(chats: Chats, prices: Path) -> None:
    prices.write_text(PRICES + "  n: {input: 0, output: 0}\n")
    settings: dict[str, Any] = {"turn_cost": 1e-9, "prices": prices, "second_model": "n"}
    async with playing(chats, said("Hello."), **settings) as (chat, serving):
        done = await chat.say("hello")
        assert (done.text, done.usage.model, done.usage.cost) == ("Hello.", "n", "0")
        assert [request["model"] for request in serving.requests] == ["n"]


async def test_what_can_not_be_written_down_is_not_spent(chats: Chats, prices: Path) -> None:
    async with playing(chats, said("never said"), prices=prices) as (chat, serving):
        async with chats.world.shop.database.write() as db:
            await db.execute(text("ALTER TABLE model_spend RENAME TO gone"))
        done = await chat.say("add MUG-RED-350 to my cart")
        assert "may not be used just now" in done.text
        assert serving.requests == []
        assert len((await chat.shopper("view_cart")).items) == 1
        async with chats.world.shop.database.write() as db:
            await db.execute(text("ALTER TABLE gone RENAME TO model_spend"))
        serving.answers[:] = [said("Here I am.")]
        assert (await chat.say("hello")).text == "Here I am."


async def test_an_answer_whose_cost_can_not_be_written_arrives_and_counts_in_full(chats: Chats, prices: Path) -> None:
    whole = text_chunks("Here you are.") + chunk({}, "stop") + usage(9, 9) + DONE
    held = Answer(whole[:200], gate=asyncio.Event(), rest=whole[200:])
    async with playing(chats, held, prices=prices) as (chat, _):
        turn = await chat.start("hello")
        await held.sent.wait()
        async with chats.world.shop.database.write() as db:
            await db.execute(text("ALTER TABLE model_spend RENAME TO gone"))
        assert held.gate
        held.gate.set()
        assert (await chat.finished(turn)).text == "Here you are."
        async with chats.world.shop.database.write() as db:
            await db.execute(text("ALTER TABLE gone RENAME TO model_spend"))
        assert [row[0] for row in await calls(chats.world)] == ["reserved"]


async def test_a_turn_holds_its_limits_across_a_question(chats: Chats, prices: Path) -> None:
    chat = await chats.open()
    method = (await chat.shopper("list_payment_methods")).items[0].payment_method
    await chat.shopper("add_to_cart", sku="MUG-RED-350")
    checkout = (await chat.shopper("create_checkout", payment_method=method)).checkout
    settings: dict[str, Any] = {"turn_output_tokens": 150, "max_tokens": 145, "prices": prices}
    async with playing(chats, called("p", ("place_order", {"checkout": checkout})), **settings) as (real, serving):
        asked = await real.say(f"place {checkout}")
        assert asked.confirmation
        done = await real.answer(asked.confirmation.confirmation)
        assert done.status == "completed"
        assert "This one question has used up" in done.text
        assert len(serving.requests) == 1


# Prices


def test_prices_are_exact_to_a_token() -> None:
    price = Price(input=Decimal("0.15"), output=Decimal("0.60"), cached_input=Decimal("0.075"))
    assert price.nanos(1, 0) == 150
    assert price.nanos(1_000_000, 1_000_000) == 750_000_000
    assert price.nanos(1000, 0, 400) == 120_000
    assert written(750_000_000) == "0.75"
    assert written(150) == "0.00000015"
    assert written(2_000_000_000) == "2"
    assert written(0) == "0"


def test_the_file_that_came_along_can_be_read() -> None:
    prices = read_prices(None)
    assert prices.of("gpt-4o-mini-2024-07-18") == prices.models["gpt-4o-mini*"]
    assert prices.of("nonesuch") is None


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ("currency: USD\nmodels: {m: {input: 1}}", "models.m.output: Field required"),
        ("currency: USD\nmodels: {m: {input: -1, output: 1}}", "models.m.input: .*greater"),
        ("currency: dollars\nmodels: {}", "currency: "),
        ("{", "can't be read"),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path: Path, content: str, wrong: str) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(content)
    with pytest.raises(ValueError, match=wrong):
        read_prices(file)


def test_a_limit_of_money_is_refused_for_a_model_without_a_price(prices: Path) -> None:
    """The ones that come along do not stand in the way; the one that somebody set must be kept."""
    settings = {"model": "nonesuch", "OPENAI_API_KEY": "sk-test"}
    assert open_endpoints(AgentSettings.model_validate(settings))
    for name in ("turn_cost", "thread_cost", "shopper_day_cost", "shop_day_cost"):
        with pytest.raises(
            ValueError, match=f"AGENT_{name.upper()} can't be held: AGENT_PRICES has no price for nonesuch"
        ):
            open_endpoints(AgentSettings.model_validate(settings | {name: 5}))
    assert open_endpoints(AgentSettings.model_validate(settings | {"shop_day_cost": 5, "profile": "ollama"}))
    assert open_endpoints(AgentSettings.model_validate(settings | {"model": "m", "shop_day_cost": 5, "prices": prices}))


def test_no_limit_that_comes_along_stands_in_the_way_of_one_call() -> None:
    """The longest answer fits into each of them."""
    settings = AgentSettings()
    for limit in ("turn", "thread", "shopper_day", "shop_day"):
        most = getattr(settings, f"{limit}_output_tokens")
        assert most == 0 or most >= 2 * settings.max_tokens
    assert Limit.TURN.ends_the_turn is False
    assert UNLIMITED == (0, 0, 0)
