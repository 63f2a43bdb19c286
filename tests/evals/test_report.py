"""The page of a run: what it costs against what it serves, and conversations as the chat page draws them."""

from typing import Any

import pytest

from evals.cards import MOST_ROWS, rows_of
from evals.report import page, points
from evals.results import About, Failure, Part, Result, Run, Usage

ABOUT: dict[str, Any] = {
    name: "x" for name in ("prompt", "prompt_hash", "tools_hash", "model", "code_version", "world_hash", "cases_hash")
}


def run_of(*outcomes: tuple[bool, float | None], talk: list[Part] | None = None) -> Run:
    about = About(**ABOUT, prompt_version=1, parameters={}, seed=0, trials=1)
    results = [
        Result(
            case=f"s/c{at}",
            suite="s",
            tags=["t"],
            case_hash="h",
            trial=1,
            failures=[] if passed else [Failure(blame="agent", kind="state", detail="wrong")],
            talk=talk or [],
            usage=Usage(cost=cost),
        )
        for at, (passed, cost) in enumerate(outcomes)
    ]
    return Run(about=about, results=results)


def test_runs_stand_where_cost_meets_quality() -> None:
    cheap, dear = run_of((True, 0.0), (False, 0.0)), run_of((True, 0.02), (True, 0.04))
    first, second = points([("cheap", cheap), ("dear", dear)])
    assert (first.x, first.y, first.here) == (0, 50, True)
    assert (second.x, second.y, second.here) == (100, 0, False)
    assert second.cost == pytest.approx(0.03)
    assert first.high < first.y < first.low


def test_a_run_of_unknown_cost_is_left_out() -> None:
    assert points([("x", run_of((True, None)))]) == []


def test_a_conversation_is_drawn_with_its_cards_and_the_button_that_was_pressed() -> None:
    talk = [
        Part(by="call", text="done", operation="view_cart", rows=[("2 × Red mug", "$25.98")]),
        Part(by="question", text="Order <it>?", operation="place_order", rows=[("Total", "$30.97")], answer="reject"),
    ]
    written = page(run_of((True, 0.0), talk=talk), {}, [("other", run_of((True, 0.1)))])
    assert "<span>2 × Red mug</span><b>$25.98</b>" in written
    assert '<span class="pressed">Reject</span>' in written
    assert '<span class="">Approve</span>' in written
    assert "Order &lt;it&gt;?" in written
    assert written.count("<circle") == 2


def test_a_card_has_names_amounts_and_few_rows() -> None:
    price = {"amount": 1299, "currency": "USD"}
    cart = {"items": [{"name": "Red mug", "quantity": 2, "total": price}], "subtotal": price}
    assert rows_of(cart) == [("2 × Red mug", "$12.99"), ("Subtotal", "$12.99")]
    many = rows_of({"items": [{"name": f"Mug {at}", "price": price} for at in range(20)]})
    assert (len(many), many[-1]) == (MOST_ROWS + 1, ("and 12 more", ""))
    assert rows_of(None) == []
