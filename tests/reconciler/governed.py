"""The reconciler under the rules of the broker: people ask, and AWS holds what they were given."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from protem.broker import activation, catalogue, documents, grants, locking, requests
from protem.broker.callers import CONSOLE, Caller
from protem.broker.requests import Submission
from protem.db.models import EntitlementVersion, Lock, TokenRole
from protem.domain.eligibility import Bounds
from protem.domain.locks import LockKind
from protem.identity_center.aws import connect
from protem.identity_center.aws.attempts import unguarded
from protem.identity_center.budget import CallBudget
from protem.jobs import Jobs
from protem.reconciler import catalogue as catalogues
from tests.reconciler.world import ACCOUNT, World, stage

RULES = """
entitlements:
  - name: self-service
    requesters: {groups: [engineers]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {organizational_units: [Prod]}
    duration: {default: PT10M, maximum: PT1H}
    on_eligibility_lost: end
"""
BOUNDS = Bounds(minimum_duration=timedelta(minutes=1), maximum_start_ahead=timedelta(days=7))


@dataclass
class Governed(World):
    """A world whose catalogue is read from the sandbox, and whose jobs run when a test says so."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.why_not = activation.why_not
        self.rules = RULES
        self.grant_id = uuid.UUID(int=0)
        directory, organization = self.sandbox.directory, self.sandbox.organization
        directory.add_user(user_name="bob@example.com", display_name="Bob")
        self.group = directory.add_group("engineers")
        self.membership = directory.add_member(self.group, self.alice)
        self.prod, self.dev = organization.add_unit("Prod"), organization.add_unit("Dev")
        organization.move(ACCOUNT, unit=self.prod)
        self.jobs = Jobs(self.store, timedelta(days=1), lambda: True)
        self.synchronise()
        self.apply(RULES)

    def synchronise(self) -> None:
        """Read the catalogue from AWS, as the job does."""
        self.clock.advance(1)
        budget = CallBudget(clock=self.clock)
        stage.sandbox = self.sandbox
        reading = connect(stage.session, budget=budget, guard=unguarded, clock=self.clock).directory
        catalogues.synchronise(reading, store=self.store, clock=self.clock, budget=budget)

    def apply(self, source: str) -> None:
        """Put entitlements in force."""
        document = documents.parse(source, file="entitlements.yaml")
        self.put(document.normal, digest=document.digest)

    def put(self, document: dict[str, Any], *, digest: str) -> None:
        """Put a document in force that nobody has checked."""
        with self.store.writing() as session:
            latest = session.scalars(select(func.max(EntitlementVersion.version))).one()
            session.add(
                EntitlementVersion(
                    version=latest + 1,
                    digest=digest,
                    document=document,
                    source="",
                    applied_at=self.clock.now(),
                    applied_by="test",
                )
            )

    def ask(self, *, starts_in: float = 0, minutes: float = 10) -> uuid.UUID:
        """Return the grant that alice gets by asking; nobody has to approve it."""
        now = self.clock.now()
        wish = Submission(
            targets=((ACCOUNT, "AdministratorAccess"),),
            justification="the pager went off",
            duration=timedelta(minutes=minutes),
            starts_at=now + timedelta(minutes=starts_in) if starts_in else None,
        )
        with self.store.writing() as session:
            alice = Caller("alice", TokenRole.PERSONAL, person=catalogue.person(session, self.alice))
            asked = requests.submit(session, alice, wish, bounds=BOUNDS, now=now)
            (grant,) = grants.of_requests(session, [asked.id])[asked.id]
        return grant.id

    def lock(self) -> Lock:
        """Press the biggest of the red buttons."""
        with self.store.writing() as session:
            return locking.create(
                session,
                CONSOLE,
                kind=LockKind.EVERYTHING,
                subject=None,
                reason="a drill",
                duration=None,
                now=self.clock.now(),
            )

    def lock_unseen(self) -> None:
        """Have the lock that ended nothing: its look at the grants came too early."""
        now = self.clock.now()
        with self.store.writing() as session:
            session.add(
                Lock(
                    kind=LockKind.EVERYTHING,
                    subject="",
                    subject_name="everything",
                    reason="a drill",
                    created_at=now,
                    created_by="test",
                )
            )
