"""What a turn costs at the beginning of a conversation and at turn 20 and 200: CPU, statements, and what a model reads."""

import tempfile
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from agent.settings import AgentSettings
from api.server import Settings, build_app
from api.settings import ApiSettings
from evals.world import HandClock, fresh_world, world_settings
from tests.agent.openai_server import Answer, Playing, called, endpoint, said
from tests.statements import counting
from tests.worlds import ADA
from tools.tokens import tokens_in

AT = (1, 20, 200)
AROUND = 8
"""Turns on each side that are measured; the median is told."""
SAYINGS = ("show me mugs under $15", "hello", "what is in my cart?", "show me red mugs", "想买一个杯子")


async def measure() -> dict[str, float]:
    planner = {f"planner, {name}": value for name, value in (await _talk(AgentSettings())).items()}
    async with endpoint(*_script()) as serving:
        model = AgentSettings.model_validate(
            {"model": "m", "OPENAI_BASE_URL": serving.url, "OPENAI_API_KEY": "sk-bench", "thread_input_tokens": 0}
            | {"shopper_day_input_tokens": 0, "turn_input_tokens": 0}
        )
        answered = {f"model, {name}": value for name, value in (await _talk(model)).items()}
        read = [sum(tokens_in(str(m.get("content"))) for m in r["messages"]) for r in serving.requests if "tools" in r]
    tokens = {f"model, turn {at}, tokens of the messages of a call": _at([*read[1::2]], at) for at in AT}
    return planner | answered | tokens


def _script() -> list[Playing]:
    """Each turn searches once; a summary takes whatever answer comes."""
    return [_answer]


def _answer(asked: dict[str, Any]) -> Answer:
    messages = asked["messages"]
    if "tools" in asked and messages[-1]["role"] == "user":
        return called("s", ("search_products", {"query": "mug", "limit": 10}))
    return said("Here are some mugs.")


async def _talk(settings: AgentSettings) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        await (await fresh_world(Path(folder), HandClock())).close()
        app = build_app(Settings(world_settings(Path(folder)), settings, ApiSettings()), demo=True)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop", timeout=60) as http,
        ):
            session = (await http.post("/v1/sessions", json=ADA)).json()
            http.headers["Authorization"] = f"Bearer {session['access_token']}"
            thread = (await http.post("/v1/chat/threads")).json()["thread"]
            cpu, statements = [], []
            for _, words in zip(range(max(AT) + AROUND), _sayings(), strict=False):
                started = time.process_time()
                with counting() as counted:
                    (await http.post(f"/v1/chat/threads/{thread}/turns", json={"text": words})).raise_for_status()
                cpu.append((time.process_time() - started) * 1000)
                statements.append(float(len(counted.statements)))
    return {f"turn {at}, CPU ms": _at(cpu, at) for at in AT} | {
        f"turn {at}, statements": _at(statements, at) for at in AT
    }


def _sayings() -> Iterator[str]:
    return cycle(SAYINGS)


def _at(figures: list[float] | list[int], turn: int) -> float:
    return float(median(figures[max(turn - AROUND, 0) : turn + AROUND]))
