"""Inputs and views of the cart."""

from typing import Literal

from pydantic import Field

from ..catalog.schemas import LineView
from ..ids import OrderNumber, Sku, Slug
from ..money import Money
from ..views import Input, ListView, Message, Names, OthersText, View

MAX_QUANTITY = 99


class AddToCart(Input):
    sku: Sku = Field(description="SKU of the variant, as search_products returned it.")
    quantity: int = Field(1, ge=1, le=MAX_QUANTITY, description="How many to add.")


class ChangeCartItem(Input):
    sku: Sku = Field(description="SKU of the variant, as the cart shows it.")
    quantity: int = Field(ge=0, le=MAX_QUANTITY, description="How many there shall be; 0 takes it out.")


class RemoveFromCart(Input):
    sku: Sku = Field(description="SKU of the variant, as the cart shows it.")


class SaveForLater(Input):
    sku: Sku = Field(description="SKU of the variant, as the cart shows it.")


class MoveToCart(Input):
    sku: Sku = Field(description="SKU of the variant, as list_saved_items shows it.")


class RemoveSavedItem(Input):
    sku: Sku = Field(description="SKU of the variant, as list_saved_items shows it.")


class Reorder(Input):
    order: OrderNumber = Field(description="Order number, such as DT-7K3M-92QF.")


class CartItemView(LineView):
    available: int = Field(description="How many can be bought now.")


class CartGroup(View):
    """What one merchant sells and ships."""

    merchant: Slug
    name: OthersText
    names: Names
    skus: list[Sku] = Field(description="Its items.")
    subtotal: Money


class CartView(View):
    items: list[CartItemView]
    unavailable: list[CartItemView] = Field(description="Items that were taken off sale; they are in no sum.")
    groups: list[CartGroup] = Field(description="The items by merchant; each ships its own parcel.")
    subtotal: Money
    discount: Money = Field(description="What the claimed coupons would take off at the checkout.")
    coupon_codes: list[str] = Field(description="The coupons that would.")
    messages: list[Message] = Field(description="What changed or is short since things were added.")


class SavedItemView(CartItemView):
    for_sale: bool = Field(description="Whether it can be bought at all.")


SavedItems = ListView[SavedItemView]


class ReorderedLine(View):
    sku: Sku
    ordered: int = Field(description="How many the order held.")
    added: int = Field(description="How many were put into the cart.")
    outcome: Literal["added", "partly_added", "not_sold", "out_of_stock", "limit_reached"]


class ReorderView(View):
    lines: list[ReorderedLine] = Field(description="What became of each line of the order.")
    cart: CartView
