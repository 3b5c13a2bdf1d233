"""One HTTP call: whose credential it carries, and the one transaction that it opens."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.orm import Session

from protem.api.services import Services
from protem.broker import authentication, tokens
from protem.broker.authentication import Presented
from protem.broker.callers import Caller
from protem.domain.errors import Unauthenticated

_bearer = HTTPBearer(
    scheme_name="token",
    description="An API token: personal, or of a service, an admin or an auditor.",
    auto_error=False,
)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a command is handed: an open transaction, who calls, and the instant it all happens."""

    session: Session
    caller: Caller
    now: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """A call that presented some credential; whether it is a good one shows when a turn is opened.

    Turns are opened in the endpoint's body: a transaction that a dependency opens would be committed
    only after the answer has started, and would wait for a thread while holding a connection.
    """

    services: Services
    presented: Presented

    @contextmanager
    def writing(self) -> Iterator[Turn]:
        with self.services.store.writing() as session:
            turn = self._turn(session)
            if turn.caller.touch_due:
                _touch(turn)
            yield turn

    @contextmanager
    def reading(self) -> Iterator[Turn]:
        with self.services.store.reading() as session:
            turn = self._turn(session)
            yield turn
        if turn.caller.touch_due:
            with self.services.store.writing() as session:
                _touch(Turn(session, turn.caller, turn.now))

    def _turn(self, session: Session) -> Turn:
        now = self.services.store.now(session)
        caller = authentication.authenticate(
            session, self.presented, now=now, admission=self.services.admission
        )
        return Turn(session, caller, now)


def _touch(turn: Turn) -> None:
    if turn.caller.token_id is not None:
        tokens.touch(turn.session, turn.caller.token_id, now=turn.now)


async def services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


async def _call(
    request: Request,
    services: Annotated[Services, Depends(services)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    act_as: Annotated[
        str | None,
        Header(
            alias="Act-As",
            min_length=1,
            max_length=512,
            description="The user name, in UTF-8, or the id of the person that a service acts as.",
        ),
    ] = None,
) -> Call:
    if credentials is None or credentials.scheme.lower() != "bearer":
        raise Unauthenticated("present a token: Authorization: Bearer protem_…")
    address = request.client.host if request.client else None
    return Call(services, Presented(credentials.credentials, _utf8(act_as) if act_as else None, address))


def _utf8(header: str) -> str:
    """Return a header as it was meant: servers hand them over as Latin-1."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


AnyServices = Annotated[Services, Depends(services)]
AnyCall = Annotated[Call, Depends(_call)]
