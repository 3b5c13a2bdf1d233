"""Every kind of caller, in an organization of people who have to do with something and people who do not."""

from collections.abc import Callable, Mapping

from protem.broker.authentication import Admission
from protem.db.models import Group, Membership, Principal, TokenRole
from protem.domain import names
from protem.domain.authority import ACTING, Scope
from tests.api.applications import Api, Client
from tests.broker.worlds import World, group_id, person_id, user_name

FURTHER = {"grace": "admins", "frank": "auditors", "heidi": "others", "ivan": "others"}
"""People who have nothing to do with alice, bob and carol, and the group that each is in."""

WHOLE = frozenset(Scope) - ACTING
STOPPING = frozenset({Scope.GRANTS_REVOKE, Scope.LOCKS_CREATE})


def _personal(name: str, label: str, scopes: frozenset[Scope]) -> Callable[[Api], Client]:
    kind = {"role": TokenRole.PERSONAL, "user": user_name(name), "scopes": scopes}
    return lambda api: Client(api.http, api.bearer(f"{name}-{label}", **kind))


def _service(name: str, scopes: frozenset[Scope]) -> Callable[[Api], Client]:
    kind = {"role": TokenRole.SERVICE, "scopes": scopes}
    return lambda api: Client(api.http, api.bearer(name, **kind))


KINDS: Mapping[str, Callable[[Api], Client]] = {
    "requester": lambda api: api.person("bob"),
    "beneficiary": lambda api: api.person("alice"),
    "approver": lambda api: api.person("carol"),
    "requester, identified": lambda api: api.identified("bob"),
    "approver, to read": _personal("carol", "reader", frozenset({Scope.READ})),
    "stranger": lambda api: api.person("erin"),
    "service": _service("jenkins", frozenset({Scope.READ})),
    "responder": _service("pager", STOPPING),
    "acting as requester": lambda api: api.bot("slack", acting="bob"),
    "acting as admin": lambda api: api.bot("slack", acting="grace"),
    "admin": Api.admin,
    "auditor": Api.auditor,
    "admin by group": lambda api: api.logged_in("grace"),
    "auditor by group": _personal("frank", "office", WHOLE),
}
"""The columns of the tables."""


def admission() -> Admission:
    """Return who is let in where the tables are tried."""
    return Admission(
        admins=frozenset({"admins"}),
        auditors=frozenset({"auditors"}),
        two_persons=False,
    )


def people(world: World) -> None:
    """Let those be in the directory who have nothing to do with the others."""
    with world.store.writing() as session:
        for name in dict.fromkeys(FURTHER.values()):
            session.add(Group(id=group_id(name), name=name, name_key=names.key(name)))
        for name in FURTHER:
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
        session.add_all(
            Membership(group_id=group_id(group), principal_id=person_id(name))
            for name, group in FURTHER.items()
        )
