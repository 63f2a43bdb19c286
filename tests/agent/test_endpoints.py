"""Endpoints that go wrong: tried again, left alone, stood in for by a second model and by the planner, and the shopper told once."""

import asyncio

import pytest

from agent.models.breaker import Breaker
from tests.agent.chats import Chat, Chats
from tests.agent.models_at import chat_with, playing
from tests.agent.openai_server import (
    DONE,
    HALF_A_CALL,
    LASTING,
    NOWHERE,
    PASSING,
    STALLING,
    Answer,
    called,
    chunk,
    closed_port,
    endpoint,
    error,
    said,
    text_chunks,
    usage,
)
from tests.agent.test_buying import bought_once, question_of

NOTICES = {
    "Show me mugs under $15": "(The language model can't be reached just now, so the shop's built-in planner is answering.)",
    "有没有杯子？": "（语言模型暂时无法连接，由内置规则助手为您服务。）",
}
SEARCHED = called("s", ("search_products", {"query": "red enamel mug"}), ("list_payment_methods", {}))
ADDED = called("a", ("add_to_cart", {"sku": "MUG-RED-350", "quantity": 2}))


def patience(kind: str, seconds: float) -> dict[str, float]:
    return {"first_byte_seconds": seconds, "idle_seconds": seconds} if kind in STALLING else {}


async def planner_answers(chat: Chat) -> None:
    """In the language of the question, with the notice first, with the shop's goods, and with nothing of the inside."""
    for question, notice in NOTICES.items():
        done = await chat.say(question)
        assert done.status == "completed"
        assert done.text.count(notice) == 1
        assert "search_products" in [view.operation for view in done.views]
        assert done.usage.model == "planner"
        told = done.text.lower()
        assert not [word for word in ("error", "exception", "traceback", "127.0.0.1", "boom") if word in told]


async def test_a_turn_with_a_real_client_and_fragments_of_calls(chats: Chats) -> None:
    answers = [
        SEARCHED,
        called("a", ("add_to_cart", {"sku": "MUG-RED-350", "quantity": 1})),
        said("Done: 一个 mug 🛒 in the cart."),
    ]
    async with playing(chats, *answers) as (chat, serving):
        done = await chat.say("Put the red enamel mug into my cart")
        assert (done.status, done.text) == ("completed", "Done: 一个 mug 🛒 in the cart.")
        assert [receipt.operation for receipt in done.receipts] == ["add_to_cart"]
        assert (done.usage.model, done.usage.model_calls, done.usage.tool_calls) == ("m", 3, 3)
        assert (done.usage.input_tokens, done.usage.output_tokens, done.usage.estimated) == (300, 30, False)
        first, _, last = serving.requests
    assert first["stream"] is True
    assert first["temperature"] == 0
    assert first["max_tokens"] == 4096
    assert [message["role"] for message in first["messages"]] == ["system", "user", "user"]
    assert all(tool["function"]["strict"] for tool in first["tools"])
    assert [m["role"] for m in last["messages"]][2:] == ["user", "assistant", "tool", "tool", "assistant", "tool"]
    calls = [c["id"] for m in last["messages"] if m["role"] == "assistant" for c in m["tool_calls"]]
    assert [m["tool_call_id"] for m in last["messages"] if m["role"] == "tool"] == calls
    assert len(set(calls)) == 3
    assert "«Red enamel mug»" in last["messages"][4]["content"]
    assert first["tools"] == last["tools"], "equal bytes, so that endpoints can cache them"


async def test_a_purchase_with_a_real_client(chats: Chats) -> None:
    chat = await chats.open()
    method = (await chat.shopper("list_payment_methods")).items[0].payment_method
    await chat.shopper("add_to_cart", sku="MUG-RED-350")
    checkout = (await chat.shopper("create_checkout", payment_method=method)).checkout
    answers = [called("p", ("place_order", {"checkout": checkout})), said("It is yours.")]
    async with playing(chats, *answers) as (real, serving):
        question = question_of(await real.say(f"place {checkout}"))
        assert len(serving.requests) == 1
        assert (await real.answer(question.confirmation)).text == "It is yours."
    await bought_once(chat)


async def test_an_endpoint_without_a_key_can_be_used(chats: Chats) -> None:
    async with playing(chats, said("Hello."), OPENAI_API_KEY="") as (chat, _):
        assert (await chat.say("hello")).text == "Hello."


@pytest.mark.parametrize("url", [closed_port(), NOWHERE], ids=["refused", "no such host"])
async def test_an_endpoint_that_is_not_there_is_stood_in_for(chats: Chats, url: str) -> None:
    async with chat_with(chats, url) as chat:
        await planner_answers(chat)


