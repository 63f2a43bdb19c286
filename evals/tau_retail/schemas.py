"""What the foreign shop's operations are asked and answer. The names of fields are τ's, amounts are Money."""

from typing import Annotated, Literal

from pydantic import Field

from commerce.money import Money
from commerce.views import Input, OthersText, Text, View

OrderId = Annotated[str, Field(max_length=64, description="Id of the order with its '#', such as '#W0000000'.")]
UserId = Annotated[str, Field(max_length=64, description="Id of the user, such as 'sara_doe_496'.")]
Items = Annotated[
    list[str],
    Field(description="Item ids of the order, such as '1008292230'; one twice where two pieces are meant."),
]
NewItems = Annotated[
    list[str],
    Field(description="Item ids to have instead, each at the place of the one that it replaces."),
]
MethodId = Annotated[
    str, Field(max_length=64, description="One of the user's payment methods, such as 'gift_card_0000000'.")
]
AddressLine = Annotated[Text, Field(max_length=200)]


class Nothing(Input):
    """No arguments."""


class ByEmail(Input):
    email: str = Field(max_length=254, description="The user's e-mail address.")


class ByNameAndZip(Input):
    first_name: str = Field(max_length=100, description="The user's first name.")
    last_name: str = Field(max_length=100, description="The user's last name.")
    zip: str = Field(max_length=20, description="The zip code of the user's address.")


class OneOrder(Input):
    order_id: OrderId


class OneUser(Input):
    user_id: UserId


class OneProduct(Input):
    product_id: str = Field(max_length=64, description="Id of the product; not that of an item.")


class OneItem(Input):
    item_id: str = Field(max_length=64, description="Id of the item; not that of a product.")


class Sum(Input):
    expression: str = Field(
        max_length=500, description="Numbers, + - * /, parentheses and spaces, such as '(12.5 + 3) * 2'."
    )


class Transfer(Input):
    summary: Text = Field(max_length=4000, description="What the user wants and what was done so far.")


class CancelOrder(Input):
    order_id: OrderId
    reason: str = Field(max_length=200, description="'no longer needed' or 'ordered by mistake'.")


class ChangeItems(Input):
    order_id: OrderId
    item_ids: Items
    new_item_ids: NewItems
    payment_method_id: MethodId


class ChangePayment(Input):
    order_id: OrderId
    payment_method_id: MethodId


class ReturnItems(Input):
    order_id: OrderId
    item_ids: Items
    payment_method_id: MethodId


class Address(Input):
    address1: AddressLine = Field(description="First line, such as '123 Main Street'.")
    address2: AddressLine = Field(description="Second line, such as 'Suite 100'; may be empty.")
    city: AddressLine = Field(description="City.")
    state: AddressLine = Field(description="State, such as 'NY'.")
    country: AddressLine = Field(description="Country, such as 'USA'.")
    zip: AddressLine = Field(description="Zip code.")


class ChangeOrderAddress(Address):
    order_id: OrderId


class ChangeUserAddress(Address):
    user_id: UserId


# Views


class AddressView(View):
    address1: OthersText
    address2: OthersText
    city: OthersText
    country: OthersText
    state: OthersText
    zip: OthersText


class LineView(View):
    name: OthersText
    product_id: str
    item_id: str
    price: Money
    options: dict[str, str]


class FulfillmentView(View):
    tracking_id: list[str]
    item_ids: list[str]


class PaymentView(View):
    kind: Literal["payment", "refund"]
    amount: Money
    payment_method_id: str


class RequestedLine(View):
    item_id: str
    new_item_id: str | None


class RequestView(View):
    kind: Literal["return", "exchange"]
    lines: list[RequestedLine]
    payment_method_id: str
    difference: Money


class OrderView(View):
    order_id: str
    user_id: str
    address: AddressView
    items: list[LineView]
    status: str
    fulfillments: list[FulfillmentView]
    payments: list[PaymentView]
    cancel_reason: str | None = None
    request: RequestView | None = None


class MethodView(View):
    payment_method_id: str
    source: Literal["credit_card", "gift_card", "paypal"]
    brand: str | None = None
    last_four: str | None = None
    balance: Money | None = None


class UserView(View):
    user_id: str
    first_name: OthersText
    last_name: OthersText
    address: AddressView
    email: str
    payment_methods: list[MethodView]
    order_ids: list[str]


class VariantView(View):
    item_id: str
    options: dict[str, str]
    available: bool
    price: Money


class ProductView(View):
    product_id: str
    name: OthersText
    variants: list[VariantView]


class ProductType(View):
    name: OthersText
    product_id: str


class ProductTypesView(View):
    items: list[ProductType]


class FoundView(View):
    user_id: str


class SaidView(View):
    """A plain answer."""

    text: str
