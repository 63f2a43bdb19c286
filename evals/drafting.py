"""A real conversation as the draft of a case: its words with nobody's data in them, and what happened as what must happen.

What the shop did in it is taken for right, as nobody else can say what was; a person who reads the draft corrects that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml
from langchain_core.messages import messages_from_dict
from sqlalchemy import select
from sqlmodel import col

from agent.language import language_of
from agent.records import MessageRow, ThreadRow, TurnRow
from commerce.accounts.records import AccountRow, AddressRow
from commerce.confirmations.records import ConfirmationRow
from commerce.database import Database
from commerce.operation import Effect
from commerce.operations import CATALOG
from commerce.orders.records import OrderLineRow, OrderRow
from commerce.payments.records import PaymentMethodRow

from .dialogues.sets import GivenOrder, OrderState
from .replacing import Replacing
from .schema import Suite
from .trial import Called, calls_in
from .world import seeds

STATES: dict[str, OrderState] = {
    "awaiting_payment": "unpaid",
    "paid": "paid",
    "partially_shipped": "shipped",
    "shipped": "shipped",
    "delivered": "delivered",
    "cancelled": "paid",
}
"""What an order was given as, by the status that the conversation first showed."""
ANSWERS = {"approved": "approve", "used": "approve", "rejected": "reject"}
PIECES = ("recipient", "phone", "line1", "line2", "city", "region", "postal_code")


class NoSuchThread(LookupError):
    """There is no conversation with this id."""


class Turn(NamedTuple):
    said: str
    calls: list[Called]


class Order(NamedTuple):
    number: str
    status: str
    lines: dict[str, int]


@dataclass(frozen=True)
class Talk:
    """A conversation as it is stored, and what the shop knows of who held it."""

    owner: str
    guest: bool
    turns: list[Turn]
    answers: list[tuple[str, str]]
    """Operation and status of each question, in order."""
    orders: list[Order]
    """The owner's, the oldest first."""
    replacing: Replacing

    @property
    def calls(self) -> list[Called]:
        return [call for turn in self.turns for call in turn.calls]


class Draft(NamedTuple):
    text: str
    replaced: str
    to_do: list[str]


async def draft_of(database: Database, thread: str, name: str) -> Draft:
    """Valid by the schema of cases; raises NoSuchThread."""
    talk = await talk_of(database, thread)
    case, to_do = case_of(talk, name)
    suite = {"suite": "drafts", "about": "Conversations that were held, to be looked through.", "cases": [case]}
    Suite.model_validate(suite)
    head = ["A draft: what happened is taken for what must happen. Correct it, name it, and move it into a suite."]
    head.append(f"Replaced: {talk.replacing.told()}. Read it once more: nobody's data may be left in it.")
    written = yaml.safe_dump(suite, allow_unicode=True, sort_keys=False, width=140)
    return Draft("".join(f"# {line}\n" for line in [*head, *to_do]) + written, talk.replacing.told(), to_do)


async def talk_of(database: Database, thread: str) -> Talk:
    async with database.snapshot() as db:
        held = (await db.execute(select(ThreadRow).where(col(ThreadRow.id) == thread))).one_or_none()
        if held is None:
            raise NoSuchThread(f"there is no conversation {thread}")
        of_it = select(TurnRow).where(col(TurnRow.thread) == thread).order_by(col(TurnRow.id))
        rows = (await db.execute(of_it)).all()
        kept = select(MessageRow).where(col(MessageRow.thread) == thread).order_by(col(MessageRow.id))
        messages = (await db.execute(kept)).all()
        asked = select(ConfirmationRow).where(col(ConfirmationRow.thread) == thread).order_by(col(ConfirmationRow.id))
        answers = [(row.operation, row.status) for row in await db.execute(asked)]
        turns = [
            Turn(row.answer["said"], calls_in(messages_from_dict([m.body for m in messages if m.turn == row.id])))
            for row in rows
        ]
        account = (await db.execute(select(AccountRow).where(col(AccountRow.id) == held.owner))).one_or_none()
        guest = account is None or account.role == "guest"
        orders = [order async for order in _orders(db, held.owner)]
        replacing = await _known_of(db, held.owner, account, turns)
    return Talk(held.owner, guest, turns, answers, orders, replacing)


async def _orders(db: Any, owner: str) -> Any:
    mine = select(OrderRow).where(col(OrderRow.account) == owner).order_by(col(OrderRow.placed_at))
    for row in (await db.execute(mine)).all():
        lines = select(OrderLineRow).where(col(OrderLineRow.order_number) == row.number)
        held = {line.sku: line.quantity for line in (await db.execute(lines)).all()}
        yield Order(row.number, row.status, held)