@pytest.mark.parametrize("kind", PASSING | LASTING)
async def test_an_endpoint_that_fails_is_stood_in_for(chats: Chats, kind: str) -> None:
    """What may pass is tried three times, the rest once."""
    answer, settings = (PASSING | LASTING)[kind], patience(kind, 0.3) | {"breaker_failures": 99}
    async with playing(chats, answer, **settings) as (chat, serving):
        await planner_answers(chat)
        tried = len(NOTICES) * (3 if kind in PASSING else 1)
        assert len(serving.requests) == tried or (kind in STALLING and 1 < len(serving.requests) < tried), (
            "a busy machine can be so late that its own patience ends first"
        )
        assert (await chat.shopper("view_cart")).items == []


@pytest.mark.parametrize("kind", PASSING)
async def test_an_endpoint_that_fails_once_is_tried_again(chats: Chats, kind: str) -> None:
    """A thought is tried again as it was; so long a silence comes from nowhere but the fault."""
    answers = [PASSING[kind], SEARCHED, PASSING[kind], ADDED, PASSING[kind], said("Two are in the cart.")]
    async with playing(chats, *answers, **patience(kind, 1.5)) as (chat, serving):
        done = await chat.say("Put two red enamel mugs into my cart")
        assert done.status == "completed"
        assert done.text.endswith("Two are in the cart.")
        assert "planner" not in done.text
        assert [item.quantity for item in (await chat.shopper("view_cart")).items] == [2]
        assert len(serving.requests) == done.usage.model_calls == 6
        tried, again = serving.requests[2], serving.requests[3]
    assert tried == again, "what went wrong leaves no trace in what the model reads"


@pytest.mark.parametrize(
    ("again", "read"),
    [
        ("Half a sentence, and the rest.", "Half a sentence, and the rest."),
        ("Something else.", "Half a sentence\n\nSomething else."),
        ("Half", "Half a sentence"),
    ],
    ids=["the same and more", "something else", "less"],
)
async def test_what_was_shown_when_a_stream_dies_stays_and_is_not_said_twice(
    chats: Chats, again: str, read: str
) -> None:
    broken = PASSING["closed in mid-stream"]
    async with playing(chats, broken, broken, said(again)) as (chat, _):
        turn = await chat.start("tell me something")
        done = await chat.finished(turn)
        assert done.text == read
        deltas = [event["text"] for event in await chat.events(turn) if event["type"] == "message.delta"]
        assert "".join(deltas) == read
        assert (await chat.history()).messages[-1].text == read


async def test_the_planner_begins_behind_what_was_shown(chats: Chats) -> None:
    async with playing(chats, PASSING["closed in mid-stream"]) as (chat, _):
        done = await chat.say("Show me mugs under $15")
        shown, notice, _answer = done.text.split("\n\n", 2)
        assert (shown, notice) == ("Half a sentence", NOTICES["Show me mugs under $15"])


async def test_an_endpoint_that_fails_after_a_call_leaves_what_was_done(chats: Chats) -> None:
    async with playing(chats, SEARCHED, ADDED, LASTING["401"]) as (chat, _):
        done = await chat.say("Put two red enamel mugs into my cart")
        assert done.status == "completed"
        assert "built-in planner" in done.text
        assert [receipt.operation for receipt in done.receipts] == ["add_to_cart"]
        assert [item.quantity for item in (await chat.shopper("view_cart")).items] == [2]


async def test_the_shopper_is_told_once_in_a_turn_also_across_a_question(chats: Chats) -> None:
    async with playing(chats, LASTING["401"]) as (chat, _):
        await chat.shopper("add_to_cart", sku="MUG-RED-350")
        first = await chat.say("buy it")
        rest = await chat.answer(question_of(first).confirmation)
        assert rest.status == "completed"
        assert (first.text + rest.text).count("built-in planner is answering") == 1
        await bought_once(chat)
        assert "built-in planner is answering" in (await chat.say("show me mugs")).text, "the next turn says so again"


async def test_an_endpoint_that_comes_back_is_used_again(chats: Chats) -> None:
    async with playing(chats, LASTING["401"], said("I am back.")) as (chat, _):
        assert "built-in planner" in (await chat.say("Show me mugs")).text
        assert (await chat.say("hello")).text == "I am back."


