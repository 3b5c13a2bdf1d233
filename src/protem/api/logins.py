"""Logins with a browser: which there are, and ending them from elsewhere."""

import uuid

from fastapi import APIRouter

from protem.api.calls import AnyCall, Turn
from protem.api.operations import operation
from protem.api.paging import AnyPaging
from protem.api.presenting.people import Names
from protem.api.schemas.logins import Login
from protem.api.schemas.pages import Page
from protem.broker import logins
from protem.db import models
from protem.domain import errors
from protem.domain.authority import Verb
from protem.domain.identification import LoginOver

router = APIRouter()


@router.get("/v1/logins", **operation(Verb.LOGINS_LIST))
def list_logins(call: AnyCall, paging: AnyPaging) -> Page[Login]:
    """List your logins, or everybody's for admins and auditors, the newest first."""
    with call.reading() as turn:
        found = logins.list_(turn.session, turn.caller, paging=paging)
        return Page(items=_shown(turn, *found.items), next_cursor=found.next_cursor)


@router.delete("/v1/logins/{login_id}", **operation(Verb.LOGINS_END, errors.NotFound, LoginOver))
def end_login(call: AnyCall, login_id: uuid.UUID) -> Login:
    """End a login at once: one of yours, or for admins anybody's."""
    with call.writing() as turn:
        return _shown(turn, logins.end(turn.session, turn.caller, login_id, now=turn.now))[0]


def _shown(turn: Turn, *rows: models.Login) -> list[Login]:
    names = Names.of(turn.session, (row.principal_id for row in rows))
    return [Login.of(row, names.person(row.principal_id), caller=turn.caller) for row in rows]
