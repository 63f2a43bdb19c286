"""Settings and profiles: how each kind of endpoint is spoken to."""

from typing import Any

import pytest

from agent.models.profiles import profile_of, profiles
from agent.models.registry import open_endpoints
from agent.settings import AgentSettings
from tests.agent.chats import Chats
from tests.agent.models_at import playing
from tests.agent.openai_server import said


def opened(**settings: Any) -> Any:
    given = {"model": "m", "OPENAI_API_KEY": "sk-test"} | settings
    return open_endpoints(AgentSettings.model_validate(given))[0]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("", "openai"),
        ("https://api.openai.com/v1", "openai"),
        ("https://shop.openai.azure.com/openai/v1", "azure"),
        ("https://api.deepseek.com", "deepseek"),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "qwen"),
        ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "qwen"),
        ("https://ark.cn-beijing.volces.com/api/v3", "doubao"),
        ("http://127.0.0.1:11434/v1", "ollama"),
        ("http://gpu:8080/v1", "llamacpp"),
        ("http://127.0.0.1:8000/v1", "compatible"),
        ("https://models.example.com/v1", "compatible"),
        ("https://api.openai.com.example.com/v1", "compatible"),
    ],
)
def test_a_profile_is_found_by_the_address(url: str, name: str) -> None:
    assert profile_of("auto", url, "m").name == name


def test_a_profile_can_be_named_and_one_that_nobody_knows_is_refused() -> None:
    assert profile_of("vllm", "https://models.example.com/v1", "m").name == "vllm"
    with pytest.raises(ValueError, match="is none of: openai, azure, deepseek"):
        profile_of("nonesuch", "", "m")


def test_models_that_differ_differ() -> None:
    assert profile_of("openai", "", "gpt-4o-mini").temperature == 0
    assert profile_of("openai", "", "gpt-5-mini").temperature is None
    assert profile_of("qwen", "", "Qwen3-32B").body == {"enable_thinking": False}


@pytest.mark.parametrize("name", profiles())
async def test_what_a_profile_says_arrives(chats: Chats, name: str) -> None:
    profile = profiles()[name]
    async with playing(chats, said("Hello."), profile=name, seed=7, max_tokens=99) as (chat, serving):
        assert (await chat.say("hello")).text == "Hello."
        asked = serving.requests[0]
    others = {"max_tokens", "max_completion_tokens"} - {profile.max_tokens_as}
    assert asked[profile.max_tokens_as] == 99
    assert not others & set(asked)
    assert asked.get("seed") == (7 if profile.seed else None)
    assert asked.get("temperature") == profile.temperature
    assert ("strict" in asked["tools"][0]["function"]) is profile.strict
    assert profile.body.items() <= asked.items()
    assert ("stream_options" in asked) is profile.usage


async def test_headers_body_and_temperature_of_the_settings_arrive(chats: Chats) -> None:
    more: dict[str, Any] = {"temperature": 0.5, "extra_headers": {"X-Team": "shop"}, "extra_body": {"user": "domtok"}}
    async with playing(chats, said("Hello."), **more) as (chat, serving):
        await chat.say("hello")
        assert "x-team: shop" in serving.heads[0].lower()
        assert (serving.requests[0]["user"], serving.requests[0]["temperature"]) == ("domtok", 0.5)


async def test_the_older_interface_of_azure(chats: Chats) -> None:
    settings = {"profile": "azure", "OPENAI_API_VERSION": "2024-10-21"}
    async with playing(chats, said("Hello."), **settings) as (chat, serving):
        assert (await chat.say("hello")).text == "Hello."
        head = serving.heads[0]
    assert "/openai/deployments/m/chat/completions?api-version=2024-10-21" in head
    assert "api-key: sk-test" in head.lower()
    assert "authorization" not in head.lower()


def test_each_profile_with_an_address_needs_none() -> None:
    for name, profile in profiles().items():
        if profile.base_url:
            assert opened(profile=name).model.openai_api_base == profile.base_url


def test_the_planner_needs_no_endpoint_and_an_endpoint_is_named_or_has_a_key() -> None:
    assert open_endpoints(AgentSettings()) == []
    with pytest.raises(ValueError, match="AGENT_MODEL=m needs OPENAI_API_KEY"):
        open_endpoints(AgentSettings.model_validate({"model": "m"}))
    with pytest.raises(ValueError, match="needs OPENAI_BASE_URL"):
        opened(profile="compatible")


def test_a_second_model_at_the_same_endpoint_uses_its_key_and_elsewhere_its_own() -> None:
    both = {"model": "m", "second_model": "n", "OPENAI_API_KEY": "sk-first", "OPENAI_BASE_URL": "http://a.example/v1"}
    _, second = open_endpoints(AgentSettings.model_validate(both))
    assert second.model.openai_api_key.get_secret_value() == "sk-first"  # type: ignore[attr-defined]
    _, second = open_endpoints(AgentSettings.model_validate(both | {"second_api_key": "sk-second"}))
    assert second.model.openai_api_key.get_secret_value() == "sk-second"  # type: ignore[attr-defined]
    _, second = open_endpoints(AgentSettings.model_validate(both | {"second_base_url": "http://b.example/v1"}))
    assert second.model.openai_api_key.get_secret_value() == "none"  # type: ignore[attr-defined]