async def _known_of(db: Any, owner: str, account: Any, turns: Sequence[Turn]) -> Replacing:
    """Names, addresses and cards, also those that were only told in the conversation or stand on an order."""
    found, demo = Replacing(), seeds().shop.customers[0]
    if account is not None:
        found.know("e-mail address", account.email, demo.email)
        found.know_name("name", account.name, demo.name)
    addresses = [
        dict(row._mapping) for row in await db.execute(select(AddressRow).where(col(AddressRow.account) == owner))
    ]
    quotes = await db.execute(select(col(OrderRow.quote)).where(col(OrderRow.account) == owner))
    addresses += [row.quote.get("address") or {} for row in quotes]
    addresses += [call.arguments for turn in turns for call in turn.calls if "address" in call.operation]
    for address in addresses:
        _know_address(found, address)
    methods = select(PaymentMethodRow).where(col(PaymentMethodRow.account) == owner)
    for row in await db.execute(methods):
        found.know("token", row.token, "tok_succeeds")
        found.know("payment method", row.label, "the first card")
    for call in (call for turn in turns for call in turn.calls if call.operation == "update_account"):
        found.know_name("name", call.arguments.get("name"), demo.name)
    return found


def _know_address(found: Replacing, address: dict[str, Any]) -> None:
    demo = seeds().shop.customers[0].addresses
    chinese = any(not str(address.get(piece) or "").isascii() for piece in PIECES)
    stand_in = demo[1 if chinese else 0].model_dump()
    for piece in PIECES:
        written = address.get(piece)
        if not isinstance(written, str):
            continue
        if piece == "recipient":
            found.know_name("name", written, stand_in[piece])
        elif piece.startswith("line"):
            found.know_street(written, stand_in[piece] or stand_in["line1"])
        else:
            found.know("phone number" if piece == "phone" else "address", written, stand_in[piece])


def case_of(talk: Talk, name: str) -> tuple[dict[str, Any], list[str]]:
    """The case, and what is left to do for a person."""
    numbers = _numbers(talk)
    new, mine = _new_orders(talk), [order for order in talk.orders if order.number in numbers]
    given = [order for order in mine if order.number not in new]
    strangers = [number for number in numbers if number not in {order.number for order in talk.orders}]
    names = {order.number: f"$order{at}" for at, order in enumerate(given, 1)}
    names |= {number: f"$stranger{at}" for at, number in enumerate(strangers, 1)}
    names |= {number: "$new_order" for number in new[:1]}
    world = _world(talk, given, strangers)
    says = [_step(turn, talk.replacing, names) for turn in talk.turns]
    words = "".join(turn.said for turn in talk.turns)
    case: dict[str, Any] = {"case": name, "tags": ["draft", language_of(words)]}
    case |= {"world": world} if world else {}
    case["shopper"] = _shopper(talk, says)
    case |= _judged(talk, names, new)
    return case, list(_to_do(talk, says, case))


def _numbers(talk: Talk) -> list[str]:
    """Order numbers that were typed or that a call was about, in their order."""
    known = {order.number for order in talk.orders}
    typed = [word.strip(".,;:!?，。！？#") for turn in talk.turns for word in turn.said.split()]
    mentioned = [number for number in known for turn in talk.turns if number in turn.said]
    called = [str(call.arguments.get("order") or "") for call in talk.calls]
    strange = [word for word in typed if word.startswith("DT-")] + [number for number in called if number]
    placed = [number for number in _new_orders(talk)]
    return list(dict.fromkeys([*sorted(mentioned), *strange, *placed]))


def _new_orders(talk: Talk) -> list[str]:
    return [str(call.view["order"]) for call in talk.calls if call.operation == "place_order" and call.view]


def _world(talk: Talk, given: Sequence[Order], strangers: Sequence[str]) -> dict[str, Any]:
    world: dict[str, Any] = {}
    if cart := _cart_before(talk.calls):
        world["cart"] = cart
    if given:
        world["orders"] = [GivenOrder(lines=o.lines, state=_state_before(talk, o)).model_dump() for o in given]
    if strangers:
        world["strangers"] = [{"lines": {"MUG-RED-350": 1}, "state": "paid"} for _ in strangers]
    return world


