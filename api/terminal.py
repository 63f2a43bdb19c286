"""The chat in a terminal: the same HTTP as any client, over the network or into an application inside this process."""

import asyncio
import json
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape
from rich.prompt import Prompt
from rich.table import Table

from commerce.money import Money

from . import logs
from .server import Settings, build_app
from .serving import running_url

HELP = "Say what you are looking for, in English or Chinese. /cart shows the cart, Ctrl-C stops an answer, /quit ends."
ENDS = {"/quit", "/exit", "/q"}
DECISIONS = {"approve": {"approve", "yes", "y", "同意"}, "reject": {"reject", "no", "n", "拒绝"}}
TOTALS = {"items_discount": "discount on goods", "fulfillment": "delivery"}
ADDRESS = ("recipient", "line1", "line2", "city", "region", "postal_code", "country")
TRIES = 3
"""To sign in."""


@dataclass
class Terminal:
    """One conversation."""

    http: httpx.AsyncClient
    console: Console = field(default_factory=Console)
    thread: str = ""

    async def say(self, text: str) -> None:
        question = await self._stream(f"/v1/chat/threads/{self.thread}/turns", {"text": text})
        while question is not None:
            self._show_terms(question)
            if (decision := self._decision()) is None:
                return
            path = f"/v1/chat/threads/{self.thread}/confirmations/{question['confirmation']}"
            question = await self._stream(path, {"decision": decision})

    def _decision(self) -> str | None:
        """None at the end of the input: the question stays open."""
        while True:
            try:
                said = self.console.input("Approve or Reject? ").strip().casefold()
            except (EOFError, KeyboardInterrupt):
                return None
            for decision, words in DECISIONS.items():
                if said in words:
                    return decision
            self.console.print("Please type approve (yes, 同意) or reject (no, 拒绝).")

    async def _stream(self, path: str, body: dict[str, str]) -> dict[str, Any] | None:
        """Prints what comes; the question that the shop asks, if it does."""
        with self._stoppable():
            return await self._hear(path, body)

    @contextmanager
    def _stoppable(self) -> Iterator[None]:
        """Ctrl-C stops the answer that comes, and not the program."""
        loop = asyncio.get_running_loop()
        stopping: list[asyncio.Task[None]] = []
        loop.add_signal_handler(signal.SIGINT, lambda: stopping.append(loop.create_task(self._stop())))
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    async def _stop(self) -> None:
        thread = f"/v1/chat/threads/{self.thread}"
        if turn := (await self.http.get(thread)).json().get("running_turn"):
            await self.http.post(f"{thread}/turns/{turn}/cancel")

    async def _hear(self, path: str, body: dict[str, str]) -> dict[str, Any] | None:
        question = None
        async with self.http.stream("POST", path, json=body, headers={"Accept": "text/event-stream"}) as answer:
            if answer.status_code >= 400:
                await answer.aread()
                show_problem(self.console, answer.json())
                return None
            async for kind, event in _events(answer):
                if kind == "message.delta":
                    self.console.print(escape(event["text"]), end="", soft_wrap=True, highlight=False)
                elif kind == "receipt":
                    self.console.print(f"\n[green]✔ {escape(event['summary'])}[/green]", end="\n")
                elif kind == "turn.completed":
                    question = event["confirmation"] if event["status"] == "waiting" else None
                    for marked in event["unconfirmed"]:
                        self.console.print(f"\n[yellow]⚠ {escape(marked['text'])}: {marked['note']}[/yellow]", end="")
                    if event["status"] == "cancelled":
                        self.console.print("\n[dim]stopped[/dim]", end="")
        self.console.print()
        return question

    def _show_terms(self, question: dict[str, Any]) -> None:
        terms = question["terms"]
        table = Table(title=escape(terms["summary"]), title_justify="left", show_header=False)
        for line in terms["lines"]:
            table.add_row(f"{line['quantity']} × {escape(line['name'])} ({escape(line['sku'])})", _money(line["total"]))
        for total in terms["totals"]:
            table.add_row(f"[dim]{TOTALS.get(total['type'], total['type'])}[/dim]", _money(total))
        for name in ("charge", "refund"):
            if terms[name]:
                table.add_row(f"[bold]{name}[/bold]", f"[bold]{_money(terms[name])}[/bold]")
        if address := terms["address"]:
            where = ", ".join(filter(None, (address[k] for k in ADDRESS)))
            table.add_row("to", escape(where))
        if terms["payment_method"]:
            table.add_row("with", escape(terms["payment_method"]))
        until = datetime.fromisoformat(question["expires_at"]).astimezone()
        table.add_row("[dim]can be answered until[/dim]", f"{until:%H:%M}")
        self.console.print(table)

    async def show_cart(self) -> None:
        cart = (await self.http.get("/v1/cart")).json()
        table = Table("Cart", "Price", "Quantity", "Total")
        for item in cart["items"]:
            table.add_row(
                escape(item["name"]), _money(item["unit_price"]), str(item["quantity"]), _money(item["total"])
            )
        table.add_row("[bold]Subtotal[/bold]", "", "", _money(cart["subtotal"]))
        self.console.print(table)


