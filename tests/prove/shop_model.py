"""What a shop is, in plain Python: goods, baskets, quotes, orders; what may be bought, and what must be left."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

ALIVE = {"paid", "partially_shipped", "shipped", "delivered"}
"""States of an order whose goods have left the shelf for it."""
NEXT = {
    "awaiting_payment": {"paid", "cancelled"},
    "paid": {"cancelled", "partially_shipped", "shipped"},
    "partially_shipped": {"shipped", "delivered", "cancelled"},
    "shipped": {"delivered"},
    "delivered": set[str](),
    "cancelled": set[str](),
}
"""Where an order can go in one step."""


@dataclass
class ModelQuote:
    """A checkout as it was shown."""

    who: int
    lines: dict[str, int]
    prices: dict[str, int]
    coupons: list[str]
    ready: bool
    expires_at: datetime
    order: str | None = None


@dataclass
class ModelOrder:
    who: int
    lines: dict[str, int]
    coupons: list[str]
    total: int
    pay_until: datetime
    status: str = "awaiting_payment"
    charged: bool = False
    """Whether a method that can take money was ever sent."""
    asked_to_cancel: bool = False
    asked_to_ship: bool = False


@dataclass
class ShopModel:
    """The books, kept by somebody who knows nothing of databases."""

    stock: dict[str, int]
    prices: dict[str, int]
    carts: list[dict[str, int]]
    quotes: dict[str, ModelQuote] = field(default_factory=dict)
    orders: dict[str, ModelOrder] = field(default_factory=dict)

    def reserved(self, sku: str) -> int:
        return sum(o.lines.get(sku, 0) for o in self.orders.values() if o.status == "awaiting_payment")

    def on_hand(self, sku: str) -> int:
        return self.stock[sku] - sum(o.lines.get(sku, 0) for o in self.orders.values() if o.status in ALIVE)

    def available(self, sku: str) -> int:
        return self.on_hand(sku) - self.reserved(sku)

    def uses(self) -> Counter[str]:
        return Counter(code for o in self.orders.values() if o.status != "cancelled" for code in o.coupons)

    def used_by(self, who: int, code: str) -> int:
        return sum(o.who == who and o.status != "cancelled" and code in o.coupons for o in self.orders.values())

    def may_add(self, who: int, sku: str, quantity: int) -> bool:
        return self.carts[who].get(sku, 0) + quantity <= self.available(sku)

    def may_place(self, quote: ModelQuote, now: datetime, per_shopper: dict[str, int]) -> bool:
        return (
            quote.ready
            and quote.expires_at > now
            and all(self.available(sku) >= n for sku, n in quote.lines.items())
            and all(self.prices[sku] == price for sku, price in quote.prices.items())
            and all(self.used_by(quote.who, code) < per_shopper[code] for code in quote.coupons)
        )

    def supersede(self, who: int) -> None:
        """A new quote takes the place of those that were not bought."""
        for quote in self.quotes.values():
            if quote.who == who and not quote.order:
                quote.ready = False

    def bought(self, checkout: str, number: str, total: int, now: datetime, pay_within: timedelta) -> None:
        quote = self.quotes[checkout]
        quote.order = number
        self.orders[number] = ModelOrder(quote.who, quote.lines, quote.coupons, total, now + pay_within)
        cart = self.carts[quote.who]
        for sku, quantity in quote.lines.items():
            cart[sku] = cart.get(sku, 0) - quantity
            if cart[sku] <= 0:
                del cart[sku]

    def observed(self, number: str, status: str, now: datetime) -> None:
        """The shop says where an order is; refuses what can't be."""
        order = self.orders[number]
        if order.status == status:
            return
        path = {status} if status in NEXT[order.status] else {s for m in NEXT[order.status] for s in NEXT[m]}
        assert status in path, f"{number} went from {order.status} to {status}"
        if status == "cancelled":
            assert order.asked_to_cancel or order.pay_until <= now, f"{number} was cancelled for no reason"
        if order.status == "awaiting_payment" and status in ALIVE:
            assert order.charged, f"{number} was paid by nobody"
        if status in ALIVE - {"paid"}:
            assert order.asked_to_ship, f"{number} was shipped by nobody"
        order.status = status
