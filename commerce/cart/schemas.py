"""Inputs and views of the cart."""

from pydantic import Field

from ..catalog.schemas import LineView
from ..ids import Sku
from ..money import Money
from ..views import Input, Message, View

MAX_QUANTITY = 99


class AddToCart(Input):
    sku: Sku = Field(description="SKU of the variant, as search_products returned it.")
    quantity: int = Field(1, ge=1, le=MAX_QUANTITY, description="How many to add.")


class ChangeCartItem(Input):
    sku: Sku = Field(description="SKU of the variant, as the cart shows it.")
    quantity: int = Field(ge=0, le=MAX_QUANTITY, description="How many there shall be; 0 takes it out.")


class RemoveFromCart(Input):
    sku: Sku = Field(description="SKU of the variant, as the cart shows it.")


class CartItemView(LineView):
    available: int = Field(description="How many can be bought now.")


class CartView(View):
    items: list[CartItemView]
    subtotal: Money
    messages: list[Message] = Field(description="What changed or is short since things were added.")
