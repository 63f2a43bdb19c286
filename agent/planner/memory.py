"""What the shop has shown so far in the thread, and what was agreed on but not used yet."""

from dataclasses import dataclass, field

from .lexicon import Code
from .turns import Json, Step
from .wishes import Wish

_CART_CHANGES = {
    "add_to_cart", "change_cart_item", "remove_from_cart", "clear_cart", "save_for_later", "move_to_cart", "reorder",
}  # fmt: skip
_QUOTES = {"create_checkout", "update_checkout", "get_checkout"}
_ORDER_COMMITS = {
    "place_order", "pay_order", "cancel_order", "cancel_order_line", "change_order_address", "confirm_receipt",
}  # fmt: skip
_ORDER_VIEWS = _ORDER_COMMITS | {"get_order"}
COMMITS = _ORDER_COMMITS | {
    "request_refund", "ship_fulfillment", "deliver_fulfillment", "approve_refund", "reject_refund", "cancel_fulfillment",
    "change_price",
}  # fmt: skip
WRITES = (
    _CART_CHANGES
    | COMMITS
    | {"create_checkout", "update_checkout", "add_address", "claim_coupon", "watch_stock", "unwatch_stock"}
    | {"remember_preference", "forget_preference", "forget_all_preferences"}
    | {"update_address", "delete_address", "choose_default_payment_method", "remove_payment_method", "change_name"}
    | {"set_low_stock", "hide_order", "unhide_order", "correct_tracking"}
    | {"remove_saved_item", "withdraw_refund_request", "adjust_stock", "take_off_sale", "put_on_sale"}
)
_SHOWN = {
    "list_categories": "categories", "list_orders": "orders",
    "list_coupons": "coupons", "list_my_coupons": "coupons", "list_delivery_options": "delivery",
    "list_stock_alerts": "alerts", "watch_stock": "alerts", "list_gift_cards": "gift_cards", "list_gift_card_movements": "gift_cards", "list_saved_items": "saved",
    "remember_preference": "preferences", "list_preferences": "preferences", "forget_preference": "preferences",
    "list_refund_requests": "refunds", "request_refund": "refunds", "list_fulfillments": "shipments",
    "list_merchants": "merchants", "list_refund_reviews": "reviews", "list_my_products": "selling", "list_low_stock": "selling", "adjust_stock": "selling", "change_price": "selling", "get_sales_report": "sales",
}  # fmt: skip
"""What an operation shows, where that is no product, cart, quote or order."""
_LISTS = {"list_merchants": "merchants", "list_categories": "categories", "list_orders": "orders"}
"""Where the items of a list are remembered."""
_OPEN = {"incomplete", "ready_for_complete"}


@dataclass
class Question:
    """What the planner asked last, and the wishes that wait for the answer."""

    about: str
    options: list[Json] = field(default_factory=list)
    wish: Wish | None = None
    rest: tuple[Wish, ...] = ()


@dataclass
class Choices:
    """Said for the next quote: ids that the shop showed, and coupon codes that the shopper typed."""

    address: str = ""
    delivery_option: str = ""
    payment_method: str = ""
    gift_card: str = ""
    coupon_codes: tuple[str, ...] = ()