def show_problem(console: Console, problem: dict[str, Any]) -> None:
    console.print(f"[red]{escape(problem['detail'])}[/red] {escape(problem['hint'])}")


def _money(amount: dict[str, Any]) -> str:
    return str(Money(amount=amount["amount"], currency=amount["currency"]))


async def _events(answer: httpx.Response) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    kind, data = "", ""
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            data = value
        elif not line and data:
            yield kind, json.loads(data)
            data = ""


async def talk(settings: Settings, url: str, email: str) -> int:
    """Talks until the shopper leaves; 1 when the shop can't be reached or the sign-in fails."""
    console = Console()
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(_client(settings, url or running_url(settings.shop.data) or ""))
        try:
            name = await _sign_in(http, console, email)
        except httpx.HTTPStatusError as refused:
            show_problem(console, refused.response.json())
            return 1
        except (httpx.HTTPError, ValueError) as failed:
            told = f"No shop answers at {http.base_url}: {failed or type(failed).__name__}."
            console.print(f"[red]{escape(told)}[/red] Start one with `make run`, or name another one with --url.")
            return 1
        terminal = Terminal(http, console)
        terminal.thread = (await http.post("/v1/chat/threads")).json()["thread"]
        console.print(f"[bold]Hello {escape(name)}.[/bold] {HELP}")
        while (said := await _ask(console)) not in ENDS:
            await (terminal.show_cart() if said == "/cart" else terminal.say(said))
    return 0


async def _ask(console: Console) -> str:
    """The end of the input is an end of the talk."""
    while True:
        try:
            said = console.input("[bold cyan]you ›[/bold cyan] ").strip()
        except (EOFError, KeyboardInterrupt):
            return "/quit"
        if said:
            return said


@asynccontextmanager
async def _client(settings: Settings, url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A running shop at `url`, or the shop of the data folder inside this process."""
    timeout = httpx.Timeout(120, connect=5)
    if url:
        async with httpx.AsyncClient(base_url=url, timeout=timeout) as http:
            yield http
        return
    logs.set_up(settings.api.model_copy(update={"log_level": "WARNING"}))
    app = build_app(settings, demo=True)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop", timeout=timeout) as http,
    ):
        yield http


class Session(httpx.Auth):
    """Sends the access token, and renews it once when it has ended."""

    def __init__(self, tokens: dict[str, Any]) -> None:
        self._tokens = tokens

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        request.headers["Authorization"] = f"Bearer {self._tokens['access_token']}"
        answer = yield request
        if answer.status_code != 401:
            return
        renewed = yield httpx.Request(
            "POST", request.url.join("/v1/sessions/refresh"), json={"refresh_token": self._tokens["refresh_token"]}
        )
        if renewed.status_code == 200:
            self._tokens = renewed.json()
            request.headers["Authorization"] = f"Bearer {self._tokens['access_token']}"
            yield request


async def _sign_in(http: httpx.AsyncClient, console: Console, email: str) -> str:
    demo = (await http.get("/v1/shop")).raise_for_status().json()["demo"]
    if demo and email in ("", demo["email"]):
        session = await http.post("/v1/sessions", json=demo)
    elif email:
        session = await _with_password(http, console, email)
    else:
        session = await http.post("/v1/sessions/guest")
    http.auth = Session(session.raise_for_status().json())
    return str((await http.get("/v1/account")).raise_for_status().json()["name"])


async def _with_password(http: httpx.AsyncClient, console: Console, email: str) -> httpx.Response:
    """A wrong one is asked for again, a few times."""
    for left in reversed(range(TRIES)):
        password = Prompt.ask("Password", password=True, console=console)
        session = await http.post("/v1/sessions", json={"email": email, "password": password})
        if session.status_code != 401 or not left:
            break
        show_problem(console, session.json())
    return session
