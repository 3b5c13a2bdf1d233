"""One listing that tells of many rows: what one principal holds, or who holds one thing in one account."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from protem.identity_center.gateway import Assignments
from protem.identity_center.values import AssignmentKey, Holder
from protem.reconciler.claims import Work
from protem.reconciler.traffic import Running

Holds = Callable[[AssignmentKey], bool]
"""Says of an assignment that the listing is about whether it was listed."""


@dataclass(frozen=True, slots=True)
class Place:
    """One permission set in one account."""

    instance_arn: str
    account_id: str
    permission_set_arn: str

    def covers(self, key: AssignmentKey) -> bool:
        return self == place_of(key)

    def listed(self, assignments: Assignments) -> Holds:
        found = assignments.holders(
            instance_arn=self.instance_arn,
            account_id=self.account_id,
            permission_set_arn=self.permission_set_arn,
        )
        return lambda key: key.holder in found


@dataclass(frozen=True, slots=True)
class Person:
    """One principal, wherever."""

    instance_arn: str
    holder: Holder

    def covers(self, key: AssignmentKey) -> bool:
        return self == person_of(key)

    def listed(self, assignments: Assignments) -> Holds:
        found = assignments.held_by(self.holder, instance_arn=self.instance_arn)
        return lambda key: key in found


Subject = Place | Person


@dataclass(frozen=True, slots=True)
class Survey:
    """A listing that is about to be made, and what waits for it."""

    subject: Subject
    works: tuple[Work, ...]
    running: tuple[Running, ...]


def place_of(key: AssignmentKey) -> Place:
    return Place(key.instance_arn, key.account_id, key.permission_set_arn)


def person_of(key: AssignmentKey) -> Person:
    return Person(key.instance_arn, key.holder)


def best_about(key: AssignmentKey, waiting: Iterable[AssignmentKey], *, person: bool) -> Subject:
    """Return the listing about ``key`` that tells of the most; ``person`` says whether it may be of one."""
    place, whole = place_of(key), person_of(key)
    if not person:
        return place
    others = list(waiting)
    at_place, of_person = sum(map(place.covers, others)), sum(map(whole.covers, others))
    return whole if of_person > at_place else place


def broadest(
    running: Sequence[Running], weights: Mapping[str, float], *, person: Callable[[Person], bool]
) -> Subject:
    """Return the listing that tells of the most of these operations, by the weights of their ids."""
    told: dict[Subject, float] = defaultdict(float)
    for one in running:
        told[place_of(one.key)] += weights[one.operation_id]
    for one in running:
        if person(whole := person_of(one.key)):
            told[whole] += weights[one.operation_id]
    return max(told, key=lambda subject: told[subject])
