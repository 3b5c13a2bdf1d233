"""`protem tokens`: API tokens, made on the machine that holds the database."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from typer import Argument, Option, Typer

from protem.broker import tokens
from protem.broker.callers import CONSOLE
from protem.broker.pages import MAXIMUM_LIMIT, Page, Paging
from protem.broker.token_terms import Wish
from protem.cli import console, options, output
from protem.cli.failures import Failure
from protem.cli.group import Commands
from protem.db.models import Token, TokenRole

app = Typer(
    cls=Commands, add_completion=False, help="API tokens, made on the machine that holds the database."
)

Lifetime = Annotated[str, Option("--expires", metavar="DURATION", help="How long it is good for.")]


@app.command()
def create(
    name: Annotated[str, Argument(help="What to call it, such as slack or alice-laptop.")],
    *,
    user: Annotated[str | None, Option(help="Make a personal token of this user.")] = None,
    role: Annotated[TokenRole | None, Option(help="Or one that belongs to nobody.")] = None,
    act_as: Annotated[bool, Option("--act-as", help="Let a service ask as somebody.")] = False,
    act_as_decide: Annotated[
        bool, Option("--act-as-decide", help="Let a service decide as somebody.")
    ] = False,
    expires: Lifetime = "P90D",
    as_json: options.AsJson = False,
) -> None:
    """Make a token and print it; it cannot be shown again."""
    role = role or (TokenRole.PERSONAL if user else None)
    if role is None:
        raise Failure.usage("say whose the token is with --user, or what it is for with --role")
    lifetime = options.duration(expires)
    with console.store() as store, store.writing() as session:
        issued = tokens.create(
            session,
            CONSOLE,
            Wish(
                name=name,
                role=role,
                user=user,
                act_as=act_as,
                act_as_decide=act_as_decide,
                lifetime=lifetime,
            ),
            now=store.now(session),
        )
    if as_json:
        output.show_json({**_members(issued.token), "secret": issued.secret})
        return
    output.say(issued.secret)
    output.warn(
        f"Token {issued.token.id}, good until {_instant(issued.token.expires_at)}; it is not shown again."
    )


@app.command("list")
def list_(*, as_json: options.AsJson = False) -> None:
    """Show all tokens, the newest first; never their secrets."""
    with console.store() as store, store.reading() as session:
        found = _all(lambda paging: tokens.list_(session, CONSOLE, paging=paging))
        now = store.now(session)
    if as_json:
        output.show_json([_members(token) for token in found])
        return
    columns = ["ID", "NAME", "ROLE", "SCOPES", "STATE", "EXPIRES", "LAST USED"]
    output.show_table(
        columns,
        (
            [
                token.id,
                token.name,
                token.role,
                " ".join(token.scopes) or "-",
                _state(token, now),
                _instant(token.expires_at),
                _instant(token.last_used_at),
            ]
            for token in found
        ),
    )


@app.command()
def revoke(
    token_id: Annotated[uuid.UUID, Argument(metavar="ID", help="As `protem tokens list` shows it.")],
) -> None:
    """End a token at once."""
    with console.store() as store, store.writing() as session:
        token = tokens.revoke(session, CONSOLE, token_id, now=store.now(session))
    output.say(f"Token {token.id} ({output.clean(token.name)}) is revoked.")


def _all(read: Callable[[Paging], Page[Token]]) -> list[Token]:
    page = read(Paging(limit=MAXIMUM_LIMIT))
    found = list(page.items)
    while page.next_cursor is not None:
        page = read(Paging(limit=MAXIMUM_LIMIT, cursor=page.next_cursor))
        found += page.items
    return found


def _members(token: Token) -> dict[str, Any]:
    return {
        "id": str(token.id),
        "name": token.name,
        "role": token.role.value,
        "principal_id": token.principal_id,
        "scopes": token.scopes,
        "created_at": _iso(token.created_at),
        "created_by": token.created_by,
        "expires_at": _iso(token.expires_at),
        "last_used_at": _iso(token.last_used_at),
        "revoked_at": _iso(token.revoked_at),
    }


def _state(token: Token, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "good" if token.expires_at > now else "expired"


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _instant(at: datetime | None) -> str:
    return output.instant(_iso(at))
