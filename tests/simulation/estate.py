"""The organization of every simulation: three accounts, two permission sets, and a handful of people."""

import os
import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
from sqlalchemy import event

from protem.broker import documents
from protem.clock import Clock
from protem.db.migrate import upgrade
from protem.db.models import EntitlementVersion
from protem.db.store import Store
from protem.domain.eligibility import Bounds
from protem.identity_center.aws import connect, sessions
from protem.identity_center.aws.attempts import unguarded
from protem.identity_center.budget import CallBudget
from protem.reconciler import catalogue
from protem.sandbox import Sandbox
from protem.sandbox.mounts import hook
from protem.sandbox.wire import messages
from tests.clocks import ManualClock
from tests.postgres import memory

BOUNDS = Bounds(minimum_duration=timedelta(minutes=1), maximum_start_ahead=timedelta(days=1))
ACCOUNTS = {"alpha": "111111111111", "beta": "222222222222", "gamma": "333333333333"}
REQUESTERS = ("alice", "bob")
SETS = ("AdministratorAccess", "ReadOnlyAccess")
ENTITLEMENTS = """
entitlements:
  - name: self
    requesters: {groups: [engineers]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {organizational_units: [Prod]}
    duration: {default: PT5M, maximum: PT30M}
    extension: {maximum_count: 2, maximum: PT30M}
    on_eligibility_lost: end
  - name: again
    requesters: {groups: [engineers]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {names: [gamma]}
    duration: {default: PT5M, maximum: PT30M}
    when_removed_outside: renew
  - name: asked
    requesters: {groups: [engineers]}
    permission_sets: {names: [ReadOnlyAccess]}
    accounts: {all: true}
    duration: {default: PT5M, maximum: PT30M}
    extension: {maximum_count: 1, maximum: PT10M}
    approval:
      expires_after: PT10M
      through: [slack]
      steps: [{name: lead, approvers: {groups: [leads]}}]
"""


@dataclass
class Estate:
    """The sandbox of one simulation, and what things in it are called."""

    sandbox: Sandbox
    users: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    sets: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        organization, directory = self.sandbox.organization, self.sandbox.directory
        self.units = {name: organization.add_unit(name) for name in ("Prod", "Dev")}
        for name, identifier in ACCOUNTS.items():
            organization.add_account(identifier, name=name)
        for name in ("alpha", "beta"):
            organization.move(ACCOUNTS[name], unit=self.units["Prod"])
        for name in (*REQUESTERS, "carol", "dave"):
            self.users[name] = directory.add_user(user_name=f"{name}@example.com", display_name=name)
        for group, members in {"engineers": REQUESTERS, "leads": ("carol", "alice")}.items():
            self.groups[group] = directory.add_group(group)
            for member in members:
                directory.add_member(self.groups[group], self.users[member])
        self.sets = {name: self.sandbox.permission_sets.add(name) for name in SETS}


class Stage:
    """One boto3 session for all simulations of a process: whoever plays now answers."""

    def __init__(self) -> None:
        self.reply = self._nobody

    @staticmethod
    def _nobody(request: messages.Request) -> messages.Reply | None:
        raise AssertionError(request)

    @cached_property
    def session(self) -> boto3.Session:
        return sessions.answered_by(partial(hook.mount, self._answer))

    def _answer(self, request: messages.Request) -> messages.Reply | None:
        return self.reply(request)


stage = Stage()


def quickly(store: Store) -> Store:
    """Have the store wait for no disk: nothing of a simulation outlives its process."""
    if store.is_sqlite:
        event.listen(store.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
    return store


def sandbox(clock: Clock, seed: int) -> Sandbox:
    """Return an Identity Center whose ids are the same in every simulation."""
    return Sandbox(
        clock=clock,
        creation_seconds=(1.0, 8.0),
        deletion_seconds=(2.0, 15.0),
        calls_kept=None,
        delete_of_absent=("failed", "succeeded", "refused")[seed % 3],
        assignments_of_removed_principals=("stay", "vanish")[seed // 3 % 2],
        delete_for_removed_principal=("failed", "succeeded")[seed // 6 % 2],
    )


@dataclass
class Template:
    """A migrated database whose catalogue and entitlements are those of every simulation's beginning."""

    home: TemporaryDirectory[str] = field(
        default_factory=lambda: TemporaryDirectory(prefix="protem-simulation-", dir=memory())
    )

    @cached_property
    def path(self) -> Path:
        path = Path(self.home.name) / "template.db"
        url = f"sqlite:///{path}"
        upgrade(url)
        fill(url)
        return path

    def copy(self) -> str:
        """Return the URL of a copy, which the next call of the same process replaces."""
        target = Path(self.home.name) / f"played-{os.getpid()}.db"
        for leftover in Path(self.home.name).glob(f"{target.name}*"):
            leftover.unlink()
        shutil.copy(self.path, target)
        return f"sqlite:///{target}"


def fill(url: str) -> None:
    """Read the catalogue of the estate, and put its entitlements in force."""
    clock = ManualClock()
    store = quickly(Store(url, clock=clock, agreed_time=False))
    estate = Estate(sandbox(clock, 0))
    stage.reply = estate.sandbox.reply
    budget = CallBudget(clock=clock)
    reading = connect(stage.session, budget=budget, guard=unguarded, clock=clock).directory
    catalogue.synchronise(reading, store=store, clock=clock, budget=budget)
    document = documents.parse(ENTITLEMENTS, file="entitlements.yaml")
    with store.writing() as session:
        session.add(
            EntitlementVersion(
                version=1,
                digest=document.digest,
                document=document.normal,
                source="",
                applied_at=clock.now(),
                applied_by="test",
            )
        )
    store.close()
