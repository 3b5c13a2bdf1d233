"""Small worlds by chance, as rows of the catalogue, for as long as they are looked at."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from protem.db.models import (
    Account,
    CatalogueSync,
    Group,
    Instance,
    Membership,
    OrganizationalUnit,
    PermissionSet,
    Principal,
)
from protem.db.store import Store
from protem.domain import names
from tests.policies import GROUP_NAMES, INSTANCE, NOW, ROOT, UNITS, Scene, group


@contextmanager
def filled(store: Store, scene: Scene) -> Iterator[Session]:
    """Yield a session in which the scene is all there is; afterwards nothing is left of it."""
    with store.writing() as session:
        attempt = session.begin_nested()
        _organization(session, scene)
        _directory(session, scene)
        session.flush()
        yield session
        attempt.rollback()


def _organization(session: Session, scene: Scene) -> None:
    session.add(CatalogueSync(part="catalogue", started_at=NOW, completed_at=NOW))
    session.add(Instance(arn=INSTANCE, identity_store_id="d-1111111111", owner_account_id="999999999999"))
    session.flush()
    units = {ROOT: ("Root", None), **UNITS}
    session.add_all(
        OrganizationalUnit(id=id_, name=name, parent_id=parent) for id_, (name, parent) in units.items()
    )
    session.add_all(
        Account(
            id=one.id,
            name=one.name,
            name_key=names.key(one.name),
            email="",
            status=one.status,
            parent_id=scene.places[one.id],
            is_management=one.is_management,
            tags=dict(one.tags),
        )
        for one in scene.accounts
    )
    session.add_all(
        PermissionSet(
            arn=one.arn,
            instance_arn=one.instance_arn,
            name=one.name,
            name_key=names.key(one.name),
            description="",
            session_duration=one.session_duration,
            tags=dict(one.tags),
            policies_digest=one.policies_digest,
        )
        for one in scene.permission_sets
    )


def _directory(session: Session, scene: Scene) -> None:
    session.add_all(
        Principal(
            id=person.id,
            user_name=person.user_name,
            user_name_key=names.key(person.user_name),
            display_name=person.user_name,
            email=person.user_name,
        )
        for person in scene.people
    )
    session.add_all(Group(id=group(name).id, name=name, name_key=names.key(name)) for name in GROUP_NAMES)
    session.flush()
    session.add_all(
        Membership(group_id=one.id, principal_id=person.id)
        for person in scene.people
        for one in person.groups
    )
