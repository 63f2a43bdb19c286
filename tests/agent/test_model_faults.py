"""Models that go wrong: told what is wrong, within a bound, and then an honest answer; however they cut up what they say."""

import json
from typing import Any

import pytest

from tests.agent.chats import Chats
from tests.agent.models_at import playing
from tests.agent.openai_server import (
    DONE,
    Answer,
    called,
    chunk,
    head_of,
    more_of,
    pieces,
    said,
    text_chunks,
    usage,
)

MUG = ("search_products", {"query": "red enamel mug"})
SEARCHED = called("s", MUG)
ADD = ("add_to_cart", {"sku": "MUG-RED-350", "quantity": 2})
USELESS = "(The language model gave no answer that could be used, so the shop's built-in planner is answering.)"
ALIVE = said("Here I am.")


def results(request: dict[str, Any]) -> list[str]:
    return [m["content"] for m in request["messages"] if m["role"] == "tool"]


async def quantities(chat: Any) -> list[int]:
    return [item.quantity for item in (await chat.shopper("view_cart")).items]


WRONG_CALLS = {
    "an unknown tool": (called("w", ("buy_everything", {})), "REFUSED unknown_operation"),
    "broken JSON": (pieces(head_of("add_to_cart"), more_of('{"sku": ')), "REFUSED arguments_unreadable"),
    "no object": (pieces(head_of("add_to_cart"), more_of('["MUG-RED-350"]')), "REFUSED arguments_unreadable"),
    "wrong types": (called("w", ("add_to_cart", {"sku": "MUG-RED-350", "quantity": "many"})), "REFUSED bad_input"),
    "missing arguments": (called("w", ("add_to_cart", {})), "REFUSED bad_input"),
    "invented arguments": (called("w", ("add_to_cart", {"sku": "MUG-RED-350", "gift": True})), "REFUSED bad_input"),
    "an invented id": (called("w", ("add_to_cart", {"sku": "MUG-GOLD-1"})), "REFUSED id_not_shown"),
    "a call cut by length": (
        pieces(head_of("add_to_cart"), more_of('{"sku": "MUG-RED-350", "quantity": 1'), finish="length"),
        "REFUSED arguments_unreadable",
    ),
    "no name": (pieces(head_of("", arguments="{}")), "REFUSED unknown_operation"),
}


@pytest.mark.parametrize("kind", WRONG_CALLS)
async def test_a_wrong_call_is_answered_and_can_be_put_right(chats: Chats, kind: str) -> None:
    wrong, told = WRONG_CALLS[kind]
    async with playing(chats, SEARCHED, wrong, called("a", ADD), said("Two are in the cart.")) as (chat, serving):
        done = await chat.say("Put two red enamel mugs into my cart")
        assert (done.status, done.text) == ("completed", "Two are in the cart.")
        assert results(serving.requests[2])[-1].startswith(told)
        assert await quantities(chat) == [2]


@pytest.mark.parametrize("kind", WRONG_CALLS)
@pytest.mark.parametrize(
    ("question", "honest"),
    [("Put two mugs into my cart", "I tried several times"), ("把两个杯子放进购物车", "我几次都没能正确完成这一步")],
)
async def test_a_model_that_only_calls_wrongly_is_stopped(chats: Chats, kind: str, question: str, honest: str) -> None:
    async with playing(chats, WRONG_CALLS[kind][0]) as (chat, serving):
        done = await chat.say(question)
        assert done.status == "completed"
        assert honest in done.text
        assert len(serving.requests) == 4
        assert await quantities(chat) == []
        serving.answers[:] = [ALIVE]
        assert (await chat.say("are you there?")).text == "Here I am."


async def test_the_same_call_is_not_made_for_ever(chats: Chats) -> None:
    async with playing(chats, SEARCHED, SEARCHED, SEARCHED, SEARCHED, said("I have it.")) as (chat, serving):
        done = await chat.say("Show me the red enamel mug")
        assert done.text == "I have it."
        made = results(serving.requests[-1])
        assert [text.startswith("REFUSED same_call_again") for text in made] == [False, False, False, True]


async def test_a_write_is_not_repeated_for_ever_either(chats: Chats) -> None:
    async with playing(chats, SEARCHED, called("a", ADD)) as (chat, _):
        done = await chat.say("Put two red enamel mugs into my cart")
        assert len(done.receipts) == 3
        assert "I tried several times" in done.text
        assert await quantities(chat) == [6]


