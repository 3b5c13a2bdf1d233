"""What is attacked: an application, people in an organization, entitlements of every kind, some access."""

from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import update

from protem.broker.authentication import Admission
from protem.db.models import Group, Lock, Membership, Principal
from protem.domain import names
from tests.api.applications import Api, asking
from tests.attacks.cast import Cast
from tests.attacks.reading import Reading
from tests.broker.organization import group_id, person_id, user_name
from tests.broker.worlds import World

POLICY = """
entitlements:
  - name: read
    requesters: {groups: [engineers]}
    permission_sets: {names: [ReadOnlyAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT4H}
  - name: admin
    requesters: {groups: [engineers, leads]}
    requesters_for: {users: [bob@example.com]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {ids: ["111111111111", "222222222222"]}
    duration: {default: PT1H, maximum: PT4H}
    extension: {maximum_count: 2, maximum: PT1H}
    approval:
      expires_after: PT24H
      through: [slack]
      steps:
        - {name: lead, approvers: {groups: [leads]}}
        - {name: security, approvers: {groups: [security]}, when: {duration_over: PT2H}}
  - name: glass
    requesters: {groups: [engineers]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {ids: ["222222222222"]}
    duration: {default: PT1H, maximum: PT1H}
    break_glass: true
    notify: {users: [carol@example.com]}
"""


class Ground:
    """One world that is attacked, over and over."""

    def __init__(self, url: str, **settings: Any) -> None:
        self.world = World(url)
        self._add_operator("frank")
        self.world.apply(POLICY)
        operators = Admission(admins=frozenset({"operators"}))
        self.api = Api(self.world, admission=operators, **{"two_person_rule": True, **settings})
        self.cast = Cast(self.api)

    def seed(self) -> None:
        """Have something of everything there: what is asked, granted, reviewed and locked."""
        alice, admin = self.cast.client("beneficiary"), self.cast.client("admin")
        ask = partial(alice.post, "/v1/requests")
        ask(asking(entitlement="admin"))
        ask(asking(targets=[{"account": "alpha", "permission_set": "ReadOnlyAccess"}]))
        glass = {"targets": [{"account": "beta", "permission_set": "AdministratorAccess"}]}
        ask(asking(entitlement="glass", **glass))
        asked = self.cast.client("requester").post("/v1/requests", asking(entitlement="admin")).json()
        decided = {"decision": "approve", "digest": asked["digest"]}
        self.cast.client("approver").post(f"/v1/requests/{asked['id']}/decisions", decided)
        admin.post("/v1/locks", {"kind": "entitlement", "subject": "read", "reason": "a drill"})
        self.unlock()

    def unlock(self) -> None:
        """Lift what was locked, so that the attack does not stand before closed doors from then on."""
        with self.world.store.writing() as session:
            now = self.world.clock.now()
            session.execute(
                update(Lock).where(Lock.lifted_at.is_(None)).values(lifted_at=now, lifted_by="test")
            )

    def wrongs(self) -> list[str]:
        """Return what an auditor would find wrong in the database now."""
        with self.world.store.reading() as session:
            return Reading.of(session).wrongs()

    def pass_time(self) -> None:
        self.world.clock.advance(timedelta(minutes=7).total_seconds())

    def _add_operator(self, name: str) -> None:
        with self.world.store.writing() as session:
            session.add(Group(id=group_id("operators"), name="operators", name_key="operators"))
            session.add(
                Principal(
                    id=person_id(name),
                    user_name=user_name(name),
                    user_name_key=names.key(user_name(name)),
                    display_name=name.title(),
                    email=user_name(name),
                )
            )
            session.flush()
            session.add(Membership(group_id=group_id("operators"), principal_id=person_id(name)))
