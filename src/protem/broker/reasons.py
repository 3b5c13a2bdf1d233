"""What about the catalogue made an entitlement reach further, in words."""

from collections.abc import Iterator

from protem.broker.ground import Ground
from protem.domain import names
from protem.domain.catalogue import Account, PermissionSet, Tags
from protem.domain.entitlements import Entitlement
from protem.domain.selectors import People, Wanted


def why(rule: Entitlement, before: Ground, after: Ground) -> Iterator[str]:
    """Yield a sentence for each thing that a rule reaches and did not, as far as it can be told."""
    for account in rule.accounts.pick(after.estate):
        old = before.accounts.get(account.id)
        if old is None or not rule.accounts.include(old):
            yield f"{account.name} ({account.id}) {_of_account(rule, old, account)}"
    for found in rule.permission_sets.pick(after.estate):
        known = before.permission_sets.get(found.arn)
        if known is None or not rule.permission_sets.include(known):
            yield f"{found.name} {_of_permission_set(rule, known, found)}"
    yield from _people(rule.requesters, before, after)
    yield from (
        f"{sentence}, and may ask for others" for sentence in _people(rule.requesters_for, before, after)
    )


def _of_account(rule: Entitlement, old: Account | None, new: Account) -> str:
    if old is None:
        return "is new, or can be assigned again"
    entered = [
        unit
        for unit in rule.accounts.units
        if names.unit_handle(unit) in new.units and names.unit_handle(unit) not in old.units
    ]
    if entered:
        return f"is below {entered[0]} now"
    return _tagged(rule.accounts.tags, old.tags, new.tags) or _renamed(old.name, new.name)


def _of_permission_set(rule: Entitlement, old: PermissionSet | None, new: PermissionSet) -> str:
    if old is None:
        return "is new"
    return _tagged(rule.permission_sets.tags, old.tags, new.tags) or _renamed(old.name, new.name)


def _tagged(wanted: Wanted, old: Tags, new: Tags) -> str:
    for name, values in wanted:
        had, has = dict(old).get(name), dict(new).get(name)
        if has in values and had not in values:
            return f"has the tag {name}={has} now" + ("" if had is None else f", not {name}={had}")
    return ""


def _renamed(old: str, new: str) -> str:
    return "has changed" if old == new else f"was called {old}"


def _people(people: People, before: Ground, after: Ground) -> Iterator[str]:
    joined = after.members(people) - before.members(people)
    called = after.directory.user_names
    for person in sorted(joined, key=called.__getitem__):
        into = next((group for group in people.groups if _inside(person, group, after)), "the directory")
        yield f"{called[person]} is in {into} now"


def _inside(person: str, group: str, ground: Ground) -> bool:
    directory = ground.directory
    return any(person in directory.group_members.get(id_, ()) for id_ in directory.groups.meant(group))