@dataclass
class Memory:
    listed: list[Json] = field(default_factory=list)
    """Products of the last list, in its order."""
    search: Json = field(default_factory=dict)
    cursor: str | None = None
    products: dict[str, Json] = field(default_factory=dict)
    focus: Json | None = None
    categories: list[Json] = field(default_factory=list)
    merchants: list[Json] = field(default_factory=list)
    cart: Json | None = None
    touched: str = ""
    """SKU that was last added or changed."""
    undone: str = ""
    """The last operation that changed something: what "no, I meant …" puts right."""
    saved: str = ""
    """SKU that was last saved for later."""
    spoken: str = ""
    """SKU of the variant that was last asked about or pointed at."""
    destination: tuple[str, str] = ("", "")
    """Country and region of the last question about delivery."""
    sku: str = ""
    """SKU that a merchant last spoke of."""
    quote: Json | None = None
    quote_fresh: bool = False
    """Whether the cart is still as the quote shows it."""
    order: str = ""
    orders: list[Json] = field(default_factory=list)
    reviews: list[Json] = field(default_factory=list)
    """Refunds that a merchant was asked for, as last listed."""
    pending: str = ""
    """The COMMIT operation that waits for the shopper's press of a button."""
    shown: str = ""
    """What was shown last: products, product, categories, cart, quote, orders, order, or one of `_SHOWN`."""
    currency: str = "USD"
    choices: Choices = field(default_factory=Choices)
    question: Question | None = None
    greeted: bool = False
    language: Code = "en"

    def observe(self, step: Step) -> None:
        if step.operation in COMMITS:
            self._decided(step)
        if step.outcome.view is None:
            self._refused(step)
            return
        self.undone = step.operation if step.operation in WRITES else self.undone
        self.sku = str(step.arguments.get("sku", self.sku))
        self._take_in(step, step.outcome.view)

    def _take_in(self, step: Step, view: Json) -> None:
        operation = step.operation
        if operation == "search_products":
            self.undone = ""
            self._list(view, step.arguments)
        elif operation == "get_product":
            self._product(view)
        elif operation in _LISTS:
            setattr(self, _LISTS[operation], view.get("items", []))
            self.shown = _SHOWN.get(operation, self.shown)
        elif operation in _SHOWN:
            self._other(step)
        elif operation in _ORDER_VIEWS:
            self._order(view, operation)
        elif operation in _QUOTES:
            self._quote(view, operation)
        elif operation in _CART_CHANGES or operation == "view_cart":
            self._cart(view.get("cart", view), step)

    def _other(self, step: Step) -> None:
        self.shown = _SHOWN[step.operation]
        if step.operation == "list_refund_reviews" and (not step.arguments or "limit" in step.arguments):
            self.reviews = (step.outcome.view or {}).get("items", [])
        if step.operation == "list_delivery_options":
            self.destination = (str(step.arguments.get("country", "")), str(step.arguments.get("region", "")))

    def _list(self, view: Json, arguments: Json) -> None:
        self.listed, self.cursor, self.search = view.get("items", []), view.get("next_cursor"), arguments
        self.show(self.listed)

    def show(self, products: list[Json]) -> None:
        """The list as the shopper sees it."""
        self.listed, self.shown, self.spoken = products, "products", ""
        self.focus = products[0] if len(products) == 1 else None
        for product in products:
            self._know(product)

    def _product(self, view: Json) -> None:
        self._know(view)
        self.focus, self.shown, self.spoken = view, "product", ""
        self.listed = [view if p.get("product") == view.get("product") else p for p in self.listed]

    def _know(self, product: Json) -> None:
        self.products[str(product.get("product"))] = product
        self.currency = product.get("price", {}).get("currency", self.currency)

    def _cart(self, view: Json, step: Step) -> None:
        self.cart, self.shown = view, "cart"
        if step.operation in _CART_CHANGES:
            self.quote_fresh = False
        if step.operation == "save_for_later":
            self.saved = str(step.arguments.get("sku", ""))
        if step.operation in ("add_to_cart", "change_cart_item", "move_to_cart"):
            self.touched = str(step.arguments.get("sku", ""))
            self.focus = self.product_of(self.touched) or self.focus

    def _quote(self, view: Json, operation: str) -> None:
        self.quote = view if view.get("status") in _OPEN else None
        self.shown = "quote"
        self.quote_fresh = self.quote_fresh if operation == "get_checkout" else True

    def _order(self, view: Json, operation: str) -> None:
        self.order, self.shown = str(view.get("order", "")), "order"
        if operation == "place_order":
            self.quote, self.cart, self.touched, self.choices = None, None, "", Choices()

    def _decided(self, step: Step) -> None:
        refusal = step.outcome.refusal
        unanswered = refusal is not None and refusal.code in ("awaiting_decision", "unread", "confirmation_pending")
        self.pending = step.operation if unanswered else ""

    def _refused(self, step: Step) -> None:
        refusal = step.outcome.refusal
        if refusal and refusal.code in ("checkout_expired", "checkout_closed", "checkout_not_found"):
            self.quote = None
        if refusal and refusal.code in ("order_not_found",):
            self.order = ""

    @property
    def cart_items(self) -> list[Json]:
        items: list[Json] = (self.cart or {}).get("items", [])
        return items

    def product_of(self, sku: str) -> Json | None:
        return next(
            (p for p in self.products.values() if any(v.get("sku") == sku for v in p.get("variants", []))), None
        )
