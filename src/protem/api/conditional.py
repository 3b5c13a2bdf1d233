"""Answers with a tag, which can be held back until the tag has changed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import anyio
import anyio.to_thread
from fastapi import Header, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from protem.api import etags
from protem.api.calls import Call, Turn
from protem.api.waiting import Waiters

MAXIMUM_WAIT_SECONDS = 60

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "Nothing has changed."}}

Wait = Annotated[
    int | None,
    Query(
        ge=1,
        le=MAXIMUM_WAIT_SECONDS,
        description="How many seconds to hold the answer back, until it differs from what `If-None-Match` "
        "names, or, without that header, from what it is now.",
    ),
]
IfNoneMatch = Annotated[str | None, Header(max_length=1024, description="The `ETag` that is known already.")]


@dataclass(frozen=True, slots=True)
class Found:
    """One representation, and for whom it was made."""

    etag: str
    body: bytes
    reader: str


async def answer(
    request: Request,
    call: Call,
    read: Callable[[Turn], BaseModel],
    *,
    if_none_match: str | None,
    wait: int | None,
) -> Response:
    """Answer with what ``read`` returns, at once or when it has changed; 304 if it is known already."""
    found = await anyio.to_thread.run_sync(_read, call, read)
    known = if_none_match is None or etags.among(if_none_match, found.etag)
    if wait is not None and known:
        found = await _changed(request, call, read, seen=found, seconds=wait)
    if etags.among(if_none_match, found.etag):
        return Response(status_code=304, headers={"ETag": found.etag})
    return Response(found.body, media_type="application/json", headers={"ETag": found.etag})


async def _changed(
    request: Request, call: Call, read: Callable[[Turn], BaseModel], *, seen: Found, seconds: float
) -> Found:
    waiters: Waiters = request.app.state.waiters
    # Threads of their own, so that however many wait, a command finds one of the others free.
    again = partial(anyio.to_thread.run_sync, _read, call, read, limiter=waiters.threads)
    return await waiters.until_changed(
        seen.reader, again, seen=seen.etag, seconds=seconds, gone=request.is_disconnected
    )


def _read(call: Call, read: Callable[[Turn], BaseModel]) -> Found:
    with call.reading() as turn:
        body = read(turn).model_dump_json().encode()
    return Found(etag=etags.of(body), body=body, reader=turn.caller.key)
