"""What follows from the shop's events inside its own processes, wherever the worker runs."""

from typing import Any

from agent.threads import Threads
from commerce.shop import Shop


def listen(shop: Shop) -> None:
    """Every process with a worker listens, because any of them may be the one that carries an event."""

    def threads() -> Threads:
        return Threads(shop.database, shop.clock, shop.ids.make)

    async def hand_over(event: dict[str, Any]) -> None:
        await threads().hand_over(event)

    async def forget(event: dict[str, Any]) -> None:
        await threads().forget_owner(event)

    shop.outbox.listen("guest.signed_in", hand_over)
    shop.outbox.listen("account.closed", forget)
