"""Whether there are enough people to approve, to own and to review, besides those who ask."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from protem.broker.documents.directory import Directory
from protem.domain.approvals import Answer, Cast, missing
from protem.domain.catalogue import Account
from protem.domain.entitlements import Approval, ApprovalStep, Entitlement
from protem.domain.selectors import tagged
from protem.domain.steps import Step

_NAMED_AT_MOST = 3
_MOST_SEATS = 100

Able = Mapping[str, frozenset[str]]
"""Who can serve each step, by its name."""


def without_people(
    rule: Entitlement, approval: Approval, directory: Directory, *, owners_at_most: int
) -> Iterator[str]:
    """Yield a warning when nobody, or nobody but the requester, could fill the steps.

    Where owners are asked, that is looked at for each, up to so many of them.
    """
    seats = sum(step.required for step in approval.steps)
    if seats > _MOST_SEATS:
        yield f"its steps ask for {seats} people altogether, which nobody will wait for"
        return
    owned = _by_owner(rule, approval, directory)
    asking = directory.members(rule.requesters) | directory.members(rule.requesters_for)
    told: dict[str, list[str]] = {}
    for owner, asked in islice(owned.items(), owners_at_most):
        able = _able(approval, owner, asked, directory)
        for sentence in _about(approval.steps, able, asking, directory):
            told.setdefault(sentence, []).append(owner)
    for sentence, owners in islice(told.items(), _NAMED_AT_MOST):
        everywhere = len(owners) == min(len(owned), owners_at_most)
        yield sentence if everywhere else f"in what {_some(owners)} owns, {sentence}"
    if len(told) > _NAMED_AT_MOST:
        yield f"too few people could approve for {len(told) - _NAMED_AT_MOST} more owners, too"
    if len(owned) > owners_at_most:
        yield f"it has {len(owned)} owners, of whom only {owners_at_most} were looked at"


def without_owners(rule: Entitlement, approval: Approval, directory: Directory) -> Iterator[str]:
    """Yield a warning for each step that asks owners whom some accounts in reach do not have."""
    for step in approval.steps:
        tag = step.approvers.owner_tag
        if tag is None:
            continue
        accounts = _concerned(rule, step, directory)
        owners = {account.name: account.tag(tag) for account in accounts}
        if unowned := [name for name, owner in owners.items() if not owner]:
            yield f"step {step.name} asks the owner, but {_some(unowned)} has no tag {tag}"
        nameless = sorted({owner for owner in owners.values() if owner and not directory.owners(owner)})
        if nameless:
            yield f"step {step.name} asks the owner, but nobody is meant by {tag}={_some(nameless)}"


def without_reviewers(rule: Entitlement, directory: Directory) -> Iterator[str]:
    """Yield a warning when broken glass would be told to nobody, or to nobody else."""
    told = directory.members(rule.notify)
    if not told:
        yield "notify names nobody whom the catalogue knows: broken glass would go unseen"
    elif len(told) == 1 and told <= directory.members(rule.requesters):
        (only,) = told
        yield f"notify names {directory.user_names[only]} only, who could not review what they ask for"


def _about(
    steps: Sequence[ApprovalStep], able: Able, asking: frozenset[str], directory: Directory
) -> Iterator[str]:
    if lacking := _unfilled(steps, able):
        always = [step for step in steps if not step.when]
        if _unfilled(always, able):
            yield f"too few people can serve {lacking}; its requests will be refused"
        else:
            yield f"too few people can serve {lacking} where it is needed; such requests will be refused"
        return
    seats = sum(step.required for step in steps)
    # A step with more people than there are seats can spare anybody.
    scarce = frozenset[str]().union(*(people for people in able.values() if len(people) <= seats))
    stranded = (
        f"{directory.user_names[person]} ({lacking})"
        for person in sorted(scarce & asking)
        if (lacking := _unfilled(steps, able, without=person))
    )
    if named := list(islice(stranded, _NAMED_AT_MOST)):
        yield f"too few people could approve besides the requester for {', '.join(named)}"


def _unfilled(steps: Sequence[ApprovalStep], able: Able, *, without: str = "") -> str:
    """Return the steps for which there are too few people, each serving one only."""
    seats = sum(step.required for step in steps)
    # A step with as many people as there are seats is filled whomever the others take.
    short = [step for step in steps if len(able[step.name]) - (without in able[step.name]) < seats]
    if not short:
        return ""
    open_to: dict[str, list[str]] = {}
    for step in short:
        for person in sorted(able[step.name] - {without}):
            open_to.setdefault(person, []).append(step.name)
    casts = [Cast(person, Answer.APPROVE, tuple(found)) for person, found in sorted(open_to.items())]
    concrete = [Step(step.name, step.approvers, step.required) for step in short]
    return ", ".join(f"step {name}" for name in missing(concrete, casts))


def _by_owner(rule: Entitlement, approval: Approval, directory: Directory) -> Mapping[str, set[str]]:
    """Return the steps that ask each owner of anything in reach whom the catalogue knows."""
    owned: dict[str, set[str]] = {}
    for step in approval.steps:
        if tag := step.approvers.owner_tag:
            for owner in {account.tag(tag): None for account in _concerned(rule, step, directory)}:
                if owner and directory.owners(owner):
                    owned.setdefault(owner, set()).add(step.name)
    return owned or {"": set()}


def _able(approval: Approval, owner: str, asked: set[str], directory: Directory) -> Able:
    owners = directory.owners(owner) if asked else frozenset[str]()
    named = {step.name: directory.members(step.approvers) for step in approval.steps}
    return {name: people | owners if name in asked else people for name, people in named.items()}


def _concerned(rule: Entitlement, step: ApprovalStep, directory: Directory) -> tuple[Account, ...]:
    """Return the accounts in reach for which a step can be needed."""

    def concerns(account: Account) -> bool:
        tagged_so = (tagged(account.tags, when.account_tags) for when in step.when)
        return account.assignable and (not step.when or any(tagged_so))

    reached = rule.accounts.pick(directory.estate)
    found: tuple[Account, ...] = directory.estate.picked((rule.accounts, step.when), reached, concerns)
    return found


def _some(items: Iterable[str]) -> str:
    """Return the first few, and how many there are besides."""
    found = list(items)
    more = f" and {len(found) - _NAMED_AT_MOST} more" if len(found) > _NAMED_AT_MOST else ""
    return ", ".join(found[:_NAMED_AT_MOST]) + more
