"""What somebody has had under an entitlement so far, as its rules count it."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Select, bindparam, case, func, or_, select
from sqlalchemy.orm import Session

from protem.broker import foresight
from protem.db.models import Grant, Principal, Request, Review
from protem.db.queries.grants import LIVE
from protem.domain import names
from protem.domain.entitlements import Entitlement
from protem.domain.histories import History
from protem.domain.lifecycle import GrantState

_OWED = (
    select(Grant)
    .join(Request, Request.id == Grant.request_id)
    .where(
        Grant.principal_id == bindparam("principal"),
        func.lower(Request.entitlement) == bindparam("key"),
        LIVE,
    )
)


def of(
    session: Session,
    entitlement: Entitlement,
    principal_id: str,
    *,
    now: datetime,
    extends: Grant | None = None,
) -> History:
    """Return the history that decides about access of ``principal_id``, or about extending one grant."""
    owed = [grant.owing for grant in _live(session, entitlement, principal_id)]
    return History(
        windows=tuple(owing.window for owing in owed if not owing.over(now)),
        last_over_at=_last_over_at(session, entitlement, principal_id, now),
        extensions=extends.extensions if extends else 0,
        open_review=entitlement.break_glass and _open_review(session, principal_id),
    )


def hold_still(session: Session, principal_id: str) -> None:
    """Keep others from adding to what this principal has, until this transaction is over."""
    # Without the key: rows that only refer to the principal need not wait.
    one = select(Principal.id).where(Principal.id == principal_id)
    session.execute(one.with_for_update(key_share=True))


def _live(session: Session, entitlement: Entitlement, principal_id: str) -> Iterable[Grant]:
    key = names.key(entitlement.name)
    known = foresight.of(session)
    if known is None or principal_id not in known.principals:
        return session.scalars(_OWED, {"principal": principal_id, "key": key})
    return known.live[principal_id, key]


def _grants(entitlement: Entitlement, principal_id: str) -> Select[Grant]:
    return (
        select(Grant)
        .join(Request, Request.id == Grant.request_id)
        # A new version may write the name with other letters; it is the same entitlement.
        .where(
            Grant.principal_id == principal_id,
            func.lower(Request.entitlement) == names.key(entitlement.name),
        )
    )


def _last_over_at(
    session: Session, entitlement: Entitlement, principal_id: str, now: datetime
) -> datetime | None:
    if entitlement.cool_down is None:
        return None
    # What somebody else removed was over when that was seen, whenever it was to end.
    over_at = case(
        (Grant.revoked_at.is_not(None), Grant.revoked_at),
        (Grant.ended_at < Grant.ends_at, Grant.ended_at),
        else_=Grant.ends_at,
    )
    had = _grants(entitlement, principal_id).where(
        # Nothing was over later than when it had ended: what is older decides nothing any more.
        or_(LIVE, Grant.ended_at > now - entitlement.cool_down),
        over_at <= now,
        # Access that never began, or was not let begin, is none to cool down from.
        Grant.state != GrantState.FAILED,
        or_(Grant.revoked_at.is_(None), Grant.revoked_at > Grant.starts_at),
        or_(Grant.failure_detail.is_(None), Grant.activated_at.is_not(None)),
    )
    latest: datetime | None = session.scalars(had.with_only_columns(func.max(over_at))).one()
    return latest


def _open_review(session: Session, principal_id: str) -> bool:
    waiting = select(Review.id).where(Review.principal_id == principal_id, Review.closed_at.is_(None))
    return session.scalars(waiting).first() is not None