async def test_two_hundred_calls_in_one_answer(chats: Chats) -> None:
    many = called("m", *(("search_products", {"query": f"mug {i}"}) for i in range(200)))
    async with playing(chats, many, ALIVE) as (chat, serving):
        done = await chat.say("Show me mugs")
        assert (done.status, done.usage.tool_calls) == ("completed", 24)
        assert "I stop here" in done.text
        assert len(serving.requests) == 1
        again = await chat.say("are you there?")
        assert again.text == "Here I am."
        told = results(serving.requests[-1])
        assert len(told) == len(serving.requests[-1]["messages"][3]["tool_calls"]) == 25
        assert told[-1].startswith("REFUSED turn_limit")


EMPTY = {
    "empty": (said(""), "Your answer was empty"),
    "white": (said(" \n "), "Your answer was empty"),
    "cut before it began": (said("", finish="length"), "reached its longest length"),
    "a thought without an answer": (said("<think>The shopper wants mugs.</think>"), "Your answer was empty"),
    "data as text": (said('{"answer": "mugs"}'), "You wrote a call or data as text"),
    "an unknown call as text": (said('<tool_call>{"name": "fly", "arguments": {}}</tool_call>'), "You wrote a call"),
    "half a call as text": (said('<tool_call>{"name": "add_to_cart", "argum'), "You wrote a call"),
    "a call beside words": (said('{"name": "view_cart", "arguments": {}} should do.'), "You wrote a call"),
}


@pytest.mark.parametrize("kind", EMPTY)
async def test_an_answer_of_no_use_is_asked_for_again(chats: Chats, kind: str) -> None:
    answer, told = EMPTY[kind]
    async with playing(chats, answer, said("We have mugs.")) as (chat, serving):
        done = await chat.say("Do you sell mugs?")
        assert (done.status, done.text) == ("completed", "We have mugs.")
        assert told in serving.requests[1]["messages"][-1]["content"]
        assert serving.requests[1]["messages"][-1]["role"] == "user"
        await chat.say("and cups?")
        later = json.dumps(serving.requests[-1]["messages"])
        assert "From the shop" not in later, "the correction is no part of the conversation"


@pytest.mark.parametrize("kind", EMPTY)
async def test_a_model_that_says_nothing_of_use_is_stood_in_for(chats: Chats, kind: str) -> None:
    async with playing(chats, EMPTY[kind][0]) as (chat, serving):
        done = await chat.say("Show me mugs under $15")
        assert done.text.startswith(USELESS + "\n\n")
        assert [view.operation for view in done.views] == ["search_products"]
        assert len(serving.requests) == 3


TEXT_CALLS = {
    "as Hermes and Qwen write it": '<tool_call>\n{"name": "search_products", "arguments": {"query": "red enamel mug"}}\n</tool_call>',
    "as Llama writes it": '{"name": "search_products", "parameters": {"query": "red enamel mug"}}',
    "with its function's name": '<function=search_products>{"query": "red enamel mug"}</function>',
    "as Mistral writes it": '[TOOL_CALLS] [{"name": "search_products", "arguments": {"query": "red enamel mug"}}]',
    "fenced": '```json\n{"name": "search_products", "arguments": {"query": "red enamel mug"}}\n```',
    "twice": '<tool_call>{"name": "search_products", "arguments": {"query": "red enamel mug"}}</tool_call>\n'
    '<tool_call>{"name": "view_cart", "arguments": {}}</tool_call>',
}


@pytest.mark.parametrize("kind", TEXT_CALLS)
async def test_a_whole_call_that_was_written_as_text_is_made(chats: Chats, kind: str) -> None:
    """Servers that do not read the calls of their models pass them on as text. The shopper sees none of it."""
    async with playing(chats, said(TEXT_CALLS[kind], finish="stop"), said("Here it is.")) as (chat, serving):
        done = await chat.say("Show me the red enamel mug")
        assert done.text == "Here it is."
        assert "search_products" in [view.operation for view in done.views]
        assert "«Red enamel mug»" in results(serving.requests[-1])[0]


async def test_a_call_as_text_behind_words(chats: Chats) -> None:
    text = "Let me look. " + TEXT_CALLS["as Hermes and Qwen write it"]
    async with playing(chats, said(text), said("Here it is.")) as (chat, _):
        done = await chat.say("Show me the red enamel mug")
        assert done.text == "Let me look. \n\nHere it is."


async def test_thoughts_are_not_shown(chats: Chats) -> None:
    async with playing(chats, said("<think>\nMugs, I suppose < 3.\n</think>\n\nWe have mugs. 2 < 3.")) as (chat, _):
        turn = await chat.start("Do you sell mugs?")
        assert (await chat.finished(turn)).text == "We have mugs. 2 < 3."
        assert "suppose" not in json.dumps(await chat.events(turn))


