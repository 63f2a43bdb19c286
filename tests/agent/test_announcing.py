"""What the planner says beside a question stands there only where the question does."""

from tests.agent.chats import Chats
from tests.agent.scripted import ScriptedModel
from tests.agent.test_buying import SKU, question_of


async def test_an_offer_that_changed_is_told_once_with_its_new_terms(chats: Chats) -> None:
    chat = await chats.open(model=ScriptedModel(script=[]), endpoints=())
    await chat.say("add 1 MUG-RED-350")
    await chat.say("checkout")
    await chat.world.set_price(SKU, 1599)
    asked = await chat.say("buy it")
    assert question_of(asked).terms["charge"] == {"amount": 2098, "currency": "USD"}
    assert asked.text.count("Ready to order") == 1
    assert "Total $20.98" in asked.text


async def test_a_question_that_the_shop_refuses_is_not_announced(chats: Chats) -> None:
    chat = await chats.open(model=ScriptedModel(script=[]), endpoints=())
    bought = await chat.shopper.buy(SKU, payment_method=await chat.shopper.method("tok_succeeds"))
    merchant = await chat.world.merchant()
    parts = (await merchant("list_fulfillments", order=bought.order)).items
    await merchant("ship_fulfillment", fulfillment=parts[0].fulfillment, carrier="UPS", tracking="1Z0001")
    asked = await chat.say("refund my last order")
    assert "press Approve" in asked.text
    await chat.answer(question_of(asked).confirmation)
    again = await chat.say("refund my last order")
    assert (again.status, "Approve" in again.text) == ("completed", False)
    assert "a refund is requested already" in again.text
