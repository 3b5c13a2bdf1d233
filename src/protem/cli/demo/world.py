"""What the demo runs on: a fresh database, the sandbox in place of AWS, and a token for each part to play."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy.orm import Session

from protem.broker import documents, entitlements, tokens
from protem.broker.callers import CONSOLE
from protem.broker.record.signing import SigningKey
from protem.broker.token_terms import Wish
from protem.db.migrate import upgrade
from protem.db.models import TokenRole
from protem.domain.entitlements import Entitlement
from protem.reconciler import catalogue
from protem.runtime import Runtime
from protem.sandbox import Demo, Sandbox, seed_demo
from protem.settings import Settings

_FILE = "entitlements.yaml"

CAST: Mapping[str, Mapping[str, Any]] = {
    "ALICE": {"name": "alice", "role": TokenRole.PERSONAL, "user": "alice@example.com"},
    "DAVE": {"name": "dave", "role": TokenRole.PERSONAL, "user": "dave@example.com"},
    "JUDY": {"name": "judy", "role": TokenRole.PERSONAL, "user": "judy@example.com"},
    "SLACK": {"name": "slack", "role": TokenRole.SERVICE, "act_as": True, "act_as_decide": True},
    "ADMIN": {"name": "admin", "role": TokenRole.ADMIN},
    "AUDITOR": {"name": "auditor", "role": TokenRole.AUDITOR},
}


@dataclass(frozen=True, slots=True)
class World:
    """A process that is ready to run, what it runs on, and the secrets of the cast by name."""

    runtime: Runtime
    sandbox: Sandbox
    demo: Demo
    entitlements: tuple[Entitlement, ...]
    secrets: Mapping[str, str] = field(repr=False)
    public_key: Path
    """Of the key that signs the record."""


def build(home: Path, *, sandbox: Sandbox) -> World:
    """Make everything anew in an empty directory, and fill the empty sandbox."""
    url = f"sqlite:///{home / 'protem.db'}"
    upgrade(url)
    demo = seed_demo(sandbox)
    rules = documents.parse(source(), file=_FILE).entitlements
    key, key_file, public_key = SigningKey.make(), home / "audit-key.pem", home / "audit-public-key.pem"
    key.save(key_file)
    public_key.write_text(key.public.pem)
    settings = Settings(
        database_url=SecretStr(url), entitlements_file=None, two_person_rule=False, audit_key_file=key_file
    )
    runtime = Runtime.build(settings, mount=sandbox.mount)
    try:
        return World(runtime, sandbox, demo, rules, _furnish(runtime), public_key)
    except BaseException:
        runtime.close()
        raise


def source() -> str:
    """Return the entitlements of the demo, as a file has them."""
    return files("protem.cli.demo").joinpath(_FILE).read_text(encoding="utf-8")


def _furnish(runtime: Runtime) -> dict[str, str]:
    _read_catalogue(runtime)
    with runtime.store.writing() as session:
        now = runtime.store.now(session)
        document = documents.parse(source(), file=_FILE)
        planned = entitlements.plan(session, CONSOLE, document, now=now)
        entitlements.apply(session, CONSOLE, planned, base_version=0, now=now)
        return {name: _issue(session, runtime, part) for name, part in CAST.items()}


def _read_catalogue(runtime: Runtime) -> None:
    # The schedule would do so in a moment; personal tokens need the people now.
    if (reconciling := runtime.reconciling) is not None:
        catalogue.synchronise(
            reconciling.connection.directory,
            store=runtime.store,
            clock=runtime.clock,
            budget=reconciling.budget,
        )


def _issue(session: Session, runtime: Runtime, part: Mapping[str, Any]) -> str:
    return tokens.create(session, CONSOLE, Wish(**part), now=runtime.store.now(session)).secret