@pytest.mark.parametrize(
    ("question", "wrong", "right"),
    [
        (
            "有没有红色的杯子？",
            "Yes, we have several very nice red enamel mugs for you to choose from.",
            "有的，请看。",
        ),
        ("do you have red mugs?", "有的，我们有好几种红色搪瓷杯，请看下面。", "Yes, here they are."),
    ],
)
async def test_an_answer_in_the_wrong_language_is_asked_for_again_and_not_shown(
    chats: Chats, question: str, wrong: str, right: str
) -> None:
    async with playing(chats, said(wrong), said(right)) as (chat, serving):
        done = await chat.say(question)
        assert done.text == right
        assert "Give the same answer in that language" in serving.requests[1]["messages"][-1]["content"]


async def test_a_model_that_insists_on_its_language_is_let_have_it(chats: Chats) -> None:
    """The shopper may have asked for it."""
    async with playing(chats, said("有的，我们有好几种红色搪瓷杯，请看下面。")) as (chat, serving):
        done = await chat.say("do you have red mugs? answer in Chinese please")
        assert done.text == "有的，我们有好几种红色搪瓷杯，请看下面。"
        assert len(serving.requests) == 3


@pytest.mark.parametrize(
    "answer",
    ["好的。", "Sí, tenemos tazas rojas esmaltadas muy bonitas.", "네, 빨간 법랑 머그잔이 있습니다. 여기 있어요."],
)
async def test_words_that_tell_no_language_accept_any(chats: Chats, answer: str) -> None:
    async with playing(chats, said(answer)) as (chat, serving):
        assert (await chat.say("ok")).text == answer
        assert len(serving.requests) == 1


async def test_a_refusal_is_passed_on(chats: Chats) -> None:
    refusal = "I can't help with that."
    field = Answer(chunk({"role": "assistant", "refusal": refusal}) + chunk({}, "stop") + usage(9, 9) + DONE)
    for answer in (said(refusal), field):
        async with playing(chats, answer) as (chat, serving):
            done = await chat.say("help me with something bad")
            assert (done.status, done.text) == ("completed", refusal)
            assert len(serving.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        said("", finish="content_filter"),
        Answer(b'{"error": {"code": "content_filter", "message": "boom"}}', "400 Bad Request", "application/json"),
    ],
    ids=["in the stream", "instead of it"],
)
@pytest.mark.parametrize(
    ("question", "told"),
    [("hello there", "provider will not have this answered"), ("你好", "服务方不允许回答")],
)
async def test_what_the_provider_filters_is_said_honestly(
    chats: Chats, answer: Answer, question: str, told: str
) -> None:
    async with playing(chats, answer) as (chat, serving):
        done = await chat.say(question)
        assert told in done.text
        assert len(serving.requests) == 1
        serving.answers[:] = [said("Here I am. 我在。")]
        assert (await chat.say("again")).text == "Here I am. 我在。"


async def test_an_answer_that_was_cut_by_length_says_so(chats: Chats) -> None:
    async with playing(chats, said("We have mugs, cups, and", finish="length")) as (chat, _):
        done = await chat.say("what do you have?")
        assert done.text == "We have mugs, cups, and\n\n(The answer was too long and is cut here. Ask me to go on.)"


async def test_an_answer_that_never_ends_is_cut_here(chats: Chats) -> None:
    endless = Answer(text_chunks("mug " * 2000), stalls=True)
    async with playing(chats, endless, max_tokens=50) as (chat, _):
        done = await chat.say("what do you have?")
        assert done.text.endswith("(The answer was too long and is cut here. Ask me to go on.)")
        assert len(done.text) < 2000


FRAGMENTS = {
    "in pieces": called("f", ADD),
    "at once": pieces(head_of("add_to_cart", arguments='{"sku": "MUG-RED-350", "quantity": 2}')),
    "without ids": pieces(
        head_of("add_to_cart", 0, None), more_of('{"sku": "MUG-RED-350",'), more_of(' "quantity": 2}')
    ),
    "without index": pieces(
        head_of("add_to_cart", None, "x"), more_of('{"sku": "MUG-RED-350",', None), more_of(' "quantity": 2}', None)
    ),
    "without either": pieces(
        head_of("add_to_cart", None, None), more_of('{"sku": "MUG-RED-350",', None), more_of(' "quantity": 2}', None)
    ),
    "with its name in each": pieces(
        head_of("add_to_cart", 0, "x", '{"sku": "MUG-RED-350",'), head_of("add_to_cart", 0, "x", ' "quantity": 2}')
    ),
    "finished as if it were words": called("f", ADD, finish="stop"),
    "behind words": called("f", ADD, first="I put them in."),
    "with more behind its end": Answer(
        pieces(head_of("add_to_cart", arguments='{"sku": "MUG-RED-350", "quantity": 2}')).body.removesuffix(DONE)
        + head_of("add_to_cart", 1, "late", '{"sku": "MUG-RED-350", "quantity": 5}')
        + DONE
    ),
}


