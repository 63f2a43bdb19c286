"""What those that the service is measured beside have in common: the same shop, the same shopper's tools, the same prompt."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import uvicorn
import uvloop
from fastapi import FastAPI

from agent.prompting import system_of
from commerce.settings import ShopSettings
from commerce.shop import open_shop
from evals.world import signed_in, world_settings
from prompts import load_prompt
from tests.worlds import ADA
from tools import Toolbox, facts_of


class Peer(NamedTuple):
    box: Toolbox
    model_url: str
    folder: Path
    option: str


def system_prompt() -> str:
    return system_of(load_prompt("shopper"), facts_of(ShopSettings())).text


def run(build: Callable[[Peer], FastAPI]) -> None:
    """`PORT FOLDER MODEL_URL [DATABASE_URL [OPTION]]`"""
    port, folder, model_url, database_url, option = [*sys.argv[1:], "", ""][:5]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as `domtok serve` has it
        runner.run(_serve(build, int(port), Path(folder), model_url, database_url, option))


async def _serve(
    build: Callable[[Peer], FastAPI], port: int, folder: Path, model_url: str, database_url: str, option: str
) -> None:
    shop = open_shop(world_settings(folder, database_url).model_copy(update={"tool_calls_per_minute": 0}))
    box = Toolbox(shop, await signed_in(shop, ADA["email"]))
    config = uvicorn.Config(build(Peer(box, model_url, folder, option)), port=port, log_config=None, access_log=False)
    await uvicorn.Server(config).serve()
