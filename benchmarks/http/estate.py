"""Who asks for what: an organization, entitlements of which two let everybody ask, and everybody's tokens."""

import json
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from benchmarks import rules
from benchmarks.organization import Organization, Size
from protem.broker import credentials, documents
from protem.clock import SystemClock
from protem.db.migrate import upgrade
from protem.db.models import EntitlementVersion, Token, TokenRole, new_id
from protem.db.store import Store
from protem.domain.authority import Scope
from protem.domain.catalogue import Person

REVIEWED, AT_ONCE = "bench-reviewed", "bench-at-once"
SIZE, RULES = Size(), 100
TINY = Size(20, 60, 6, 6, 2)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Somebody who calls; what is no person's token has no id and no name."""

    token: str = field(repr=False)
    id: str = ""
    user_name: str = ""


@dataclass(frozen=True, slots=True)
class Estate:
    """What the load is made of."""

    organization: Organization
    people: Sequence[Bearer]
    approvers: Sequence[Bearer]
    bot: Bearer
    """A service that may ask and decide as anybody."""
    admin: Bearer
    auditor: Bearer


def filled(url: str, *, size: Size = SIZE, count: int = RULES, people: int = 256) -> Estate:
    """Return what an empty database was filled with."""
    upgrade(url)
    organization = Organization(size)
    approving = organization.members[organization.groups[0]]
    asking = [person for person in organization.people if person not in approving]
    chosen = random.Random(5).sample(asking, min(people, len(asking)))
    rows: list[dict[str, object]] = []
    estate = Estate(
        organization,
        people=[_bearer(rows, TokenRole.PERSONAL, person) for person in chosen],
        approvers=[_bearer(rows, TokenRole.PERSONAL, person) for person in approving[:32]],
        bot=_bearer(rows, TokenRole.SERVICE),
        admin=_bearer(rows, TokenRole.ADMIN),
        auditor=_bearer(rows, TokenRole.AUDITOR),
    )
    store = Store(url, clock=SystemClock())
    with store.writing() as session:
        organization.fill(session)
        session.add(_version(_document(organization, count)))
        session.flush()
        session.execute(insert(Token), rows)
    store.close()
    return estate


def _document(organization: Organization, count: int) -> documents.Document:
    """Return the entitlements of a large company, and two under which everybody may ask for everything."""
    normal = json.loads(json.dumps(rules.document(organization, count).normal))
    everything = {
        "requesters": {"groups": [group.name for group in organization.groups]},
        "permission_sets": {"patterns": ["*"]},
        "accounts": {"all": True},
        "duration": {"default": "PT1H", "maximum": "PT8H"},
        "justification": {"minimum_length": 8},
    }
    lead = {"name": "lead", "approvers": {"groups": [organization.groups[0].name]}, "required": 1}
    normal["entitlements"] += [
        {"name": REVIEWED, **everything, "approval": {"steps": [lead]}},
        {"name": AT_ONCE, **everything},
    ]
    return documents.parse(json.dumps(normal), file="benchmark.yaml")


def _version(document: documents.Document) -> EntitlementVersion:
    return EntitlementVersion(
        version=1,
        digest=document.digest,
        document=document.normal,
        source="",
        applied_at=datetime.now(UTC),
        applied_by="benchmark",
    )


def _bearer(rows: list[dict[str, object]], role: TokenRole, person: Person | None = None) -> Bearer:
    secret, now = credentials.new(), datetime.now(UTC)
    scopes = [scope.value for scope in Scope if role is TokenRole.SERVICE or scope is not Scope.ADMIN]
    rows.append(
        {
            "id": new_id(),
            "name": f"bench-{uuid.uuid4().hex}",
            "role": role,
            "secret_hash": credentials.hashed(secret),
            "principal_id": person.id if person else None,
            "scopes": scopes,
            "act_as_groups": [],
            "networks": [],
            "created_at": now,
            "created_by": "benchmark",
            "expires_at": now + timedelta(days=1),
        }
    )
    return Bearer(secret, person.id, person.user_name) if person else Bearer(secret)
