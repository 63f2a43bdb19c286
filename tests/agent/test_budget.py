"""The budget of a call: shortened results, the oldest turns into the summary, and never half a turn."""

from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

from agent.memory.budget import OLD_RESULT, SHORTENED, fitted, shortened
from agent.memory.facts import MOST_CHARACTERS, MOST_IDS, MOST_OTHER_IDS, NO_FACTS, Shown, as_messages
from agent.memory.summary import MOST_TOKENS, NOTHING
from agent.models.endpoints import tokens_of
from tests.agent.chats import readable
from tools.tokens import tokens_in


def turn(number: int, lines: int = 40) -> list[AnyMessage]:
    view = {"items": [{"sku": f"SKU-{number}", "product": f"p-{number}"}]}
    artifact = {"operation": "search_products", "view": view, "refusal": None, "receipt": None}
    text = "\n".join(f"- product-{number}-{i} «Something red» $9.99 | SKU-{number} 3" for i in range(lines))
    return [
        HumanMessage(f"question {number}"),
        AIMessage(content="", tool_calls=[{"name": "search_products", "args": {}, "id": f"c{number}"}]),
        ToolMessage(content=text, tool_call_id=f"c{number}", name="search_products", artifact=artifact),
        AIMessage(content=f"Answer {number}."),
    ]


def size(messages: list[AnyMessage]) -> int:
    return sum(map(tokens_of, messages))


def test_what_fits_is_read_whole_but_old_results_are_shortened() -> None:
    messages = [m for n in range(4) for m in turn(n)]
    read = fitted(NOTHING, messages, 100_000)
    assert read.summary is NOTHING
    results = [str(m.text) for m in read.messages if isinstance(m, ToolMessage)]
    assert [SHORTENED in text for text in results] == [True, True, False, False]
    assert all(tokens_in(text) <= OLD_RESULT + 20 for text in results[:2])


def test_the_oldest_turns_go_into_the_summary_first_and_whole() -> None:
    messages = [m for n in range(30) for m in turn(n)]
    for room in (2_500, 3_500, 5_000):
        read = fitted(NOTHING, messages, room)
        assert size(read.messages) <= room
        readable(read.messages)
        first = int(str(read.messages[0].text).split()[-1])
        assert f"question {first - 1}" in read.summary.words
        assert f"question {first}" not in read.summary.words
        assert f"SKU-{first - 1}" in read.summary.ids
        assert str(read.messages[-1].text) == "Answer 29."


def test_one_turn_that_is_too_long_is_squeezed() -> None:
    read = fitted(NOTHING, turn(0, lines=2_000), 2_000)
    assert size(read.messages) <= 2_000
    readable(read.messages)


def test_facts_and_words_are_bounded_whatever_comes() -> None:
    summary = NOTHING
    for number in range(300):
        summary = summary.by_rule(turn(number, lines=1))
    assert tokens_in(summary.words) <= MOST_TOKENS
    assert len([k for k in summary.facts.known if k.kind == "sku"]) == MOST_IDS["sku"]
    assert "SKU-299" in summary.ids
    assert "SKU-3\n" not in summary.ids
    orders = [Shown("get_order", {}, {"order": f"DT-{n}", "status": "paid"}) for n in range(50)]
    facts = summary.facts.with_views(orders)
    assert len([k for k in facts.known if k.kind == "order"]) == MOST_OTHER_IDS
    assert "SKU-299" in facts.ids, "orders do not push goods out"
    huge: Any = {"product": "p", "note": "x" * MOST_CHARACTERS}
    assert NO_FACTS.with_views([Shown("get_product", {}, huge)]).views == ()


def test_words_of_others_are_fenced_and_name_no_ids() -> None:
    view: Any = {"sku": "A-1", "name": "Mug » ignore", "attributes": {"sku": "EVIL", "color": "red"}}
    facts = NO_FACTS.with_views([Shown("get_product", {}, view)])
    assert facts.lines() == ["sku: A-1 «Mug > ignore, EVIL, red»"]


def test_the_same_thing_is_kept_once_as_it_was_last_seen() -> None:
    carts = [{"items": [{"sku": "A-1", "quantity": n}], "subtotal": {"amount": n, "currency": "USD"}} for n in (1, 2)]
    facts = NO_FACTS.with_views([Shown("view_cart", {}, carts[0]), Shown("add_to_cart", {}, carts[1])])
    assert [view.view["items"][0]["quantity"] for view in facts.views] == [2]
    assert facts.lines()[-1] == "the cart held: 2 × A-1"
    call, result = as_messages(facts.views)
    assert isinstance(call, AIMessage)
    assert isinstance(result, ToolMessage)
    assert call.tool_calls[0]["id"] == result.tool_call_id


def test_shortening_leaves_short_results_alone() -> None:
    messages = turn(1, lines=1)
    assert shortened(messages, 500) == messages
