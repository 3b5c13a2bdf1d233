"""The targets and the duration of a submission, from words to what the rules work with."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from protem.broker import catalogue, resolving, texts
from protem.db.models import Account
from protem.domain.catalogue import Target
from protem.domain.errors import AccountNotAssignable, DurationOutOfBounds, FieldError

MAXIMUM_TARGETS = 20

Pairs = Sequence[tuple[str, str]]


def check(pairs: Pairs) -> None:
    """Raise ``InvalidInput`` for no targets, or for more than one request may have."""
    if not 1 <= len(pairs) <= MAXIMUM_TARGETS:
        raise texts.refused("targets", f"a request has from 1 to {MAXIMUM_TARGETS} targets")


def resolve(session: Session, pairs: Pairs) -> tuple[Target, ...]:
    """Return what the pairs mean; raises a refusal for what is unknown, repeated or not assignable."""
    accounts = resolving.pick(
        session,
        resolving.ACCOUNTS,
        [account for account, _ in pairs],
        fields=[f"targets.{place}.account" for place in range(len(pairs))],
    )
    permission_sets = resolving.pick(
        session,
        resolving.PERMISSION_SETS,
        [permission_set for _, permission_set in pairs],
        fields=[f"targets.{place}.permission_set" for place in range(len(pairs))],
    )
    _assignable(accounts)
    units = catalogue.units(session)
    targets = tuple(
        Target(catalogue.account(account, units), catalogue.permission_set(permission_set))
        for account, permission_set in zip(accounts, permission_sets, strict=True)
    )
    _different(targets)
    return targets


def duration(asked: timedelta | None) -> timedelta | None:
    """Return the duration that is asked for, if it is one that can be kept."""
    if asked is None:
        return None
    if asked <= timedelta() or asked % timedelta(seconds=1):
        message = "a duration is a positive number of whole seconds"
        raise DurationOutOfBounds(message, errors=[FieldError("duration", message)])
    return asked


def _assignable(accounts: Sequence[Account]) -> None:
    obstacles = [
        FieldError(f"targets.{place}.account", obstacle)
        for place, account in enumerate(accounts)
        if (obstacle := _obstacle(account))
    ]
    if obstacles:
        raise AccountNotAssignable(obstacles[0].message, errors=obstacles)


def _obstacle(account: Account) -> str | None:
    if account.is_management:
        return (
            f"{account.name} ({account.id}) is the organization's management account, where a delegated "
            "administrator cannot assign: use an administrator's standing access there"
        )
    if account.status != "ACTIVE":
        return (
            f"{account.name} ({account.id}) is {account.status}, and AWS assigns nothing there: "
            "ask again once the account is active"
        )
    return None


def _different(targets: Sequence[Target]) -> None:
    times = Counter((target.account.id, target.permission_set.arn) for target in targets)
    if max(times.values()) > 1:
        raise texts.refused("targets", "the same account and permission set are named twice")
