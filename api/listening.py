"""What follows from the shop's events inside its own processes, wherever the worker runs."""

from typing import Any

from agent.threads import Threads
from commerce.shop import Shop


def listen(shop: Shop) -> None:
    """Every process with a worker listens, because any of them may be the one that carries an event."""

    async def hand_over(event: dict[str, Any]) -> None:
        await Threads(shop.database, shop.clock, shop.ids.make).hand_over(event)

    shop.outbox.listen("guest.signed_in", hand_over)
