"""Which part of a list a caller wants."""

from typing import Annotated

from fastapi import Depends, Query

from protem.broker.pages import DEFAULT_LIMIT, MAXIMUM_LIMIT, Paging


async def _paging(
    limit: Annotated[
        int, Query(ge=1, le=MAXIMUM_LIMIT, description="How many items a page has at most.")
    ] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=4096, description="`next_cursor` of the page before.")
    ] = None,
) -> Paging:
    return Paging(limit=limit, cursor=cursor)


AnyPaging = Annotated[Paging, Depends(_paging)]