def _cart_before(calls: Sequence[Called]) -> dict[str, int]:
    """As the first cart that was shown, without what had just been put into it."""
    for call in calls:
        if call.view and (cart := _cart_in(call.view)) is not None:
            sku, added = call.arguments.get("sku"), call.arguments.get("quantity", 1)
            if call.operation == "add_to_cart" and sku in cart:
                cart[sku] -= added
            return {sku: quantity for sku, quantity in cart.items() if quantity > 0}
    return {}


def _cart_in(view: dict[str, Any]) -> dict[str, int] | None:
    if not {"items", "unavailable", "subtotal"} <= set(view):
        return None
    return {item["sku"]: item["quantity"] for item in view["items"]}


def _state_before(talk: Talk, order: Order) -> OrderState:
    """As it was first shown: it may have been changed since."""
    shown = [call.view for call in talk.calls if call.view and call.view.get("order") == order.number]
    listed = [
        item
        for call in talk.calls
        if call.operation == "list_orders" and call.view
        for item in call.view["items"]
        if item["order"] == order.number
    ]
    status = next((view["status"] for view in [*listed[:1], *shown] if "status" in view), order.status)
    return STATES[status]


def _step(turn: Turn, replacing: Replacing, names: dict[str, str]) -> dict[str, Any] | str:
    said = turn.said
    for number, name in names.items():
        said = said.replace(number, name)
    said, done = replacing(said), list(dict.fromkeys(_changed(turn.calls)))
    return {"say": said, "until": done} if done else said


def _changed(calls: Sequence[Called]) -> Iterator[str]:
    """The operations that changed something and succeeded."""
    for call in calls:
        if call.refusal is None and CATALOG[call.operation].effect is not Effect.READ:
            yield call.operation


def _shopper(talk: Talk, says: list[Any]) -> dict[str, Any]:
    shopper: dict[str, Any] = {"wants": "to be written down by whoever reads this"}
    if talk.guest:
        shopper["is"] = "guest"
    shopper["says"] = says
    if talk.answers:
        shopper["answers"] = [{"to": name, "answer": ANSWERS.get(status, "leave")} for name, status in talk.answers]
    return shopper


def _judged(talk: Talk, names: dict[str, str], new: Sequence[str]) -> dict[str, Any]:
    done = list(dict.fromkeys(_changed(talk.calls)))
    state = [_read_of(name, _status_at_the_end(talk, number)) for number, name in names.items()]
    state = [truth for truth in state if truth]
    cart = _cart_after(talk.calls)
    if cart is not None and not talk.guest:
        items = [{"sku": sku, "quantity": quantity} for sku, quantity in cart.items()]
        state.append({"read": "view_cart", "is": {"items": items}})
    judged: dict[str, Any] = {"state": state} if state else {}
    judged |= {"does": done} if done else {}
    asked = {name for name, _ in talk.answers}
    if never := sorted(asked - set(done)) or ([] if done or state else ["place_order"]):
        judged["never"] = never
    return judged


def _read_of(name: str, status: str | None) -> dict[str, Any]:
    if name.startswith("$stranger"):
        return {"read": "get_order", "with": {"order": name}, "is": {"refused": "order_not_found"}}
    return {"read": "get_order", "with": {"order": name}, "is": {"status": status}} if status else {}


def _status_at_the_end(talk: Talk, number: str) -> str | None:
    """As the conversation showed it last; the order may have gone on since."""
    shown = [
        call.view for call in talk.calls if call.view and call.view.get("order") == number and "status" in call.view
    ]
    return shown[-1]["status"] if shown else None


def _cart_after(calls: Sequence[Called]) -> dict[str, int] | None:
    """None where nothing was shown behind the last order."""
    last = max((at for at, call in enumerate(calls) if call.operation == "place_order" and call.view), default=-1)
    carts = [cart for call in calls[last + 1 :] if call.view and (cart := _cart_in(call.view)) is not None]
    return carts[-1] if carts else None


def _to_do(talk: Talk, says: Sequence[Any], case: dict[str, Any]) -> Iterator[str]:
    known = {variant.sku for _, product in seeds().products for variant in product.variants}
    written = yaml.safe_dump(case)
    used = {sku for order in talk.orders for sku in order.lines} | set(_cart_before(talk.calls))
    if strange := sorted(sku for sku in used - known if sku in written):
        yield f"Not in the demo shop: {', '.join(strange)}."
    if any("$new_order" in str(step) for step in says):
        yield "$new_order in what is said is not filled in: say it in other words."
    if len(_new_orders(talk)) > 1:
        yield "More than one order was placed; only the first is $new_order."
