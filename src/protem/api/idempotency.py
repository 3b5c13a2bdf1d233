"""One effect for one `Idempotency-Key`."""

import uuid
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Header
from pydantic import BaseModel

from protem.api.calls import Turn
from protem.broker import idempotency
from protem.domain.authority import Verb

IdempotencyKey = Annotated[
    str | None,
    Header(
        description="From 1 to 255 visible ASCII characters, new for every new intent: "
        "however often the same body is sent with it, there is one effect and one answer."
    ),
]


def once(
    turn: Turn,
    effect: Callable[[], BaseModel],
    *,
    verb: Verb,
    key: str | None,
    body: BaseModel | None = None,
    of: uuid.UUID | None = None,
    status: int,
) -> dict[str, Any]:
    """Return what ``effect`` answers, or what it answered when this key came before.

    ``of`` is what the address names: the same key and body for another thing is another intent.
    """
    if key is None:
        return effect().model_dump(mode="json")
    where = {"route": verb.value, "key": key}
    sent = body.model_dump(mode="json") if body else {}
    if of is not None:
        sent = {"of": str(of), "body": sent}
    earlier = idempotency.recall(turn.session, turn.caller, body=sent, now=turn.now, **where)
    if earlier is not None:
        return earlier.body
    answer = effect().model_dump(mode="json")
    idempotency.remember(turn.session, turn.caller, status=status, answer=answer, **where)
    return answer
