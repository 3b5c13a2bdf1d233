"""`protem tokens`: API tokens, made on the machine that holds the database."""

import sys
import uuid
from collections.abc import Callable
from typing import Annotated

from typer import Argument, Option, Typer

from protem.broker import credentials, rotation, tokens
from protem.broker.callers import CONSOLE
from protem.broker.issuing import Issued
from protem.broker.pages import MAXIMUM_LIMIT, Page, Paging
from protem.broker.token_terms import Wish
from protem.cli import console, options, output, token_views
from protem.cli.failures import Failure
from protem.cli.group import Commands
from protem.db.models import Token, TokenRole
from protem.domain.authority import Scope

app = Typer(
    cls=Commands, add_completion=False, help="API tokens, made on the machine that holds the database."
)

Lifetime = Annotated[str, Option("--expires", metavar="DURATION", help="How long it is good for.")]
TokenId = Annotated[uuid.UUID, Argument(metavar="ID", help="As `protem tokens list` shows it.")]


@app.command()
def create(
    name: Annotated[str, Argument(help="What to call it, such as slack or alice-laptop.")],
    *,
    user: Annotated[str | None, Option(help="Make a personal token of this user.")] = None,
    role: Annotated[TokenRole | None, Option(help="Or one that belongs to nobody.")] = None,
    scope: Annotated[list[Scope] | None, Option(help="What it is for; may be repeated.")] = None,
    act_as: Annotated[bool, Option("--act-as", help="Let a service ask as somebody.")] = False,
    act_as_decide: Annotated[
        bool, Option("--act-as-decide", help="Let a service decide as somebody.")
    ] = False,
    act_as_group: Annotated[
        list[str] | None, Option(metavar="GROUP", help="Only as members of this group; may be repeated.")
    ] = None,
    network: Annotated[
        list[str] | None, Option(metavar="CIDR", help="Only from this network; may be repeated.")
    ] = None,
    rate_limit: Annotated[int | None, Option(metavar="N", help="Calls a minute.")] = None,
    expires: Lifetime = "P90D",
    as_json: options.AsJson = False,
) -> None:
    """Make a token and print it; it cannot be shown again."""
    role = role or (TokenRole.PERSONAL if user else None)
    if role is None:
        raise Failure.usage("say whose the token is with --user, or what it is for with --role")
    wish = Wish(
        name=name,
        role=role,
        user=user,
        act_as=act_as,
        act_as_decide=act_as_decide,
        scopes=scope or None,
        act_as_groups=act_as_group or (),
        networks=network or (),
        rate_limit=rate_limit,
        lifetime=options.duration(expires),
    )
    with console.store() as store, store.writing() as session:
        issued = tokens.create(session, CONSOLE, wish, now=store.now(session))
    _show_secret(issued, as_json=as_json)


@app.command()
def rotate(
    token_id: TokenId,
    *,
    overlap: Annotated[
        str, Option(metavar="DURATION", help="How long the secret of before is good beside the new one.")
    ] = "PT1H",
    expires: Annotated[
        str | None, Option(metavar="DURATION", help="Count its time anew; it keeps its end otherwise.")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Give a token a new secret and print it; it cannot be shown again."""
    wish = {"overlap": options.duration(overlap), "lifetime": options.duration(expires) if expires else None}
    with console.store() as store, store.writing() as session:
        issued = rotation.at_once(session, CONSOLE, token_id, now=store.now(session), **wish)
    _show_secret(issued, as_json=as_json)


@app.command("list")
def list_(*, as_json: options.AsJson = False) -> None:
    """Show all tokens, the newest first; never their secrets."""
    with console.store() as store, store.reading() as session:
        found = _all(lambda paging: tokens.list_(session, CONSOLE, paging=paging))
        now = store.now(session)
    if as_json:
        output.show_json([token_views.members(token) for token in found])
    else:
        token_views.show_table(found, now)


@app.command()
def show(token_id: TokenId, *, as_json: options.AsJson = False) -> None:
    """Show all there is to know of a token; never its secret."""
    with console.store() as store, store.reading() as session:
        token, now = tokens.read(session, CONSOLE, token_id), store.now(session)
    if as_json:
        output.show_json(token_views.members(token))
    else:
        token_views.show(token, now)


@app.command()
def revoke(token_id: TokenId) -> None:
    """End a token at once, with both of its secrets."""
    with console.store() as store, store.writing() as session:
        token = tokens.revoke(session, CONSOLE, token_id, now=store.now(session))
    output.say(f"Token {token.id} ({output.clean(token.name)}) is revoked.")


@app.command()
def check() -> None:
    """Read a token from standard input and say whether it can be one; asks nobody, and prints none of it."""
    fault = credentials.fault(sys.stdin.buffer.read().decode(errors="replace").strip())
    if fault is not None:
        raise Failure("malformed-token", fault)
    output.say("This can be a token of Protem: its checksum fits. Whether it is good, only the server knows.")


def _show_secret(issued: Issued, *, as_json: bool) -> None:
    token = issued.token
    if as_json:
        output.show_json({**token_views.members(token), "secret": issued.secret})
        return
    output.say(issued.secret)
    until = token_views.instant(token.expires_at)
    output.warn(f"Token {token.id}, good until {until}; it is not shown again.")
    if token.previous_until is not None:
        output.warn(f"The secret of before is good until {token_views.instant(token.previous_until)}.")


def _all(read: Callable[[Paging], Page[Token]]) -> list[Token]:
    page = read(Paging(limit=MAXIMUM_LIMIT))
    found = list(page.items)
    while page.next_cursor is not None:
        page = read(Paging(limit=MAXIMUM_LIMIT, cursor=page.next_cursor))
        found += page.items
    return found
