"""A WebSocket's sending side: one frame at a time, only as fast as the client takes them, and the turns it listens to."""

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from fastapi import WebSocket, WebSocketDisconnect
from starlette.websockets import WebSocketState

from agent.refusals import QueueFull
from commerce.errors import Refusal

from .frames import frame, problem_frame

if TYPE_CHECKING:
    from agent.conversations import Conversations

SEND_SECONDS = 30.0
"""A client that takes nothing for so long is let go; meanwhile its events wait in the stream, not here."""
CLOSE_SECONDS = 2.0
LOOK_SECONDS = 2.0
MOST_STREAMS = 8
"""Turns that one connection listens to at once."""
BUSY, GONE = 1013, 1006


class Closed(Exception):
    """The connection ends here, with a close code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Wire:
    """Sends frames."""

    def __init__(self, websocket: WebSocket) -> None:
        self._ws = websocket
        self._one_at_a_time = asyncio.Lock()

    async def send(self, text: str) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS), self._one_at_a_time:
                await self._ws.send_text(text)
        except TimeoutError:
            raise Closed(BUSY, "too slow") from None
        except RuntimeError as late:  # so starlette and uvicorn call a frame for a client that is gone
            raise WebSocketDisconnect(GONE) from late

    async def close(self, code: int, reason: str) -> None:
        if self._ws.application_state is WebSocketState.CONNECTED:
            with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._ws.close(code, reason)


class Streams:
    """The turns that a connection listens to. `over`: done when listening failed in a way that ends the connection."""

    def __init__(self, wire: Wire, chat: "Conversations", owner: str) -> None:
        self._wire = wire
        self._chat = chat
        self._owner = owner
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._numbers: dict[str, int] = {}
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended_at = time.monotonic()

    def __contains__(self, turn: str) -> bool:
        return turn in self._tasks

    def __len__(self) -> int:
        return len(self._tasks)

    def make_room(self) -> None:
        """Refuses one too many."""
        if len(self._tasks) >= MOST_STREAMS:
            raise QueueFull(MOST_STREAMS)

    async def settled(self, turn: str) -> None:
        """Lets the last frames of a turn that stands still go out."""
        if task := self._tasks.get(turn):
            await asyncio.wait([task], timeout=1)

    def open(self, thread: str, turn: str, after: str, number: int, ref: str | None) -> None:
        """Once a turn, whatever was asked twice. `number`: that of a turn which has none yet."""
        if turn in self._tasks:
            return
        held = self._numbers.setdefault(turn, number)
        task = asyncio.create_task(self._listen(thread, turn, after, held, ref))
        self._tasks[turn] = task
        task.add_done_callback(lambda _: self._forget(turn))

    async def close(self) -> None:
        """The turns go on; only the listening ends."""
        self.over.cancel()
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _forget(self, turn: str) -> None:
        self._tasks.pop(turn, None)
        self.ended_at = time.monotonic()

    async def _listen(self, thread: str, turn: str, after: str, number: int, ref: str | None) -> None:
        try:
            await self._tell(thread, turn, after, number, ref)
        except Refusal as refused:
            with suppress(Closed, WebSocketDisconnect):
                await self._wire.send(problem_frame(refused, ref))
        except Exception as reason:  # noqa: BLE001 (whatever it is, the connection ends with it)
            if not self.over.done():
                self.over.set_exception(reason)

    async def _tell(self, thread: str, turn: str, after: str, number: int, ref: str | None) -> None:
        """The frames of one turn, between `open` and `close`."""
        extra, index = {"thread": thread, "turn": turn}, 0
        await self._wire.send(frame("command", {"content": "open", "turn": number}, extra=extra, ref=ref))
        async for sent in self._chat.events(self._owner, thread, turn, after, LOOK_SECONDS):
            if sent is None:
                continue
            if sent.type == "message.delta":
                told = {"delta": sent.event["text"], "index": index, "turn": number}
                await self._wire.send(frame("message", told, id=sent.id, extra=extra))
                index += 1
            else:
                await self._wire.send(frame("event", sent.event, id=sent.id, extra=extra))
        await self._wire.send(frame("command", {"content": "close", "turn": number}, extra=extra))