async def test_a_second_model_answers_before_the_planner_does(chats: Chats) -> None:
    async with endpoint(said("The second here.")) as second:
        settings = {"second_model": "n", "second_base_url": second.url, "second_api_key": "sk-second"}
        async with playing(chats, LASTING["401"], **settings) as (chat, first):
            done = await chat.say("Show me mugs")
            assert (done.text, done.usage.model) == ("The second here.", "n")
            assert (first.requests[0]["model"], second.requests[0]["model"]) == ("m", "n")
            assert "bearer sk-second" in second.heads[0].lower()
            assert "sk-second" not in first.heads[0]
            assert "sk-test" not in second.heads[0]


async def test_where_both_models_fail_the_planner_answers(chats: Chats) -> None:
    async with playing(chats, LASTING["401"], second_model="n", second_base_url=closed_port()) as (chat, _):
        await planner_answers(chat)


async def test_a_pause_longer_than_the_turn_is_not_waited_for(chats: Chats) -> None:
    busy = error("429 Too Many Requests", "Retry-After: 5\r\n")
    async with playing(chats, busy, max_seconds=4) as (chat, serving):
        assert "built-in planner" in (await chat.say("Show me mugs")).text
        assert len(serving.requests) == 1


async def test_a_model_call_takes_no_longer_than_it_may(chats: Chats) -> None:
    """It says something all the time, and never ends."""
    trickle = Answer(text_chunks("Well, ") * 3, stalls=True)
    async with playing(chats, trickle, idle_seconds=60, call_seconds=0.3, retries=0) as (chat, _):
        assert "built-in planner" in (await chat.say("Show me mugs")).text


async def test_an_endpoint_that_keeps_failing_is_left_alone(chats: Chats) -> None:
    """Its breaker is shared by all turns of the process, and lets one call try again after a while."""
    now = 0.0
    async with playing(chats, PASSING["503"], retries=0) as (chat, serving):
        chat.endpoints[0].breaker = breaker = Breaker(2, 30, clock=lambda: now)
        for _ in range(4):
            assert "built-in planner" in (await chat.say("Show me mugs")).text
        assert len(serving.requests) == 2
        serving.answers[:] = [said("I am back.")]
        now = 31.0
        assert (await chat.say("hello")).text == "I am back."
        assert breaker.state == "closed"


def test_a_breaker_opens_probes_once_and_closes() -> None:
    now = 0.0
    breaker = Breaker(2, 30, clock=lambda: now)
    for _ in range(2):
        assert breaker.admit()
        breaker.failed()
    assert not breaker.admit()
    now = 31.0
    assert breaker.state == "half-open"
    assert breaker.admit()
    assert not breaker.admit(), "one probe at a time"
    breaker.failed()
    assert not breaker.admit()
    now = 62.0
    assert breaker.admit()
    breaker.left()
    assert breaker.admit(), "a probe that was given up lets another one try"
    breaker.succeeded()
    assert breaker.state == "closed"


def test_a_request_that_is_at_fault_itself_opens_no_breaker() -> None:
    breaker = Breaker(1, 30)
    assert breaker.admit()
    breaker.left()
    assert breaker.state == "closed"


async def test_a_turn_that_was_cut_leaves_a_conversation_that_goes_on(chats: Chats) -> None:
    """Its process ends while the model is still writing a call, and another one goes on."""
    gate = asyncio.Event()
    cut = Answer(HALF_A_CALL, gate=gate)
    async with playing(chats, SEARCHED, cut) as (chat, serving):
        turn = await chat.start("Put a red enamel mug into my cart")
        await cut.sent.wait()
        await chat.conversations.close()
        gate.set()
        assert (await chat.finished(turn)).status == "failed"
        serving.answers[:] = [said("Here I am.")]
        done = await chat.say("hello again")
        assert (done.status, done.text) == ("completed", "Here I am.")
        roles = [m["role"] for m in serving.requests[-1]["messages"]]
        assert roles[0] == "system"
        assert roles[-1] == "user"
        wanted = [c["id"] for m in serving.requests[-1]["messages"] for c in m.get("tool_calls") or []]
        results = [m["tool_call_id"] for m in serving.requests[-1]["messages"] if m["role"] == "tool"]
        assert sorted(wanted) == sorted(results)


async def test_usage_that_is_told_with_every_piece_is_counted_once(chats: Chats) -> None:
    so_far = (
        text_chunks("Hel") + usage(90, 1) + text_chunks("lo.") + usage(90, 2) + chunk({}, "stop") + usage(90, 3) + DONE
    )
    async with playing(chats, Answer(so_far)) as (chat, _):
        spent = (await chat.say("hello")).usage
        assert (spent.input_tokens, spent.output_tokens) == (90, 3)
