"""Named steps at which a test may kill or stall this process, to show that a crash right there does no harm.

Off unless the process was started with `DOMTOK_FAULTS=paying.gateway_answered:kill` (or `…:stall=FILE`, which makes FILE
and waits until somebody removes it), and loud when on. Off, a step costs one look at an empty dict.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

from loguru import logger

VARIABLE = "DOMTOK_FAULTS"
DOOR_STEPS = {
    "claimed": "the idempotency key is taken, nothing else is done",
    "handled": "everything is written, nothing is committed",
    "committed": "the first transaction is committed, the follow-up has not begun",
    "followed": "the follow-up is done; where it wrote nothing, its answer is not kept under the key yet",
    "answered": "the answer is kept, nobody has received it",
}
"""Steps of every operation at the door: `place_order.handled`."""
POINTS = {
    "placing.order_written": "order and lines are written, nothing is reserved",
    "placing.reserved": "the goods are reserved",
    "placing.coupons_used": "the coupons are counted",
    "placing.cart_emptied": "what was bought has left the cart, no charge is opened",
    "paying.opened": "the charge is written and the order is locked to it",
    "paying.before_gateway": "the charge is committed and not sent",
    "paying.gateway_answered": "the provider has charged, nothing here knows of it",
    "paying.recorded": "the outcome is written and not committed",
    "paying.committed": "the outcome is committed",
    "cancelling.marked": "the order is cancelled, its goods are not back",
    "cancelling.goods_back": "the goods are back and a refund is opened, the coupons are not back",
    "cancelling.coupons_back": "the coupons are back as well, nothing is committed",
    "cancelling_line.marked": "pieces of a line are cancelled, they and their money are not back",
    "cancelling_part.marked": "a part is cancelled, its goods and money are not back",
    "requesting.written": "refund requests are written, nothing is committed",
    "approving.marked": "a refund request is approved, nothing has come back",
    "approving.goods_back": "goods and money are on their way back, nothing is committed",
    "shipping.marked": "a part is marked as shipped, its order does not follow yet",
    "delivering.marked": "a part is marked as delivered, its order does not follow yet",
    "refunding.opened": "the refund is written and not committed",
    "refunding.before_gateway": "the refund is committed and not sent",
    "refunding.gateway_answered": "the provider has given the money back, nothing here knows of it",
    "refunding.recorded": "the refund's outcome is written and not committed",
    "refunding.committed": "the refund's outcome is committed",
    "gift_cards.taken": "a gift card has paid its part and nothing is committed",
    "gift_card_returns.put_back": "a part is back on its gift card and nothing is committed",
    "capturing.before_gateway": "a capture is committed and not sent",
    "capturing.gateway_answered": "the provider has taken what was authorised, nothing here knows of it",
    "capturing.recorded": "that it was taken is written and not committed",
    "capturing.committed": "that it was taken is committed",
    "voiding.before_gateway": "a charge that waits for its second step is to be ended, the provider does not know",
    "voiding.gateway_answered": "the provider has ended it, nothing here knows of it",
    "voiding.recorded": "that it ended is written and not committed",
    "voiding.committed": "that it ended is committed",
    "healing.found": "the worker has found an open payment and has not asked the provider",
    "expiring.given_up": "an unpaid order is given up, nothing is committed",
    "expiring.committed": "an unpaid order is given up for good",
    "working.taken": "a worker has taken jobs and has not begun",
    "working.done": "a job is done, the queue does not know",
    "telling.answered": "a webhook has answered, nothing here knows of it",
    "streaming.picked": "events are read from the outbox, the stream does not have them",
    "streaming.sent": "the stream has the events, the outbox does not know",
    "relaying.picked": "events are read from the outbox, nobody has heard of them",
    "relaying.delivered": "every listener has the event, the outbox does not know",
    "relaying.marking": "the event is marked as delivered and not committed",
    "relaying.marked": "the event is delivered and marked",
}
"""Steps inside: `paying.recorded`."""

Fault = Callable[[], Awaitable[None]]
ARMED: dict[str, Fault] = {}


async def reached(step: str, of: str) -> None:
    """Called where the work `of` an operation, or of a part of one, has got to this step."""
    if ARMED and (fault := ARMED.get(f"{of}.{step}")):
        await fault()


def arm(wanted: str) -> None:
    """Reads the variable: `point:kill` or `point:stall=FILE`, separated by commas. Refuses what it does not know."""
    for part in filter(None, wanted.split(",")):
        point, _, how = part.partition(":")
        kind, _, file = how.partition("=")
        if point not in POINTS and point.partition(".")[2] not in DOOR_STEPS:
            raise ValueError(f"{VARIABLE}: there is no point {point}")
        if (kind == "stall") != bool(file) or kind not in {"kill", "stall"}:
            raise ValueError(f"{VARIABLE}: {how} is neither kill nor stall=FILE")
        ARMED[point] = _stalling(point, Path(file)) if file else _die
        logger.warning("armed for a test: {} at {}", kind, point)


async def _die() -> None:
    """As a power cut would: nothing is flushed, closed or rolled back."""
    os.kill(os.getpid(), signal.SIGKILL)


def _stalling(point: str, sign: Path) -> Fault:
    async def stall() -> None:
        del ARMED[point]  # once: who goes on must not stop here again
        sign.touch()  # noqa: ASYNC240 (nothing else shall happen here)
        while sign.exists():  # noqa: ASYNC110, ASYNC240 (the signal comes from another process)
            await asyncio.sleep(0.02)

    return stall
