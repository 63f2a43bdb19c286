"""The chat over a WebSocket: one connection, one signed-in person, and the turns that they listen to."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from loguru import logger
from starlette.websockets import WebSocketState

from agent.refusals import QueueFull, TurnNotFound
from commerce.accounts.sessions import caller_of, end_of_token, still
from commerce.context import ANONYMOUS, Caller
from commerce.errors import Forbidden, Refusal, SignInRequired, TokenInvalid
from commerce.shop import Shop
from commerce.views import Input
from tools import Toolbox

from .frames import Answer, Auth, Bad, Cancel, Ping, Resume, SayFrame, error_frame, frame, problem_frame, read_frame
from .gate import Gate
from .settings import ApiSettings
from .tracing import current

if TYPE_CHECKING:
    from agent.conversations import Conversations

SIGN_IN_SECONDS = 10.0
SEND_SECONDS = 30.0
"""A client that takes nothing for so long is let go; meanwhile its events wait in the stream, not here."""
CLOSE_SECONDS = 2.0
LOOK_SECONDS = 2.0
MOST_STREAMS = 8
"""Turns that one connection listens to at once."""
MOST_BAD = 20
"""Frames one after another that can't be read."""
NORMAL, UNREADABLE, UNWELCOME, IDLE, BUSY = 1000, 1008, 4401, 4408, 1013
BINARY = {"code": "binary_frame", "detail": "Binary frames are not supported.", "hint": "Send text.", "facts": {}}
BUG = {
    "code": "internal_error",
    "detail": "Something went wrong on our side.",
    "hint": "Try again; if it stays, tell the shop the trace id.",
    "facts": {},
}

router = APIRouter()


