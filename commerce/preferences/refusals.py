"""Refusals of what the shop is asked to remember."""

from dataclasses import dataclass

from ..errors import Limited, NotFound


@dataclass(eq=False)
class TooManyPreferences(Limited):
    limit: int
    sentence = "The shop remembers {limit} things of a shopper at most."
    hint = "Forget something else first; list_preferences shows what there is."


@dataclass(eq=False)
class PreferenceNotFound(NotFound):
    preference: str
    sentence = "Nothing is remembered as {preference}."
    hint = "Use an id that list_preferences shows."
