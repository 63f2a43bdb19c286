"""Endpoints: a real ChatOpenAI against a real server, and the planner with its notice wherever that goes wrong."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from langchain_openai import ChatOpenAI

from agent.models import open_model
from agent.planner import Planner
from agent.settings import AgentSettings
from tests.agent.chats import Chat, Chats
from tests.agent.openai_server import DONE, Answer, called, chunk, endpoint, said, text_chunks
from tests.agent.test_buying import bought_once, question_of

NOTICES = {
    "Show me mugs under $15": "(The language model can't be reached just now, so the shop's built-in planner is answering.)",
    "有没有杯子？": "（语言模型暂时无法连接，由内置规则助手为您服务。）",
}
SEARCHED = called("s", ("search_products", {"query": "red enamel mug"}), ("list_payment_methods", {}))
CUT = chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"sku": "MUG-RED-350", "quantity": 1'}}]})
HEAD = {"index": 0, "id": "a_0", "type": "function", "function": {"name": "add_to_cart", "arguments": ""}}
HALF_A_CALL = chunk({"role": "assistant", "content": None, "tool_calls": [HEAD]}) + CUT


@asynccontextmanager
async def chat_with(chats: Chats, url: str, key: str = "sk-test") -> AsyncIterator[Chat]:
    settings = {"model": "m", "OPENAI_BASE_URL": url, "OPENAI_API_KEY": key}
    model = open_model(AgentSettings.model_validate(settings))
    assert isinstance(model, ChatOpenAI)
    yield await chats.open(model=model)
    await model.root_async_client.close()
    model.root_client.close()


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


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_turn_with_a_real_client_and_fragments_of_calls(chats: Chats) -> None:
    answers = [
        SEARCHED,
        called("a", ("add_to_cart", {"sku": "MUG-RED-350", "quantity": 1})),
        said("一个杯子在购物车里 🛒."),
    ]
    async with endpoint(*answers) as serving, chat_with(chats, serving.url) as chat:
        done = await chat.say("Put the red enamel mug into my cart")
        assert (done.status, done.text) == ("completed", "一个杯子在购物车里 🛒.")
        assert [receipt.operation for receipt in done.receipts] == ["add_to_cart"]
        assert (done.usage.model, done.usage.model_calls, done.usage.tool_calls) == ("m", 3, 3)
        assert (done.usage.input_tokens, done.usage.output_tokens) == (300, 30)
        first, _, last = serving.requests
    assert first["stream"] is True
    assert first["temperature"] == 0
    assert [message["role"] for message in first["messages"]] == ["system", "user"]
    assert all(tool["function"]["strict"] for tool in first["tools"])
    assert [m["role"] for m in last["messages"]] == ["system", "user", "assistant", "tool", "tool", "assistant", "tool"]
    calls = [c["id"] for m in last["messages"] if m["role"] == "assistant" for c in m["tool_calls"]]
    assert [m["tool_call_id"] for m in last["messages"] if m["role"] == "tool"] == calls
    assert len(set(calls)) == 3
    assert "«Red enamel mug»" in last["messages"][3]["content"]
    assert first["tools"] == last["tools"], "equal bytes, so that endpoints can cache them"


async def test_a_purchase_with_a_real_client(chats: Chats) -> None:
    chat = await chats.open()
    method = (await chat.shopper("list_payment_methods")).items[0].payment_method
    await chat.shopper("add_to_cart", sku="MUG-RED-350")
    checkout = (await chat.shopper("create_checkout", payment_method=method)).checkout
    answers = [called("p", ("place_order", {"checkout": checkout})), said("It is yours.")]
    async with endpoint(*answers) as serving, chat_with(chats, serving.url) as real:
        question = question_of(await real.say(f"place {checkout}"))
        assert len(serving.requests) == 1
        assert (await real.answer(question.confirmation)).text == "It is yours."
    await bought_once(chat)


async def test_an_endpoint_without_a_key_can_be_used(chats: Chats) -> None:
    async with endpoint(said("Hello.")) as serving, chat_with(chats, serving.url, key="") as chat:
        assert (await chat.say("hello")).text == "Hello."


async def test_an_endpoint_that_is_not_there_is_stood_in_for(chats: Chats) -> None:
    async with chat_with(chats, f"http://127.0.0.1:{closed_port()}/v1") as chat:
        await planner_answers(chat)


FAILING = {
    "500": Answer(b'{"error": {"message": "boom"}}', "500 Internal Server Error", "application/json"),
    "401": Answer(b'{"error": {"message": "boom"}}', "401 Unauthorized", "application/json"),
    "HTML": Answer(b"<html>boom</html>", "502 Bad Gateway", "text/html"),
    "malformed SSE": Answer(b"data: {this is no JSON\n\n" + DONE),
    "an error in the stream": Answer(b'data: {"error": {"message": "boom"}}\n\n'),
    "closed in mid-stream": Answer(text_chunks("Half a sentence"), chunked=True),
    "closed in a call": Answer(HALF_A_CALL, chunked=True),
}


@pytest.mark.parametrize("kind", FAILING)
async def test_an_endpoint_that_fails_is_stood_in_for(chats: Chats, kind: str) -> None:
    async with endpoint(FAILING[kind]) as serving, chat_with(chats, serving.url) as chat:
        await planner_answers(chat)
        assert serving.requests
        assert (await chat.shopper("view_cart")).items == []


async def test_an_endpoint_that_fails_after_a_call_leaves_what_was_done(chats: Chats) -> None:
    added = called("a", ("add_to_cart", {"sku": "MUG-RED-350", "quantity": 2}))
    async with endpoint(SEARCHED, added, FAILING["401"]) as serving, chat_with(chats, serving.url) as chat:
        done = await chat.say("Put two red enamel mugs into my cart")
        assert done.status == "completed"
        assert "built-in planner" in done.text
        assert [receipt.operation for receipt in done.receipts] == ["add_to_cart"]
        assert [item.quantity for item in (await chat.shopper("view_cart")).items] == [2]


@pytest.mark.parametrize("ending", [b"", chunk({}, "length") + DONE], ids=["closed quietly", "out of tokens"])
async def test_a_call_that_was_cut_off_is_not_made(chats: Chats, ending: bytes) -> None:
    """It said 12 and only the 1 arrived: a stream that ends without saying so is no answer."""
    cut = Answer(HALF_A_CALL + ending)
    async with endpoint(SEARCHED, cut, said("Sorry.")) as serving, chat_with(chats, serving.url) as chat:
        done = await chat.say("Twelve red enamel mugs, please")
        assert done.status == "completed"
        assert (await chat.shopper("view_cart")).items == []


async def test_an_endpoint_that_comes_back_is_used_again(chats: Chats) -> None:
    async with endpoint(FAILING["401"], said("I am back.")) as serving, chat_with(chats, serving.url) as chat:
        assert "built-in planner" in (await chat.say("Show me mugs")).text
        assert (await chat.say("hello")).text == "I am back."


def test_the_planner_needs_no_endpoint_and_an_endpoint_is_named_or_has_a_key() -> None:
    assert isinstance(open_model(AgentSettings()), Planner)
    with pytest.raises(ValueError, match="AGENT_MODEL=m needs OPENAI_API_KEY"):
        open_model(AgentSettings.model_validate({"model": "m"}))
