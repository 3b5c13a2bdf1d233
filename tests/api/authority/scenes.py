"""Where the table of authority is tried: an organization, and what belongs to whom in it."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from protem.broker.proposals import locks as proposals
from protem.db.models import (
    Assignment,
    Delivery,
    DeliveryState,
    Grant,
    Login,
    Provenance,
    Request,
    Review,
    new_id,
)
from tests.api.applications import Api
from tests.broker.worlds import ADMIN, GONE, INSTANCE, World, arn, user_name
from tests.broker.worlds import asking as submission

RULES = """
entitlements:
  - name: admin
    requesters: {groups: [engineers]}
    requesters_for: {users: [bob@example.com]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT4H}
    extension: {maximum_count: 1, maximum: PT1H}
    approval: {expires_after: PT24H, through: [slack], steps: [{name: lead, approvers: {groups: [leads]}}]}
  - name: glass
    requesters: {groups: [engineers]}
    requesters_for: {users: [bob@example.com]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT2H}
    break_glass: true
    notify: {users: [carol@example.com]}
  - name: others
    requesters: {users: [heidi@example.com]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT4H}
    extension: {maximum_count: 1, maximum: PT1H}
    approval: {expires_after: PT24H, steps: [{name: other, approvers: {users: [ivan@example.com]}}]}
  - name: others-glass
    requesters: {users: [heidi@example.com]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT2H}
    break_glass: true
    notify: {users: [ivan@example.com]}
"""


@dataclass(frozen=True, slots=True)
class Parties:
    """Who has to do with one thing, and under which entitlements."""

    requester: str
    beneficiary: str
    approver: str
    entitlement: str
    glass: str


def blocked_assignment(world: World) -> uuid.UUID:
    """Return the id of an assignment of ours in an account that is gone."""
    row = Assignment(
        id=new_id(),
        instance_arn=INSTANCE,
        account_id=GONE,
        permission_set_arn=arn("AdministratorAccess"),
        principal_id=str(uuid.uuid4()),
        provenance=Provenance.BROKERED,
        blocked_reason="there is no such account",
        stuck_since=world.clock.now(),
        attempts=1,
        last_error_code="ResourceNotFoundException",
        last_error="there is no such account",
        next_attempt_at=world.clock.now() + timedelta(hours=1),
        created_at=world.clock.now(),
    )
    with world.store.writing() as session:
        session.add(row)
    return row.id


OWN = Parties("bob", "alice", "dave", "admin", "glass")
FOREIGN = Parties("heidi", "heidi", "ivan", "others", "others-glass")


class Scene:
    """One application, and things in it that belong to ``parties``."""

    def __init__(self, api: Api, parties: Parties) -> None:
        self.api, self.parties = api, parties

    @property
    def world(self) -> World:
        return self.api.world

    def request(self) -> Request:
        """Return a request that waits for its approver."""
        return self._ask(self.parties.entitlement)

    def grant(self) -> Grant:
        """Return a grant that was approved."""
        request = self.request()
        self.world.decide(self.world.person(self.parties.approver), request)
        return self.world.granted(request)[0]

    def review(self) -> str:
        """Return the id of an open review of broken glass."""
        with self.world.store.writing() as session:
            earlier = select(Review).where(Review.closed_at.is_(None))
            for review in session.scalars(earlier):
                review.closed_at, review.closed_by, review.comment = self.world.clock.now(), "test", "seen"
        request = self._ask(self.parties.glass)
        with self.world.store.reading() as session:
            found = session.scalars(select(Review).where(Review.request_id == request.id)).one()
            return str(found.id)

    def lock(self) -> str:
        """Return the address of a lock."""
        return self.api.admin().post("/v1/locks", LOCK).headers["Location"]

    def blocked(self) -> str:
        """Return the address of an assignment whose account has left, so that its end cannot come."""
        return f"/v1/assignments/{blocked_assignment(self.world)}"

    def change(self) -> str:
        """Return the address of a change that an admin proposed who is nobody else here."""
        lock_id = self.lock().rpartition("/")[2]
        with self.world.store.writing() as session:
            change = proposals.propose_lifting(
                session, ADMIN, uuid.UUID(lock_id), lifetime=timedelta(days=1), now=self.world.clock.now()
            )
            return f"/v1/changes/{change.id}"

    def webhook(self) -> str:
        """Return the address of a webhook."""
        return self.api.admin().post("/v1/webhooks", WEBHOOK).headers["Location"]

    def delivery(self) -> str:
        """Return the address of a delivery."""
        return self.api.admin().post(f"{self.webhook()}/test").headers["Location"]

    def settled(self) -> str:
        """Return the address of a delivery that is over."""
        path = self.delivery()
        with self.world.store.writing() as session:
            delivery = session.get_one(Delivery, uuid.UUID(path.rpartition("/")[2]))
            delivery.state, delivery.answered_at = DeliveryState.ABANDONED, self.world.clock.now()
        return path

    def token(self) -> str:
        """Return the address of a token that is nobody's here."""
        made = self.api.admin().post("/v1/tokens", {"name": "spare", "role": "auditor"})
        return made.headers["Location"]

    def login(self) -> str:
        """Return the address of a login of the requester."""
        self.api.logged_in(self.parties.requester)
        with self.world.store.reading() as session:
            return f"/v1/logins/{session.scalars(select(Login.id).order_by(Login.id.desc())).first()}"

    def _ask(self, entitlement: str) -> Request:
        beneficiary = user_name(self.parties.beneficiary)
        wish = submission(entitlement=entitlement, beneficiary=beneficiary)
        return self.world.submit(self.world.person(self.parties.requester), wish)


LOCK = {"kind": "account", "subject": "beta", "reason": "a drill"}
WEBHOOK = {"url": "https://bot.example/hook", "types": ["reconciler.elected"]}
"""Of what does not happen here: each new one would get all that others have made."""
