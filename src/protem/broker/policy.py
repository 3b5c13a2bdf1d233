"""The entitlements in force, and those that were when a request was made."""

import threading
from collections import OrderedDict
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import bearings, documents
from protem.db.models import EntitlementVersion
from protem.domain import digests
from protem.domain.entitlements import Entitlement, Policy

_log = structlog.get_logger("protem.policy")

_CAPACITY = 64
_lock = threading.Lock()
# A version never changes, and its digest is of its content: what was parsed once serves every database.
_parsed: OrderedDict[tuple[int, str], Policy] = OrderedDict()

_SEEN = "protem_policies"


def current(session: Session) -> Policy:
    """Return the policy in force; before anything was applied, the empty one."""
    found = bearings.of(session)
    if found.version is None or found.digest is None:
        return Policy()
    return _policy(session, found.version, found.digest)


def version(session: Session, number: int) -> Policy:
    """Return the policy of that version; one that is missing or unreadable allows nobody anything."""
    seen: dict[int, Policy] = session.info.setdefault(_SEEN, {})
    if number not in seen:
        newest = bearings.held(session)
        if newest and newest.digest and newest.version == number:
            return _policy(session, number, newest.digest)
        of_version = select(EntitlementVersion.digest).where(EntitlementVersion.version == number)
        digest = session.scalars(of_version).one_or_none()
        seen[number] = _policy(session, number, digest) if digest is not None else Policy(number)
    return seen[number]


def _policy(session: Session, number: int, digest: str) -> Policy:
    with _lock:
        if (number, digest) in _parsed:
            _parsed.move_to_end((number, digest))
            return _parsed[number, digest]
    of_version = select(EntitlementVersion.document).where(EntitlementVersion.version == number)
    document = session.scalars(of_version).one()
    try:
        rules = _meaning(document, digest)
    except Exception:  # noqa: BLE001  # whatever is wrong with a policy, it means no; endings need none
        _log.exception("policy.unreadable", version=number)
        return Policy(number, digest)
    return _keep(Policy(number, digest, rules))


def _meaning(document: dict[str, Any], digest: str) -> tuple[Entitlement, ...]:
    if digests.digest(document) != digest:
        raise ValueError("the document was changed after it was applied")
    return documents.entitlements(document)


def _keep(policy: Policy) -> Policy:
    with _lock:
        _parsed[policy.version, policy.digest] = policy
        while len(_parsed) > _CAPACITY:
            _parsed.popitem(last=False)
    return policy