class Closed(Exception):
    """The connection ends here, with a close code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class OtherPerson(Forbidden):
    sentence = "This connection belongs to somebody else."
    hint = "Open another connection."


@router.websocket("/")
@router.websocket("/v1/chat/socket")
async def talk(websocket: WebSocket) -> None:
    """Who is signed in by the Authorization header, or by an `auth` frame, which must come first then."""
    settings: ApiSettings = websocket.app.state.api_settings
    shop: Shop = websocket.app.state.shop
    if not _same_origin(websocket, settings, shop):
        await websocket.close(UNREADABLE)
        return
    await websocket.accept()
    token = current.set(secrets.token_hex(16))
    connection = Connection(websocket, shop, settings)
    try:
        await connection.run()
    except Closed as closed:
        await connection.close(closed.code, closed.reason)
    except (WebSocketDisconnect, RuntimeError):  # the client is gone; starlette raises RuntimeError on a late send
        pass
    except Exception:  # noqa: BLE001 (a bug ends this connection, and says so)
        logger.exception("a connection failed")
        await connection.close(1011, "internal error")
    finally:
        await connection.end()
        current.reset(token)


def _same_origin(websocket: WebSocket, settings: ApiSettings, shop: Shop) -> bool:
    """Browsers say from which page they come; other clients say nothing."""
    origin = websocket.headers.get("origin")
    admitted = settings.listed(settings.cors_origins)
    if origin is None or "*" in admitted or origin in admitted:
        return True
    page, public = urlsplit(origin), urlsplit(shop.settings.public_url)
    return page.netloc in {websocket.headers.get("host"), public.netloc}


class Connection:
    """One client. It sends one frame at a time, and reads the next one only when the last one is dealt with."""

    def __init__(self, websocket: WebSocket, shop: Shop, settings: ApiSettings) -> None:
        self._ws = websocket
        self._shop = shop
        self._idle_seconds = settings.socket_idle_seconds
        self._gate: Gate = websocket.app.state.gate
        self._caller: Caller = ANONYMOUS
        self._ends_at = 0.0
        self._thread = ""
        self._begun = False
        """Whether the connection's own conversation is there already."""
        self._turns = 0
        self._numbers: dict[str, int] = {}
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._heard_at = time.monotonic()
        self._sending = asyncio.Lock()
        self._streams: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        await self._sign_in()
        self._chat: Conversations = await self._ws.app.state.chat()
        if known := self._ws.query_params.get("thread", "")[:64]:
            await self._told(self._chat.threads.get(self._caller.account, known), NORMAL)
        self._begun = bool(known)
        self._thread = known or self._chat.threads.new_id("thr")
        now = datetime.now(UTC).astimezone()
        await self._ws.send_text(frame("ping", None, extra={"dialog_id": self._thread, "tz": str(now)}))
        reading, watching = asyncio.create_task(self._read()), asyncio.create_task(self._watch())
        try:
            await asyncio.wait({reading, watching, self._over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reading, watching):
                task.cancel()
            self._over.cancel()
            outcomes = await asyncio.gather(self._over, reading, watching, return_exceptions=True)
        raise next(o for o in outcomes if isinstance(o, Exception))

    async def close(self, code: int, reason: str) -> None:
        if self._ws.application_state is WebSocketState.CONNECTED:
            with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._ws.close(code, reason)

    async def end(self) -> None:
        """Its turns go on; only its listening ends."""
        for task in self._streams.values():
            task.cancel()
        await asyncio.gather(*self._streams.values(), return_exceptions=True)

    async def _told(self, asking: Awaitable[Any], code: int) -> Any:
        """What comes of it; a refusal is told, and ends the connection."""
        try:
            return await asking
        except Refusal as refused:
            await self._send(problem_frame(refused))
            raise Closed(code, refused.code) from None

    async def _sign_in(self) -> None:
        kind, _, token = self._ws.headers.get("authorization", "").partition(" ")
        if not token:
            token = await self._first_frame()
        elif kind.lower() != "bearer":
            token = ""
        self._caller = await self._told(self._known(token.strip()), UNWELCOME)

    async def _first_frame(self) -> str:
        try:
            async with asyncio.timeout(SIGN_IN_SECONDS):
                asked = read_frame(await self._received()).asked
        except (TimeoutError, Bad):
            asked = Ping()
        if isinstance(asked, Auth):
            return asked.token
        await self._send(problem_frame(SignInRequired()))
        raise Closed(UNWELCOME, "sign_in_required")

    async def _known(self, token: str) -> Caller:
        """Whom a token speaks for, and until when."""
        try:
            caller = await caller_of(self._shop, token)
        except Refusal:
            await self._gate.unseen(self._ws)
            raise
        await self._gate.admit(self._ws, caller)
        self._ends_at = end_of_token(self._shop, token)
        return caller

    async def _read(self) -> None:
        bad = 0
        while True:
            try:
                text = await self._received()
                self._heard_at = time.monotonic()
                asked, ref = read_frame(text)
            except Bad as wrong:
                bad += 1
                if bad >= MOST_BAD:
                    raise Closed(UNREADABLE, "too many frames that can't be read") from None
                await self._send(problem_frame(wrong.refused, wrong.ref))
                continue
            bad = 0
            await self._answer(asked, ref)

    async def _received(self) -> str:
        """The next text. Binary frames are answered and passed over."""
        for _ in range(MOST_BAD):
            message = await self._ws.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", NORMAL))
            if message.get("text") is not None:
                return str(message["text"])
            await self._send(error_frame(415, BINARY))
        raise Closed(UNREADABLE, "too many frames that can't be read")

    async def _answer(self, asked: Input, ref: str | None) -> None:
        try:
            if not isinstance(asked, Ping):
                await self._gate.admit(self._ws, self._caller)
            await HANDLERS[type(asked)](self, asked, ref)
        except Refusal as refused:
            await self._send(problem_frame(refused, ref))
        except (Closed, WebSocketDisconnect, RuntimeError):
            raise
        except Exception:  # noqa: BLE001 (a bug is told, and the connection goes on)
            logger.exception("a frame failed")
            await self._send(error_frame(500, BUG, ref))

    async def _watch(self) -> None:
        """Ends the connection when its token ends, its session is over, its account is banned, or nobody uses it."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._shop.clock().timestamp() >= self._ends_at:
                await self._send(problem_frame(TokenInvalid()))
                raise Closed(UNWELCOME, "token_invalid")
            await self._told(still(self._shop, self._caller), UNWELCOME)
            idle = time.monotonic() - self._heard_at > self._idle_seconds
            if idle and not self._streams:
                raise Closed(IDLE, "idle")

    async def _auth(self, asked: Auth, ref: str | None) -> None:
        before = self._ends_at
        caller = await self._known(asked.token)
        if caller.account != self._caller.account:
            self._ends_at = before
            raise OtherPerson()
        self._caller = caller
        await self._send(frame("event", {"type": "signed_in"}, ref=ref))

    async def _ping(self, _asked: Ping, ref: str | None) -> None:
        await self._send(frame("pong", None, ref=ref))

    async def _say(self, asked: SayFrame, ref: str | None) -> None:
        self._turns += 1
        self._room()
        thread = asked.thread or self._thread
        if thread == self._thread and not self._begun:
            await self._chat.threads.create(self._caller.account, "", thread)
            self._begun = True
        wait = asked.when_busy == "wait"
        turn = await self._chat.say(self._caller.account, self._box, thread, asked.text, asked.key, wait=wait)
        self._listen(thread, turn, "0", ref)

    async def _decide(self, asked: Answer, ref: str | None) -> None:
        self._room()
        thread = asked.thread or self._thread
        found = await self._chat.threads.turn_asking(thread, asked.confirmation)
        before = await self._chat.log.last_id(found.id) if found else "0"
        turn = await self._chat.answer(self._caller.account, self._box, thread, asked.confirmation, asked.decision)
        self._listen(thread, turn, before, ref)

    async def _cancel(self, asked: Cancel, ref: str | None) -> None:
        thread = asked.thread or self._thread
        heard = asked.turn in self._streams
        view = await self._chat.cancel(self._caller.account, self._box, thread, asked.turn)
        if not heard:
            await self._send(frame("event", {"type": "turn.completed", **view.model_dump(mode="json")}, ref=ref))

    async def _resume(self, asked: Resume, ref: str | None) -> None:
        self._turns += 1
        self._room()
        account = self._caller.account
        turn = asked.turn or (await self._chat.threads.get(account, asked.thread)).running_turn
        if not turn:
            raise TurnNotFound("that is being answered now")
        await self._chat.threads.turn(account, asked.thread, turn)
        self._thread, self._begun = asked.thread, True
        self._listen(asked.thread, turn, asked.last_event_id, ref)

    @property
    def _box(self) -> Toolbox:
        return Toolbox(self._shop, self._caller)

    def _room(self) -> None:
        if len(self._streams) >= MOST_STREAMS:
            raise QueueFull(MOST_STREAMS)

    def _listen(self, thread: str, turn: str, after: str, ref: str | None) -> None:
        """Once a turn, whatever was said twice."""
        if turn in self._streams:
            return
        number = self._numbers.setdefault(turn, max(0, self._turns - 1))
        task = asyncio.create_task(self._stream(thread, turn, after, number, ref))
        self._streams[turn] = task
        task.add_done_callback(lambda _: self._forget(turn))

    def _forget(self, turn: str) -> None:
        self._streams.pop(turn, None)
        self._heard_at = time.monotonic()

    async def _stream(self, thread: str, turn: str, after: str, number: int, ref: str | None) -> None:
        """The frames of one turn, between `open` and `close`."""
        extra = {"thread": thread, "turn": turn}
        index = 0
        try:
            await self._send(frame("command", {"content": "open", "turn": number}, extra=extra, ref=ref))
            async for sent in self._chat.events(self._caller.account, thread, turn, after, LOOK_SECONDS):
                if sent is None:
                    continue
                event_id, event = sent
                if event["type"] == "message.delta":
                    told = {"delta": event["text"], "index": index, "turn": number}
                    await self._send(frame("message", told, id=event_id, extra=extra))
                    index += 1
                else:
                    await self._send(frame("event", event, id=event_id, extra=extra))
            await self._send(frame("command", {"content": "close", "turn": number}, extra=extra))
        except Refusal as refused:
            with suppress(Closed, WebSocketDisconnect, RuntimeError):
                await self._send(problem_frame(refused, ref))
        except (Closed, WebSocketDisconnect, RuntimeError) as gone:
            self._end_with(gone)
        except Exception as bug:  # noqa: BLE001 (a bug ends the connection, and says so)
            self._end_with(bug)

    def _end_with(self, reason: Exception) -> None:
        if not self._over.done():
            self._over.set_exception(reason)

    async def _send(self, text: str) -> None:
        """One at a time, and only as fast as the client takes them."""
        try:
            async with asyncio.timeout(SEND_SECONDS), self._sending:
                await self._ws.send_text(text)
        except TimeoutError:
            raise Closed(BUSY, "too slow") from None


HANDLERS: dict[type[Input], Callable[..., Awaitable[None]]] = {
    Auth: Connection._auth,
    SayFrame: Connection._say,
    Answer: Connection._decide,
    Cancel: Connection._cancel,
    Resume: Connection._resume,
    Ping: Connection._ping,
}
