"""Copies of the record that prove themselves, streamed."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

import anyio
import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import APIRouter, Query, Request
from starlette.responses import StreamingResponse

from protem.api.calls import AnyCall, Call
from protem.api.operations import operation
from protem.api.schemas.fields import Instant
from protem.broker.record import exporting
from protem.broker.record.exporting import Export
from protem.domain import errors
from protem.domain.authority import Verb

router = APIRouter()

MEDIA_TYPE = "application/jsonl"
THREADS = 2
"""For all exports of a process together, beside those that answer everything else."""

_LARGEST = 2**53 - 1
_LINES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One line each for the header, every event, and the signed trailer.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/v1/audit-events/export",
    response_class=StreamingResponse,
    **operation(Verb.AUDIT_EVENTS_EXPORT, errors.SigningKeyMissing, others=_LINES),
)
def export_audit_events(
    *,
    call: AnyCall,
    request: Request,
    since: Annotated[Instant | None, Query(description="What happened at or after this time.")] = None,
    until: Annotated[Instant | None, Query(description="What happened before this time.")] = None,
    after_sequence: Annotated[
        int | None, Query(ge=0, le=_LARGEST, description="What comes after this event.")
    ] = None,
) -> StreamingResponse:
    """Stream a stretch of the record as JSON Lines; without its trailer it is not whole."""
    with call.writing() as turn:
        export = exporting.begin(
            turn.session,
            turn.caller,
            key=call.services.signing_key,
            since=since,
            until=until,
            after_sequence=after_sequence,
            now=turn.now,
        )
    headers = {"Content-Disposition": 'attachment; filename="protem-audit-export.jsonl"'}
    lines = _lines(call, export, request.app.state.export_threads)
    return StreamingResponse(lines, media_type=MEDIA_TYPE, headers=headers)


async def _lines(call: Call, export: Export, threads: CapacityLimiter) -> AsyncIterator[bytes]:
    """Yield page after page; whoever loses the right to it on the way gets no more."""
    yield export.header
    while not export.is_whole:
        yield await anyio.to_thread.run_sync(partial(_page, call, export), limiter=threads)
    yield await anyio.to_thread.run_sync(partial(_trailer, call, export), limiter=threads)


def _page(call: Call, export: Export) -> bytes:
    with call.reading() as turn:
        turn.caller.require(Verb.AUDIT_EVENTS_EXPORT)
        return export.page(turn.session)


def _trailer(call: Call, export: Export) -> bytes:
    with call.reading() as turn:
        turn.caller.require(Verb.AUDIT_EVENTS_EXPORT)
        return export.trailer()
