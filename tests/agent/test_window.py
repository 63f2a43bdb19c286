"""The window: what a model reads begins with the shopper and holds every call with its result right behind it."""

from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

from agent.memory.summary import NOTHING
from agent.memory.window import UNANSWERED, append, load_window, paired
from tests.agent.chats import readable
from tests.worlds import World


def human(text: str = "hello") -> HumanMessage:
    return HumanMessage(text)


def ai(*ids: str, text: str = "") -> AIMessage:
    return AIMessage(content=text, tool_calls=[{"name": "view_cart", "args": {}, "id": i} for i in ids])


def result(call: str, text: str = "") -> ToolMessage:
    return ToolMessage(content=text or f"result of {call}", tool_call_id=call)


def texts(messages: list[AnyMessage]) -> list[str]:
    return [str(m.text) for m in messages]


def test_a_whole_conversation_stays_as_it_is() -> None:
    messages = [human(), ai("a", "b"), result("a"), result("b"), ai(text="Done."), human("and?"), ai(text="Yes.")]
    assert paired(messages) == messages


def test_a_call_without_a_result_gets_one_that_says_so() -> None:
    found = paired([human(), ai("a", "b"), result("a"), human("still there?")])
    assert texts(found) == ["hello", "", "result of a", UNANSWERED, "still there?"]
    made = found[3]
    assert isinstance(made, ToolMessage)
    assert (made.tool_call_id, made.status, made.name) == ("b", "error", "view_cart")
    assert made.artifact["refusal"]["code"] == "awaiting_decision"
    readable(found)


def test_a_late_result_is_put_behind_its_call() -> None:
    late = [human(), ai("a"), human("between"), ai(text="Of course."), result("a"), ai(text="Bought.")]
    found = paired(late)
    assert texts(found) == ["hello", "", "result of a", "between", "Of course.", "Bought."]
    readable(found)


def test_results_in_another_order_follow_their_calls() -> None:
    found = paired([human(), ai("a", "b", "c"), result("c"), result("a"), result("b")])
    assert texts(found)[2:] == ["result of a", "result of b", "result of c"]


def test_what_comes_before_the_first_shoppers_message_is_cut() -> None:
    cut = paired([result("x"), ai("a"), result("a"), ai(text="Done."), human(), ai("b"), result("b")])
    assert texts(cut) == ["hello", "", "result of b"]
    readable(cut)
    assert paired([ai("a"), result("a")]) == []
    assert paired([]) == []


def test_a_result_whose_call_was_cut_off_is_dropped() -> None:
    found = paired([human(), result("gone"), ai(text="Hi.")])
    assert texts(found) == ["hello", "Hi."]


async def test_the_newest_messages_come_back_as_they_were(each_world: World) -> None:
    database = each_world.shop.database
    messages: list[AnyMessage] = [human("你好 👋"), ai("a"), result("a"), ai(text="Done.")]
    artifact: dict[str, Any] = {"operation": "view_cart", "view": {"items": []}, "refusal": None}
    messages[2] = ToolMessage(content="r", tool_call_id="a", name="view_cart", status="error", artifact=artifact)
    async with database.write() as db:
        for turn in range(3):
            await append(db, "thr_1", f"trn_{turn}", messages)
        await append(db, "thr_2", "trn_9", [human("somebody else's")])
        await append(db, "thr_1", "trn_3", [])
    async with database.read() as db:
        assert (await load_window(db, "thr_1", 100)).messages == messages * 3
        assert (await load_window(db, "thr_1", 4)).messages == messages
        assert (await load_window(db, "thr_1", 6)).messages == messages, "cut at the shopper's message"
        assert await load_window(db, "thr_3", 100) == (NOTHING, [])
