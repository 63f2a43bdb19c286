"""The planner says nothing that the shop has not confirmed."""

from pathlib import Path

from agent.honesty.vouching import unconfirmed
from evals.dialogues.playing import staged
from evals.dialogues.sets import dialogues


async def test_no_answer_of_the_planner_is_marked(tmp_path: Path) -> None:
    """Over every tenth dialogue of both halves; the red team (`make eval`) plays many more."""
    marked = []
    for number, dialogue in enumerate([*dialogues(measured=False), *dialogues(measured=True)][::10]):
        stage = await staged(dialogue, tmp_path / str(number))
        for turn in dialogue.turns:
            said = turn.says
            for order, name in enumerate(stage.orders, 1):
                said = said.replace(f"{{order{order}}}", name)
            reply = (await stage.say(said)).reply
            marked += [(said, claim.text) for claim in unconfirmed(reply, stage.messages)]
        await stage.shop.close()
    assert marked == []
