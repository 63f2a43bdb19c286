"""Refusals of categories."""

from dataclasses import dataclass

from ..errors import Conflict


@dataclass(eq=False)
class CategoryExists(Conflict):
    category: str
    sentence = "There is already a category {category}."
    hint = "Choose another short name, or use the one that is there."


@dataclass(eq=False)
class TooManyCategories(Conflict):
    limit: int
    sentence = "The shop can't have more than {limit} categories."
    hint = "Delete one that is not used."


@dataclass(eq=False)
class CategoryInUse(Conflict):
    category: str
    products: int
    parts: int
    sentence = "{category} is in use: {products} product(s) and {parts} part(s) belong to it."
    hint = "Move them to another category first."


@dataclass(eq=False)
class CategoryInItself(Conflict):
    category: str
    parent: str
    sentence = "{category} can't become a part of {parent}, which is a part of it or is itself."
    hint = "Choose a parent that is not below it."


@dataclass(eq=False)
class TreeTooDeep(Conflict):
    limit: int
    sentence = "Categories can't be more than {limit} levels deep."
    hint = "Choose a parent that is higher up."
