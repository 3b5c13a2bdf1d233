"""Which accounts and permission sets the catalogue has for what an author wrote."""

from collections.abc import Iterator

from protem.broker.documents.directory import Directory
from protem.domain import names
from protem.domain.catalogue import Account, Estate
from protem.domain.entitlements import Entitlement, When
from protem.domain.selectors import Accounts, PermissionSets, Wanted, tagged


def about_permission_sets(wanted: PermissionSets, directory: Directory) -> Iterator[str]:
    """Yield a warning for each name, pattern and set of tags that picks no permission set."""
    for name in (*wanted.names, *wanted.excluded):
        if names.handle("permission-set", name) not in directory.handles:
            yield f"the catalogue knows no permission set {name!r}"
    for pattern in wanted.patterns:
        if not PermissionSets(patterns=(pattern,)).pick(directory.estate):
            yield f"no permission set has a name like {pattern!r}"
    if wanted.tags and not PermissionSets(tags=wanted.tags).pick(directory.estate):
        yield f"no permission set has the tags {_text(wanted.tags)}"


def about_accounts(wanted: Accounts, directory: Directory) -> Iterator[str]:
    """Yield a warning for each account and unit that is not there, and for places without accounts."""
    for account in (*wanted.named, *wanted.excluded):
        if names.handle("account", account) not in directory.handles:
            yield f"the catalogue knows no account {account}"
    known = tuple(unit for unit in wanted.units if names.unit_handle(unit) in directory.handles)
    for unit in wanted.units:
        if unit not in known:
            yield f"the catalogue knows no organizational unit {unit!r}"
    placed = Accounts(units=known, tags=wanted.tags)
    if (known or (wanted.tags and not wanted.units)) and not placed.pick(directory.estate):
        yield f"no account is {_where(placed)}"


def concerned(rule: Entitlement, when: When, estate: Estate) -> bool:
    """Tell whether what a condition says of accounts and permission sets holds for any that the rule has."""
    if when.permission_sets is not None:
        offered = rule.permission_sets.pick(estate)
        if offered and not any(when.permission_sets.include(one) for one in offered):
            return False
    reached = reach(rule, estate)
    return not reached or any(tagged(account.tags, when.account_tags) for account in reached)


def reach(rule: Entitlement, estate: Estate) -> tuple[Account, ...]:
    """Return the accounts of a rule in which AWS can assign anything."""
    return tuple(account for account in rule.accounts.pick(estate) if account.assignable)


def _where(placed: Accounts) -> str:
    below = f"below {' or '.join(placed.units)}" if placed.units else ""
    tags = f"tagged {_text(placed.tags)}" if placed.tags else ""
    return " and ".join(part for part in (below, tags) if part)


def _text(tags: Wanted) -> str:
    return ", ".join(f"{name}={'|'.join(sorted(values))}" for name, values in tags)
