"""A model plays the shopper and another judges, over HTTP from a small endpoint on loopback; neither decides anything."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.model import get_model

from evals.asking import NoPrice
from evals.command import _summary
from evals.harness import SPENT, Order, run
from evals.journal import read_calls
from evals.report import page
from evals.results import Run
from evals.schema import read_cases
from prompts import load_prompt
from tests.agent.openai_server import Answer, endpoint

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(60)]


def whole(text: str, tokens: int = 1) -> Answer:
    message = {"role": "assistant", "content": text}
    told = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": tokens, "completion_tokens": 0, "total_tokens": tokens},
    }
    return Answer(json.dumps(told).encode(), kind="application/json")


def text_of(message: dict[str, Any]) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def answering(asked: dict[str, Any]) -> Answer:
    first = text_of(asked["messages"][0])
    if first.startswith("You judge"):
        return whole("4 - Quick and right.")
    return whole("add 3 MUG-BLU-350 to my cart" if len(asked["messages"]) == 1 else "DONE")


def order(*cases: str, **facts: Any) -> Order:
    return Order(read_cases(cases or ["cart/adds-by-sku"]), load_prompt("shopper"), display="none", **facts)


async def test_a_model_plays_the_shopper_and_another_judges_and_both_are_replayed(tmp_path: Path) -> None:
    async with endpoint(answering) as serving:
        model = get_model("openai/m", base_url=serving.url, api_key="none", memoize=False, responses_api=False)
        found = await asyncio.to_thread(run, order(shopper=model, judge=model), tmp_path / "asked")
    (result,) = found.results
    assert result.talk[0].text == "add 3 MUG-BLU-350 to my cart"
    assert result.passed
    assert result.judged is not None
    assert (result.judged.mark, result.judged.reason) == (4, "Quick and right.")
    assert (found.about.shopper, found.about.judge) == ("openai/m", "openai/m")
    assert "Judge: 4 of 5" in page(found, {})
    calls = read_calls(tmp_path / "asked")
    assert len(calls) == 3
    again: Run = await asyncio.to_thread(
        run, order(shopper="openai/m", judge="openai/m", replayed=calls), tmp_path / "again"
    )
    assert again == found


async def test_a_judge_that_fails_changes_no_result(tmp_path: Path) -> None:
    async with endpoint(Answer(b"{}", status="400 Bad Request", kind="application/json")) as serving:
        model = get_model("openai/m", base_url=serving.url, api_key="none", memoize=False, responses_api=False)
        found = await asyncio.to_thread(run, order(judge=model), tmp_path)
    (result,) = found.results
    assert result.passed
    assert result.judged is not None
    assert result.judged.mark == 0


async def test_what_models_beside_the_agent_cost_is_told_and_counts_for_the_budget(tmp_path: Path) -> None:
    """0.15 for a million tokens: a shopper's two messages are 0.12 of the 0.25 that a conversation may cost."""
    cases = ("cart/adds-by-sku", "cart/adds-by-name")

    def asked_much(asked: dict[str, Any]) -> Answer:
        return whole("add 3 MUG-BLU-350 to my cart" if len(asked["messages"]) == 1 else "DONE", tokens=400_000)

    async with endpoint(asked_much) as serving:
        model = get_model(
            "openai/gpt-4o-mini", base_url=serving.url, api_key="none", memoize=False, responses_api=False
        )
        found = await asyncio.to_thread(run, order(*cases, shopper=model, budget=0.3, parallel=2), tmp_path)
    (result,) = found.results
    assert result.beside == pytest.approx(0.12)
    assert (result.usage.cost, found.stopped) == (0, SPENT)
    assert "the models that played shoppers or judged cost 0.1200" in _summary(found, tmp_path)


async def test_a_shopper_that_never_ends_is_ended_when_it_has_cost_enough(tmp_path: Path) -> None:
    async with endpoint(lambda _: whole("hello", tokens=1_000_000)) as serving:
        model = get_model(
            "openai/gpt-4o-mini", base_url=serving.url, api_key="none", memoize=False, responses_api=False
        )
        found = await asyncio.to_thread(run, order(shopper=model, budget=1.0), tmp_path)
    (failure,) = found.results[0].failures
    assert (failure.blame, failure.kind) == ("harness", "broke_off")
    assert "have spent what a conversation may cost" in failure.detail


async def test_a_budget_needs_the_price_of_every_model(tmp_path: Path) -> None:
    with pytest.raises(NoPrice, match="no price for of-no-price"):
        await asyncio.to_thread(run, order(judge=get_model("mockllm/of-no-price"), budget=1.0), tmp_path)
