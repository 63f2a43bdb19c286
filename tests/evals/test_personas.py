"""A model plays the shopper and another judges, over HTTP from a small endpoint on loopback; neither decides anything."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.model import get_model

from evals.harness import Order, run
from evals.journal import read_calls
from evals.report import page
from evals.results import Run
from evals.schema import read_cases
from prompts import load_prompt
from tests.agent.openai_server import Answer, endpoint

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(60)]


def whole(text: str) -> Answer:
    message = {"role": "assistant", "content": text}
    told = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
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


def order(**facts: Any) -> Order:
    return Order(read_cases(["cart/adds-by-sku"]), load_prompt("shopper"), display="none", **facts)


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
