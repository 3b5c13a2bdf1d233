"""One HTTP call: whose credential it carries, and the one transaction that it opens."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from protem.api import recognising
from protem.api.gate import Gate, Gates
from protem.api.recognising import ActAs, Bearer, Cookie
from protem.api.services import Services
from protem.broker import authentication, logins, tokens
from protem.broker.authentication import Presented
from protem.broker.callers import Caller
from protem.domain.errors import Unauthenticated


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
    gate: Gate

    @contextmanager
    def writing(self) -> Iterator[Turn]:
        with self.gate.watched(self.presented):
            presented = recognising.checked(self.services, self.presented)
            with self.services.store.writing() as session:
                turn = self._turn(session, presented)
                if turn.caller.touch_due:
                    _touch(turn)
                yield turn
                self._require_still(turn, presented)

    @contextmanager
    def reading(self) -> Iterator[Turn]:
        with self.gate.watched(self.presented):
            presented = recognising.checked(self.services, self.presented)
            with self.services.store.reading() as session:
                turn = self._turn(session, presented)
                yield turn
            if turn.caller.touch_due:
                with self.services.store.writing() as session:
                    _touch(Turn(session, turn.caller, turn.now))

    def _require_still(self, turn: Turn, presented: Presented) -> None:
        """Undo what was done by a credential that somebody has ended or narrowed meanwhile."""
        if self.services.store.is_sqlite:
            return  # where one writes at a time
        # In another session, which sees what others have committed and nothing of what is undone.
        with self.services.store.aside() as session:
            again = self._turn(session, presented).caller
        if turn.caller.exceeds(again):
            raise Unauthenticated("what this credential allows has changed meanwhile: send it again")

    def _turn(self, session: Session, presented: Presented) -> Turn:
        now = self.services.store.now(session)
        caller = authentication.authenticate(
            session,
            presented,
            now=now,
            admission=self.services.admission,
            let_in=partial(self.gate.let_in, self.presented),
        )
        return Turn(session, caller, now)


def _touch(turn: Turn) -> None:
    if turn.caller.token_id is not None:
        tokens.touch(turn.session, turn.caller, now=turn.now)
    if turn.caller.login_id is not None:
        logins.touch(turn.session, turn.caller.login_id, now=turn.now)


async def services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


async def _call(
    *,
    request: Request,
    services: Annotated[Services, Depends(services)],
    bearer: Bearer,
    cookie: Cookie,
    act_as: ActAs = None,
) -> Call:
    gates: Gates = request.app.state.gates
    gate = gates.gate(request)
    presented = recognising.presented(request, services, bearer, act_as, address=gate.address)
    return Call(services, presented, gate)


def opened(request: Request, services: Services, presented: Presented) -> Call:
    """Return the call of somebody whose page we are about to show."""
    gates: Gates = request.app.state.gates
    return Call(services, presented, gates.gate(request))


AnyServices = Annotated[Services, Depends(services)]
AnyCall = Annotated[Call, Depends(_call)]
