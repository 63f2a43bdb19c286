"""Checkpoints: our saver keeps what LangGraph's own conformance suite asks of one, on every database."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver, empty_checkpoint
from langgraph.checkpoint.conformance import validate
from langgraph.checkpoint.conformance.capabilities import BASE_CAPABILITIES
from langgraph.checkpoint.conformance.initializer import RegisteredCheckpointer

from agent.checkpoints import SqlCheckpointSaver
from tests.worlds import World


async def test_the_saver_conforms(each_world: World) -> None:
    async def saver() -> AsyncGenerator[BaseCheckpointSaver[str], None]:
        yield SqlCheckpointSaver(each_world.shop.database)

    wanted = {capability.value for capability in BASE_CAPABILITIES}
    report = await validate(RegisteredCheckpointer("SqlCheckpointSaver", saver), capabilities=wanted)
    found = {name: result for name, result in report.results.items() if name in wanted}
    assert set(found) == wanted
    for name, result in found.items():
        assert result.detected, name
        assert result.passed, f"{name}: {result.failures}"
        assert result.tests_passed > 0


async def test_a_large_state_comes_back_whole(each_world: World) -> None:
    """More than MySQL's BLOB and GROUP_CONCAT hold."""
    saver = SqlCheckpointSaver(each_world.shop.database)
    config: Any = {"configurable": {"thread_id": "trn_1", "checkpoint_ns": ""}}
    checkpoint = empty_checkpoint()
    checkpoint["channel_values"] = {"messages": "杯" * 700_000}
    kept = await saver.aput(config, checkpoint, {"source": "loop", "step": 1}, {})
    await saver.aput_writes(kept, [("messages", "字" * 700_000)], "task")
    found = await saver.aget_tuple(config)
    assert found is not None
    assert found.checkpoint["channel_values"] == checkpoint["channel_values"]
    assert found.pending_writes == [("task", "messages", "字" * 700_000)]
    await saver.adelete_thread("trn_1")
    assert await saver.aget_tuple(config) is None


async def test_it_has_no_blocking_calls(world: World) -> None:
    saver = SqlCheckpointSaver(world.shop.database)
    with pytest.raises(NotImplementedError):
        saver.get_tuple({"configurable": {"thread_id": "trn_1"}})