@pytest.mark.parametrize("kind", FRAGMENTS)
async def test_a_call_is_understood_however_it_is_cut_up(chats: Chats, kind: str) -> None:
    async with playing(chats, SEARCHED, FRAGMENTS[kind], said("Done.")) as (chat, serving):
        done = await chat.say("Put two red enamel mugs into my cart")
        assert done.text.endswith("Done.")
        assert [receipt.operation for receipt in done.receipts] == ["add_to_cart"]
        assert await quantities(chat) == [2]
        made = [c["function"]["name"] for m in serving.requests[-1]["messages"] for c in m.get("tool_calls") or []]
        assert made == ["search_products", "add_to_cart"]


ONE, TWO = ('{"sku": "MUG-RED-350", "quantity": 2}', '{"sku": "MUG-RED-500", "quantity": 3}')
TWO_CALLS = {
    "one id": pieces(head_of("add_to_cart", 0, "same", ONE), head_of("add_to_cart", 1, "same", TWO)),
    "one index": pieces(head_of("add_to_cart", 0, "a", ONE), head_of("add_to_cart", 0, "b", TWO)),
    "one index and no id": pieces(head_of("add_to_cart", 0, None, ONE), head_of("add_to_cart", 0, None, TWO)),
    "one index and one id": pieces(head_of("add_to_cart", 0, "a", ONE), head_of("add_to_cart", 0, "a", TWO)),
    "nothing": pieces(head_of("add_to_cart", None, None, ONE), head_of("add_to_cart", None, None, TWO)),
    "interleaved": pieces(
        head_of("add_to_cart", 0, "a"),
        head_of("add_to_cart", 1, "b"),
        more_of(TWO[:9], 1),
        more_of(ONE, 0),
        more_of(TWO[9:], 1),
    ),
    "an id of before": pieces(head_of("add_to_cart", 0, "s_0", ONE), head_of("add_to_cart", 1, "s_1", TWO)),
}


@pytest.mark.parametrize("kind", TWO_CALLS)
async def test_two_calls_stay_two_whatever_they_share(chats: Chats, kind: str) -> None:
    async with playing(chats, SEARCHED, TWO_CALLS[kind], said("Done.")) as (chat, serving):
        done = await chat.say("Put two small and three big red enamel mugs into my cart")
        assert [receipt.operation for receipt in done.receipts] == ["add_to_cart", "add_to_cart"]
        assert await quantities(chat) == [2, 3]
        ids = [c["id"] for m in serving.requests[-1]["messages"] for c in m.get("tool_calls") or []]
        assert len(set(ids)) == 3


async def test_reads_run_at_once_and_changes_in_order(each_chats: Chats) -> None:
    reads = called("r", MUG, ("view_cart", {}), ("list_orders", {}), ("list_addresses", {}))
    writes = called(
        "w",
        ADD,
        ("change_cart_item", {"sku": "MUG-RED-350", "quantity": 5}),
        ("remove_from_cart", {"sku": "MUG-RED-350"}),
    )
    async with playing(each_chats, reads, writes, said("Done.")) as (chat, serving):
        turn = await chat.start("Put two red enamel mugs in, make it five, and take them out again")
        done = await chat.finished(turn)
        happened = [e for e in await chat.events(turn) if e["type"].startswith("tool.")]
        assert done.text == "Done."
    kinds = [event["type"].removeprefix("tool.") for event in happened]
    if not chat.world.shop.database.embedded:  # SQLite answers so small a question on the spot
        assert kinds[:8] == ["started"] * 4 + ["finished"] * 4, "all have begun before the first one ends"
    assert kinds[8:] == ["started", "finished"] * 3
    operations = [event["operation"] for event in happened[8::2]]
    assert operations == ["add_to_cart", "change_cart_item", "remove_from_cart"]
    assert [event["refusal"] for event in happened if event["type"] == "tool.finished"] == [None] * 7
    last = serving.requests[-1]["messages"]
    order = [c["id"] for m in last if m["role"] == "assistant" for c in m["tool_calls"]]
    assert [m["tool_call_id"] for m in last if m["role"] == "tool"] == order
