"""The chat over a WebSocket: one connection, one signed-in person, and the turns that they listen to."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from loguru import logger

from agent.refusals import TurnNotFound
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
from .wire import LOOK_SECONDS, Closed, Streams, Wire

if TYPE_CHECKING:
    from agent.conversations import Conversations

SIGN_IN_SECONDS = 10.0
MOST_BAD = 20
"""Frames one after another that can't be read."""
NORMAL, UNREADABLE, UNWELCOME, IDLE = 1000, 1008, 4401, 4408
BINARY = {"code": "binary_frame", "detail": "Binary frames are not supported.", "hint": "Send text.", "facts": {}}
BUG = {
    "code": "internal_error",
    "detail": "Something went wrong on our side.",
    "hint": "Try again; if it stays, tell the shop the trace id.",
    "facts": {},
}

router = APIRouter()


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
        await connection.wire.close(closed.code, closed.reason)
    except WebSocketDisconnect as gone:
        logger.debug("a client is gone: {}", gone.code)
    except Exception:  # noqa: BLE001 (a bug ends this connection, and says so)
        logger.exception("a connection failed")
        await connection.wire.close(1011, "internal error")
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
        self._said = -1
        """Number of the last thing said."""
        self._heard_at = time.monotonic()
        self.wire = Wire(websocket)
        self._streams: Streams | None = None

    async def run(self) -> None:
        await self._sign_in()
        self._chat: Conversations = await self._ws.app.state.chat()
        if known := self._ws.query_params.get("thread", "")[:64]:
            await self._told(self._chat.threads.get(self._caller.account, known), NORMAL)
        self._streams = streams = Streams(self.wire, self._chat, self._caller.account)
        self._begun = bool(known)
        self._thread = known or self._chat.threads.new_id("thr")
        now = datetime.now(UTC).astimezone()
        await self.wire.send(frame("ping", None, extra={"dialog_id": self._thread, "tz": str(now)}))
        reading, watching = asyncio.create_task(self._read()), asyncio.create_task(self._watch())
        try:
            await asyncio.wait({reading, watching, streams.over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reading, watching):
                task.cancel()
            streams.over.cancel()
            outcomes = await asyncio.gather(streams.over, reading, watching, return_exceptions=True)
        raise next(o for o in outcomes if isinstance(o, Exception))

    async def end(self) -> None:
        if self._streams:
            await self._streams.close()

    async def _told(self, asking: Awaitable[Any], code: int) -> Any:
        """What comes of it; a refusal is told, and ends the connection."""
        try:
            return await asking
        except Refusal as refused:
            await self.wire.send(problem_frame(refused))
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
        await self.wire.send(problem_frame(SignInRequired()))
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
                await self.wire.send(problem_frame(wrong.refused, wrong.ref))
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
            await self.wire.send(error_frame(415, BINARY))
        raise Closed(UNREADABLE, "too many frames that can't be read")

    async def _answer(self, asked: Input, ref: str | None) -> None:
        try:
            if not isinstance(asked, Ping):
                await self._gate.admit(self._ws, self._caller)
                await self._still()
            await HANDLERS[type(asked)](self, asked, ref)
        except Refusal as refused:
            await self.wire.send(problem_frame(refused, ref))
        except (Closed, WebSocketDisconnect):
            raise
        except Exception:  # noqa: BLE001 (a bug is told, and the connection goes on)
            logger.exception("a frame failed")
            await self.wire.send(error_frame(500, BUG, ref))

    async def _watch(self) -> None:
        """Ends the connection when its token ends, its session is over, its account is banned, or nobody uses it."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._still()
            used_at = max(self._heard_at, self._now_open.ended_at)
            if not len(self._now_open) and time.monotonic() - used_at > self._idle_seconds:
                raise Closed(IDLE, "idle")

    async def _still(self) -> None:
        """Whoever signed in, as they are now; ends the connection of who may not go on."""
        if self._shop.clock().timestamp() >= self._ends_at:
            await self.wire.send(problem_frame(TokenInvalid()))
            raise Closed(UNWELCOME, "token_invalid")
        self._caller = await self._told(still(self._shop, self._caller), UNWELCOME)

    @property
    def _now_open(self) -> Streams:
        assert self._streams is not None
        return self._streams

    async def _auth(self, asked: Auth, ref: str | None) -> None:
        before = self._ends_at
        caller = await self._known(asked.token)
        if caller.account != self._caller.account:
            self._ends_at = before
            raise OtherPerson()
        self._caller = caller
        await self.wire.send(frame("event", {"type": "signed_in"}, ref=ref))

    async def _ping(self, _asked: Ping, ref: str | None) -> None:
        await self.wire.send(frame("pong", None, ref=ref))

    async def _say(self, asked: SayFrame, ref: str | None) -> None:
        self._said += 1
        self._now_open.make_room()
        thread = asked.thread or self._thread
        if thread == self._thread and not self._begun:
            await self._chat.threads.create(self._caller.account, "", thread)
            self._begun = True
        wait = asked.when_busy == "wait"
        turn = await self._chat.say(self._caller.account, self._box, thread, asked.text, asked.key, wait=wait)
        self._now_open.open(thread, turn, "0", self._said, ref)

    async def _decide(self, asked: Answer, ref: str | None) -> None:
        self._now_open.make_room()
        thread = asked.thread or self._thread
        found = await self._chat.threads.turn_asking(thread, asked.confirmation)
        before = await self._chat.log.last_id(found.id) if found else "0"
        turn = await self._chat.answer(self._caller.account, self._box, thread, asked.confirmation, asked.decision)
        await self._now_open.settled(turn)
        self._now_open.open(thread, turn, before, max(0, self._said), ref)

    async def _cancel(self, asked: Cancel, ref: str | None) -> None:
        thread = asked.thread or self._thread
        heard = asked.turn in self._now_open
        view = await self._chat.cancel(self._caller.account, self._box, thread, asked.turn)
        if not heard:
            await self.wire.send(frame("event", {"type": "turn.completed", **view.model_dump(mode="json")}, ref=ref))

    async def _resume(self, asked: Resume, ref: str | None) -> None:
        self._said += 1
        self._now_open.make_room()
        account = self._caller.account
        turn = asked.turn or (await self._chat.threads.get(account, asked.thread)).running_turn
        if not turn:
            raise TurnNotFound("that is being answered now")
        await self._chat.threads.turn(account, asked.thread, turn)
        self._thread, self._begun = asked.thread, True
        self._now_open.open(asked.thread, turn, asked.last_event_id, self._said, ref)

    @property
    def _box(self) -> Toolbox:
        return Toolbox(self._shop, self._caller)


HANDLERS: dict[type[Input], Callable[..., Awaitable[None]]] = {
    Auth: Connection._auth,
    SayFrame: Connection._say,
    Answer: Connection._decide,
    Cancel: Connection._cancel,
    Resume: Connection._resume,
    Ping: Connection._ping,
}
