"""One shape for every list."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field

from protem.api.schemas.fields import Output
from protem.broker import pages

Row = TypeVar("Row")
Item = TypeVar("Item", bound=BaseModel)


class Page(Output, Generic[Item]):
    """Some of a list; go on with `next_cursor` until it is null."""

    items: list[Item]
    next_cursor: str | None = Field(description="Where the next page begins; null when this is the last.")

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        return f"{params[0].__name__}Page"


def page(found: pages.Page[Row], present: Callable[[Row], Item]) -> Page[Item]:
    """Present every row of a page."""
    return Page(items=[present(row) for row in found.items], next_cursor=found.next_cursor)
