"""Who asks for what, whatever the length of the history: an organization, and four entitlements."""

import json
import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from benchmarks.organization import INSTANCE, Organization, Size
from protem.broker import documents
from protem.db.models import EntitlementVersion, Token, TokenRole, Webhook

ORGANIZATION = Organization(Size(accounts=400, users=2_000, groups=200, permission_sets=20, groups_each=3))
LEADS, SELDOM = ORGANIZATION.groups[:2]
"""Who approves nearly everything, and who approves what nearly nobody asks for."""
OFTEN, AT_ONCE, RARE = "prod-admin", "read-only", "vault"

BOTS = {name: uuid.uuid5(uuid.NAMESPACE_URL, name) for name in ("slack", "old-bot")}
WEBHOOK = uuid.uuid5(uuid.NAMESPACE_URL, "webhook")


def document() -> documents.Document:
    """Return entitlements under which everybody may ask for everything."""
    everybody = {"groups": [group.name for group in ORGANIZATION.groups]}
    rule = {
        "requesters": everybody,
        "permission_sets": {"names": [one.name for one in ORGANIZATION.permission_sets]},
        "accounts": {"all": True},
        "duration": {"default": "PT1H", "maximum": "PT8H"},
    }

    def by(group: str) -> dict[str, object]:
        return {"approval": {"steps": [{"name": "lead", "approvers": {"groups": [group]}, "required": 1}]}}

    rules = [
        {"name": OFTEN, "description": OFTEN, **rule, **by(LEADS.name)},
        {"name": AT_ONCE, "description": AT_ONCE, **rule, "cool_down": "PT5M"},
        {"name": RARE, "description": RARE, **rule, **by(SELDOM.name)},
    ]
    return documents.parse(json.dumps({"entitlements": rules}), file="growth.yaml")


def fill(session: Session, *, now: datetime) -> None:
    """Write down the catalogue, the entitlements, two bots and a webhook."""
    ORGANIZATION.fill(session)
    written = document()
    session.add(
        EntitlementVersion(
            version=1,
            digest=written.digest,
            document=written.normal,
            source="",
            applied_at=now,
            applied_by="benchmark",
        )
    )
    session.add_all(_bot(name, id_, now) for name, id_ in BOTS.items())
    session.add(_webhook(now))


def triple(person: int, number: int) -> tuple[str, str, str]:
    """Return who has what where: the account and permission set that somebody asks for as their n-th."""
    accounts, sets = ORGANIZATION.accounts, ORGANIZATION.permission_sets
    place = person * 31 + number * 7
    # A fifth of everything is in the first account.
    account = accounts[0] if number % 5 == 0 else accounts[1 + place % (len(accounts) - 1)]
    return ORGANIZATION.people[person].id, account.id, sets[(number // 5) % len(sets)].arn


def _bot(name: str, id_: uuid.UUID, now: datetime) -> Token:
    return Token(
        id=id_,
        name=name,
        role=TokenRole.SERVICE,
        secret_hash=name,
        scopes=["read", "requests"],
        created_at=now,
        created_by="benchmark",
        expires_at=now + timedelta(days=365),
    )


def _webhook(now: datetime) -> Webhook:
    return Webhook(
        id=WEBHOOK,
        url="https://example.com/hook",
        description="",
        types=[],
        secret="",
        enabled=True,
        version=1,
        sequence=0,
        created_at=now,
        created_by="benchmark",
    )


__all__ = ["AT_ONCE", "BOTS", "INSTANCE", "LEADS", "OFTEN", "ORGANIZATION", "RARE", "SELDOM", "WEBHOOK"]
