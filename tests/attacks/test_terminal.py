"""Whatever AWS or other people call things, nothing that the command line prints steers a terminal."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
import uvicorn

from protem.app import Server
from protem.cli.commands import app
from protem.cli.listening import listening
from protem.db.models import Account, Group, PermissionSet, Principal
from protem.domain import names
from tests.api.applications import asking
from tests.attacks.ground import Ground
from tests.attacks.strings import ACTED_ON, HOSTILE
from tests.cli.conftest import Invoke
from tests.identity_center.organization import Organization

LONG_RUNNING = frozenset({"demo", "serve", "reconcile", "sandbox", "migrate"})
WHOLE = {name: text for name, text in HOSTILE.items() if "surrogate" not in name and name != "nul"}
"""Everything that AWS could say: neither halves of characters nor NUL fit into its answers."""


def rename_everything(ground: Ground) -> None:
    """Have AWS call people, groups, accounts, permission sets and tags what does harm elsewhere."""
    texts = [text[:60] for text in WHOLE.values()]
    with ground.world.store.writing() as session:
        for kind in (Account, Group, PermissionSet, Principal):
            for row, text in zip(session.query(kind), texts[:: -1 if kind is Account else 1], strict=False):
                _call(row, text)
        for number, text in enumerate(texts):
            session.add(_account(f"{700_000_000_000 + number}", f"{number}{text}"))


def _call(row: Any, text: str) -> None:
    if isinstance(row, Principal):
        row.display_name = text
    elif isinstance(row, PermissionSet):
        row.description, row.tags = text, {"risk": text}
    elif isinstance(row, Group) and row.name not in {"engineers", "leads"}:
        row.name, row.name_key = text, names.key(text)


def _account(identifier: str, name: str) -> Account:
    return Account(
        id=identifier,
        name=name,
        name_key=names.key(name),
        email=name,
        status="ACTIVE",
        parent_id="r-1111",
        is_management=False,
        tags={"env": name},
    )


def readers(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield every command that takes nothing, and so only tells."""
    context = typer.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        if hasattr(inner, "list_commands"):
            yield from readers(inner, (*path, name))
        elif name not in LONG_RUNNING and not any(one.required for one in inner.params):
            yield (*path, name)


@pytest.fixture
def address(small_ground: Ground) -> Iterator[str]:
    """Where the ground is served, for clients that speak HTTP only."""
    with listening("127.0.0.1", 0) as listener:
        server = Server(uvicorn.Config(small_ground.api.app, log_config=None, timeout_graceful_shutdown=3))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=30)
        assert not thread.is_alive()


def test_nothing_that_is_printed_steers_a_terminal(
    small_ground: Ground, address: str, invoke: Invoke
) -> None:
    rename_everything(small_ground)
    alice, admin = small_ground.cast.client("beneficiary"), small_ground.cast.client("admin")
    for number, text in enumerate(WHOLE.values()):
        target = {"account": f"{700_000_000_000 + number}", "permission_set": "ReadOnlyAccess"}
        assert alice.post("/v1/requests", asking(targets=[target])).status_code == 201
        alice.post("/v1/requests", asking(entitlement="admin", justification=f"because {text}"))
        admin.post("/v1/locks", {"kind": "account", "subject": target["account"], "reason": text[:99]})
    said = []
    for kind in ("beneficiary", "admin"):
        token = small_ground.cast.headers(kind)["Authorization"].removeprefix("Bearer ")
        env = {"PROTEM_URL": address, "PROTEM_TOKEN": token}
        said += [invoke(*command, env=env).output for command in readers(typer.main.get_command(app))]
        said.append(invoke("entitlements", "describe", "read", env=env).output)
    shown = "".join(said)
    assert not {character for character in shown if character in ACTED_ON}
    assert sum(text[:20] in shown for text in WHOLE.values()) > 10, shown


def test_the_catalogue_takes_in_whatever_aws_calls_things(database_url: str) -> None:
    organization = Organization(database_url)
    sandbox = organization.sandbox
    texts = [text[:60] for text in WHOLE.values()]
    for number, text in enumerate(texts):
        user = sandbox.directory.add_user(user_name=f"{number}{text}", display_name=text, email=text)
        sandbox.directory.add_member(sandbox.directory.add_group(f"{number}{text}"), user)
        sandbox.organization.add_account(f"{700_000_000_000 + number}", name=text[:50], tags={"env": text})
    sandbox.permission_sets.add("Odd", description=texts[0], tags={"risk": texts[1]})
    organization.synchronise()
    assert set(texts) <= {row.display_name for row in organization.rows(Principal)}
    assert {text[:50] for text in texts} <= {row.name for row in organization.rows(Account)}
    assert {f"{number}{text}" for number, text in enumerate(texts)} <= {
        row.name for row in organization.rows(Group)
    }
    organization.store.close()
