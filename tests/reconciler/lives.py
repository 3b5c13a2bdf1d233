"""Whole lives of grants, from the question to what AWS holds at the end, and their receipts."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from protem.broker import catalogue, decisions, extensions, grants, locking, requests, reviews
from protem.broker.callers import CONSOLE, Caller
from protem.broker.extensions import Extension
from protem.broker.record import canonical, receipt_checks, receipts, sealing, signing
from protem.broker.record.receipt_checks import Receipt
from protem.broker.record.signing import Keys, SigningKey
from protem.broker.requests import Submission
from protem.db.models import Principal, Request, Review, TokenRole
from protem.domain.approvals import Answer
from protem.domain.authority import Scope
from protem.domain.locks import LockKind
from tests.reconciler.governed import BOUNDS, Governed
from tests.reconciler.world import ACCOUNT

LAWS = """
entitlements:
  - name: approved
    requesters: {users: [alice@example.com]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {organizational_units: [Prod]}
    duration: {default: PT10M, maximum: PT1H}
    extension: {maximum_count: 2, maximum: PT1H}
    approval:
      through: [slack]
      steps: [{name: lead, approvers: {users: [bob@example.com]}}]
  - name: glass
    requesters: {users: [alice@example.com]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {organizational_units: [Prod]}
    duration: {default: PT10M, maximum: PT1H}
    break_glass: true
    notify: {users: [bob@example.com]}
"""
AUDITOR = Caller(name="audit", role=TokenRole.AUDITOR)


@dataclass
class Lives(Governed):
    """A world in which alice asks and bob answers; what happened is sealed, and can be had signed."""

    key: SigningKey = field(default_factory=SigningKey.make)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.apply(LAWS)

    @property
    def keys(self) -> Keys:
        return signing.known([self.key.public])

    def caller(self, name: str, *, through: str | None = None) -> Caller:
        """Return a person, perhaps as a service speaks for them."""
        with self.store.reading() as session:
            known = select(Principal.id).where(Principal.user_name == f"{name}@example.com")
            person = catalogue.person(session, session.scalars(known).one())
        if through is None:
            return Caller(name, TokenRole.PERSONAL, person=person)
        return Caller(through, TokenRole.SERVICE, person=person, scopes=frozenset(Scope))

    def given(
        self, *, minutes: float = 10, entitlement: str = "approved", through: str | None = None
    ) -> uuid.UUID:
        """Return the grant that alice asked for and, where it takes that, bob approved."""
        wish = Submission(
            targets=((ACCOUNT, "AdministratorAccess"),),
            entitlement=entitlement,
            justification="the pager went off",
            duration=timedelta(minutes=minutes),
            ticket="OPS-1",
        )
        with self.store.writing() as session:
            asked = requests.submit(session, self.caller("alice"), wish, bounds=BOUNDS, now=self.clock.now())
        if entitlement == "approved":
            self.clock.advance(1)
            self.decide(asked, through=through)
        with self.store.reading() as session:
            (grant,) = grants.of_requests(session, [asked.id])[asked.id]
        return grant.id

    def decide(self, asked: Request, *, through: str | None = None, answer: Answer = Answer.APPROVE) -> None:
        with self.store.writing() as session:
            decisions.decide(
                session,
                self.caller("bob", through=through),
                asked.id,
                answer=answer,
                comment="fine",
                duration=None,
                digest=asked.digest,
                now=self.clock.now(),
            )

    def lengthen(self, grant_id: uuid.UUID, *, answer: Answer = Answer.APPROVE) -> None:
        """Have alice ask for more time, and bob answer."""
        wish = Extension(duration=timedelta(minutes=30), justification="longer", ticket=None)
        with self.store.writing() as session:
            extensions.extend(
                session, self.caller("alice"), grant_id, wish, bounds=BOUNDS, now=self.clock.now()
            )
            asked = session.scalars(
                select(Request).where(Request.extends_grant_id == grant_id).order_by(Request.id.desc())
            ).first()
        assert asked is not None
        self.decide(asked, answer=answer)

    def take_back(self, grant_id: uuid.UUID, by: str) -> None:
        with self.store.writing() as session:
            grants.revoke(session, self.caller(by), grant_id, comment="enough", now=self.clock.now())

    def stop(self) -> str:
        """Lock the account, and return the lock's id."""
        with self.store.writing() as session:
            lock = locking.create(
                session,
                CONSOLE,
                kind=LockKind.ACCOUNT,
                subject=ACCOUNT,
                reason="a drill",
                duration=None,
                now=self.clock.now(),
            )
            return str(lock.id)

    def look_back(self) -> None:
        """Have bob close the only open review."""
        with self.store.writing() as session:
            review = session.scalars(select(Review).where(Review.closed_at.is_(None))).one()
            reviews.close(session, self.caller("bob"), review.id, comment="it did burn", now=self.clock.now())

    def seal(self) -> None:
        with self.store.writing() as session:
            sealing.seal(session)

    def issued(self, grant_id: uuid.UUID, caller: Caller = AUDITOR) -> bytes:
        """Return the receipt of a grant, as the API answers it."""
        self.seal()
        with self.store.reading() as session:
            made = receipts.issue(session, caller, grant_id, key=self.key, now=self.clock.now())
        return canonical.text(made) + b"\n"

    def receipt(self, grant_id: uuid.UUID) -> Receipt:
        """Return the receipt as whoever gets it reads it, with nothing but the public key."""
        return receipt_checks.read(self.issued(grant_id), keys=self.keys)

    def summary(self, grant_id: uuid.UUID) -> dict[str, Any]:
        return dict(self.receipt(grant_id).summary)
