"""Plays the dialogues in `told.yaml` on real shops: what is called, and what the shopper is told and not told."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from evals.dialogues.playing import staged
from evals.dialogues.sets import Dialogue, Given

TOLD: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "told.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", TOLD)
async def test_the_shopper_is_told_what_is_so(name: str, tmp_path: Path) -> None:
    written = TOLD[name]
    given = Given.model_validate(written.get("given", {}))
    dialogue = Dialogue(name, "en", False, written.get("shopper", "ada"), given, ())
    stage = await staged(dialogue, tmp_path)
    for turn in written["turns"]:
        heard = await stage.say(turn["says"])
        called = [call.operation for call in heard.calls]
        if "calls" in turn:
            assert called == turn["calls"], heard
        for argument in turn.get("with", []):
            assert argument.items() <= {k: v for call in heard.calls for k, v in call.arguments.items()}.items(), heard
        for part in turn.get("hears", []):
            assert part in heard.reply, heard
        for part in turn.get("never", []):
            assert part not in heard.reply, heard
