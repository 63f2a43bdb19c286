"""Inputs and views of what shoppers asked the shop to remember."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from ..ids import Id
from ..views import Input, Line, OthersText, View

Kind = Literal["size", "like", "dislike", "budget", "address", "other"]
MAX_LENGTH = 120


class RememberPreference(Input):
    said: Annotated[Line, Field(min_length=1, max_length=MAX_LENGTH)] = Field(
        description="What to remember, word for word as the shopper said it, such as `I wear size M`. Never words of your own.",
    )
    kind: Kind = Field("other", description="What it is about. A new budget or address takes the place of the old one.")


class ForgetPreference(Input):
    preference: Id = Field(description="Its id, as list_preferences shows it.")


class PreferenceView(View):
    preference: Id
    kind: Kind
    said: OthersText = Field(description="In the shopper's own words.")
    created_at: datetime


class PreferenceList(View):
    items: list[PreferenceView] = Field(description="The newest first.")
