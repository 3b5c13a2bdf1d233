"""Locks as rows, for tests that are about something else."""

from protem.db.models import Lock, new_id
from protem.domain.locks import LockKind
from tests.broker.worlds import World


def stop(world: World, kind: LockKind, subject: str = "") -> Lock:
    """Have a lock be there that nobody was asked about."""
    row = Lock(
        id=new_id(),
        kind=kind,
        subject=subject,
        subject_name=subject,
        reason="an incident",
        created_at=world.clock.now(),
        created_by="test",
    )
    with world.store.writing() as session:
        session.add(row)
    return row
