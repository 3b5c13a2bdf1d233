"""One effect for one `Idempotency-Key`."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Header
from pydantic import BaseModel
from starlette.responses import JSONResponse

from protem.api.calls import Call, Turn
from protem.broker import idempotency
from protem.broker.idempotency import Answer, Place
from protem.domain.authority import Verb

IdempotencyKey = Annotated[
    str | None,
    Header(
        description="From 1 to 255 visible ASCII characters, new for every new intent: "
        "however often the same body is sent with it, there is one effect and one answer."
    ),
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command came to, where that is not what it usually comes to."""

    shown: BaseModel
    status: int
    location: str | None = None

    def response(self) -> JSONResponse:
        return _response(Answer(self.status, self.shown.model_dump(mode="json"), self.location))


def once(
    call: Call,
    effect: Callable[[Turn], BaseModel | Outcome],
    *,
    verb: Verb,
    key: str | None,
    body: BaseModel | None = None,
    of: uuid.UUID | str | None = None,
    status: int,
    at: str | None = None,
) -> JSONResponse:
    """Answer with what ``effect`` does in the one transaction of this call, or did when the key came before.

    ``of`` is what the address names: the same key for another thing is another key. ``at`` is the
    address under which what has been made is found by its ``id``. Nothing that is called ``secret``
    is kept: it is null in every answer but the first.
    """

    def have_effect(turn: Turn) -> Answer:
        outcome = effect(turn)
        if not isinstance(outcome, Outcome):
            outcome = Outcome(outcome, status)
        shown = outcome.shown.model_dump(mode="json")
        made = f"{at}/{shown['id']}" if at and outcome.status == status else None
        return Answer(outcome.status, shown, outcome.location or made)

    with call.writing() as turn:
        if key is None:
            return _response(have_effect(turn))
        turn.caller.require_scope(verb)
        place = Place(turn.caller.key, verb.value if of is None else f"{verb.value}:{of}", key)
        sent = body.model_dump(mode="json") if body else {}
        retention = call.services.settings.idempotency_retention
        earlier = idempotency.recall(turn.session, place, body=sent, retention=retention, now=turn.now)
        if earlier is not None:
            return _response(earlier)
        answer = have_effect(turn)
        kept = Answer(answer.status, _without_secrets(answer.body), answer.location)
        idempotency.remember(turn.session, place, kept)
        return _response(answer)


def _response(answer: Answer) -> JSONResponse:
    headers = {} if answer.location is None else {"Location": answer.location}
    return JSONResponse(dict(answer.body), status_code=answer.status, headers=headers)


def _without_secrets(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: None if name == "secret" else _without_secrets(value) if isinstance(value, Mapping) else value
        for name, value in body.items()
    }
