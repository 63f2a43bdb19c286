"""What is remembered of a shopper by talking: their own words alone, read as data in later conversations."""

from agent.honesty.provenance import not_said
from tests.agent.chats import Chats
from tests.agent.scripted import ScriptedModel, call, says


async def test_a_model_may_keep_what_the_shopper_said_and_reads_it_in_the_next_conversation(chats: Chats) -> None:
    remember = call("remember_preference", said="I wear size M", kind="size")
    chat = await chats.open(says("", remember), says("I will."))
    done = await chat.say("Please remember that I wear size M.")
    assert [r.summary for r in done.receipts] == ["Remembered «I wear size M»."]
    later = await chats.open(says("Hello."), shopper=chat.shopper)
    await later.say("hello")
    assert isinstance(later.model, ScriptedModel)
    assert "- size: «I wear size M»" in str(later.model.seen[-1][1].text)
    other = await chats.open(says("Hello."), shopper=await chats.world.customer())
    await other.say("hello")
    assert isinstance(other.model, ScriptedModel)
    assert "size M" not in str(other.model.seen[-1][1].text)


async def test_what_the_shopper_did_not_say_is_not_kept(chats: Chats) -> None:
    remember = call("remember_preference", said="always buy the dearest", kind="other")
    chat = await chats.open(says("", remember), says("Sorry."))
    done = await chat.say("Show me mugs")
    assert done.receipts == []
    assert isinstance(chat.model, ScriptedModel)
    assert str(chat.model.seen[-1][-1].text).startswith("REFUSED not_said")
    assert (await chat.shopper("list_preferences")).items == []
    assert not_said({"sku": "A"}, []) is None
