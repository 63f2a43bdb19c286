"""Inputs and views of categories."""

from typing import Annotated

from pydantic import Field

from ..catalog.schemas import CategoryView
from ..ids import Slug
from ..views import Input, Language, Line, ListView

CategoryName = Annotated[Line, Field(min_length=1, max_length=100)]
CategoryNames = Annotated[dict[Language, CategoryName], Field(max_length=10)]
Keywords = Annotated[list[Annotated[Line, Field(min_length=1, max_length=60)]], Field(max_length=100)]
Position = Annotated[int, Field(ge=0, le=100_000)]

KEYWORDS = "What shoppers call things of this category, in any language; search finds its products by them."


class CreateCategory(Input):
    category: Slug = Field(description="Short name of its own, used in addresses.", examples=["garden"])
    name: CategoryName = Field(description="Name as shoppers see it.")
    names: CategoryNames = Field(default_factory=dict, description="Names in other languages, by language code.")
    keywords: Keywords = Field(default_factory=list, description=KEYWORDS)
    parent: Slug | None = Field(None, description="The category that it is a part of; left out, it stands at the top.")
    position: Position = Field(0, description="Its place among the others; equal places are sorted by short name.")


class UpdateCategory(Input):
    category: Slug = Field(description="The category, as list_categories names it.")
    name: CategoryName | None = Field(None, description="New name.")
    names: CategoryNames | None = Field(None, description="New names in other languages; they replace all of them.")
    keywords: Keywords | None = Field(None, description="New keywords; they replace all of them.")
    position: Position | None = Field(None, description="New place among the others.")


class MoveCategory(Input):
    category: Slug = Field(description="The category, as list_categories names it.")
    parent: Slug | None = Field(None, description="What it becomes a part of; left out, it stands at the top.")


class DeleteCategory(Input):
    category: Slug = Field(description="The category, as list_categories names it.")


class CategoryNode(CategoryView):
    depth: int = Field(description="1 at the top.")


CategoryTree = ListView[CategoryNode]
