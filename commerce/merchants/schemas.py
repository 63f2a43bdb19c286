"""Inputs and views of merchants."""

from typing import Annotated

from pydantic import Field

from ..ids import Slug
from ..views import Input, Line, Names, OthersText, Page, View

LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
MerchantName = Annotated[Line, Field(min_length=1, max_length=100)]
MerchantNames = Annotated[dict[LanguageCode, MerchantName], Field(max_length=20)]


class ListMerchants(Page):
    """All merchants of the shop."""


class GetMerchant(Input):
    merchant: Slug = Field(description="The merchant, as a product or a list names it.")


class CreateMerchant(Input):
    merchant: Slug = Field(description="Short name of its own, used in addresses.", examples=["harbor-home"])
    name: MerchantName = Field(description="Name as shoppers see it.", examples=["Harbor Home"])
    names: MerchantNames = Field(
        default_factory=dict, description="Names in other languages, by language code.", examples=[{"zh": "海港家居"}]
    )


class UpdateMerchant(Input):
    merchant: Slug
    name: MerchantName | None = Field(None, description="New name.")
    names: MerchantNames | None = Field(None, description="New names in other languages; they replace all of them.")


class MerchantView(View):
    merchant: Slug
    name: OthersText
    names: Names
