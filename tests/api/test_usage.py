"""What models cost, as operators see it: a real server, a model endpoint on loopback, the metrics, and `domtok usage`."""

import asyncio
from pathlib import Path

import httpx

from tests.agent.openai_server import Endpoint, endpoint, error, said
from tests.api.processes import Server, domtok

PRICES = "currency: EUR\nmodels:\n  m: {input: 10, output: 100}\n"


def shop_with(folder: Path, url: str, **environ: str) -> Server:
    prices = folder / "prices.yaml"
    prices.write_text(PRICES)
    model = {"AGENT_MODEL": "m", "OPENAI_BASE_URL": url, "AGENT_PRICES": str(prices), "API_METRICS": "true"}
    return Server(folder, model | environ)


def say(server: Server, text: str) -> dict[str, object]:
    with httpx.Client(base_url=server.url, timeout=30) as http:
        token = http.post("/v1/sessions/guest").json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        thread = http.post("/v1/chat/threads").json()["thread"]
        answer = http.post(f"/v1/chat/threads/{thread}/turns", json={"text": text})
        found: dict[str, object] = answer.raise_for_status().json()
        return found


async def test_operators_see_what_was_spent(tmp_path: Path) -> None:
    async with endpoint(said("Hello."), error("401 Unauthorized"), said("Hello again.")) as serving:
        await asyncio.to_thread(_spend_and_look, tmp_path, serving)


def _spend_and_look(folder: Path, serving: Endpoint) -> None:
    with shop_with(folder, serving.url, AGENT_SHOPPER_DAY_OUTPUT_TOKENS="5000") as server:
        first = say(server, "hello")
        assert first["text"] == "Hello."
        usage = first["usage"]
        assert isinstance(usage, dict)
        assert (usage["cost"], usage["currency"], usage["model_calls"]) == ("0.002", "EUR", 1)
        assert "built-in planner" in str(say(server, "show me mugs")["text"])
        assert say(server, "hello")["text"] == "Hello again."
        told = httpx.get(f"{server.url}/metrics").text.splitlines()
        for line in (
            'domtok_model_calls_total{model="m",outcome="answered"} 2.0',
            'domtok_model_calls_total{model="m",outcome="failed"} 1.0',
            'domtok_model_tokens_total{direction="input",model="m"} 200.0',
            'domtok_model_cost_total{currency="EUR",model="m"} 0.004',
            'domtok_model_breaker_open{model="m"} 0.0',
            f'domtok_turns_total{{prompt="{usage["prompt"]}",status="completed"}} 3.0',
        ):
            assert line in told, [line for line in told if "domtok_" in line]
        assert server.stop() == 0
    shown = domtok("usage", "--data", str(folder), "--by", "model")
    assert shown.stdout.splitlines() == [
        "model  calls  unsettled  input  output       cost",
        "m          3          0    200      20  0.004 EUR",
    ]
    by_shopper = domtok("usage", "--data", str(folder), "--by", "shopper").stdout.splitlines()
    assert len(by_shopper) == 4
    assert domtok("usage", "--data", str(folder)).stdout.startswith("day         model  calls")


def test_a_shop_that_asked_no_model_spent_nothing(tmp_path: Path) -> None:
    shown = domtok("usage", "--data", str(tmp_path))
    assert shown.returncode == 0
    assert "No model was asked" in shown.stdout


def test_a_server_does_not_start_with_limits_that_it_can_not_hold(tmp_path: Path) -> None:
    wrong = {"AGENT_MODEL": "nonesuch", "OPENAI_API_KEY": "sk-test", "AGENT_SHOP_DAY_COST": "5"}
    for command in ("serve", "doctor"):
        told = domtok(command, "--data", str(tmp_path), **wrong)
        assert told.returncode == 1
        assert "AGENT_SHOP_DAY_COST can't be held: AGENT_PRICES has no price for nonesuch" in told.stderr
        assert "Traceback" not in told.stderr
