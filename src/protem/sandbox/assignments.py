"""The assignments: a set of triples, and the roles they leave in accounts."""

from dataclasses import dataclass

from protem.sandbox.directory import Directory, PrincipalType
from protem.sandbox.permission_sets import PermissionSets
from protem.sandbox.timeline import Timeline

Place = tuple[str, str]
"""An account and the ARN of a permission set: where there is one role."""

Principal = tuple[PrincipalType, str]


@dataclass(frozen=True, slots=True, order=True)
class Assignment:
    account_id: str
    permission_set_arn: str
    principal_id: str
    principal_type: PrincipalType = "USER"

    @property
    def place(self) -> Place:
        return self.account_id, self.permission_set_arn

    @property
    def principal(self) -> Principal:
        return self.principal_type, self.principal_id


class Assignments:
    """What stands in AWS; `put` and `remove` are changes made by somebody else, at once."""

    def __init__(
        self,
        *,
        timeline: Timeline,
        directory: Directory,
        permission_sets: PermissionSets,
        removed_principals_vanish: bool,
    ) -> None:
        self._timeline = timeline
        self._directory = directory
        self._permission_sets = permission_sets
        self._removed_principals_vanish = removed_principals_vanish
        self._standing: dict[Place, set[Assignment]] = {}
        self._held: dict[Principal, set[Assignment]] = {}
        self._provisioned: dict[Place, int] = {}

    def put(
        self,
        account_id: str,
        permission_set_arn: str,
        principal_id: str,
        *,
        principal_type: PrincipalType = "USER",
    ) -> None:
        self.include(Assignment(account_id, permission_set_arn, principal_id, principal_type))

    def remove(
        self,
        account_id: str,
        permission_set_arn: str,
        principal_id: str,
        *,
        principal_type: PrincipalType = "USER",
    ) -> None:
        self.exclude(Assignment(account_id, permission_set_arn, principal_id, principal_type))

    def include(self, assignment: Assignment) -> None:
        with self._timeline:
            self._standing.setdefault(assignment.place, set()).add(assignment)
            self._held.setdefault(assignment.principal, set()).add(assignment)
            version = self._version_of(assignment.permission_set_arn)
            self._provisioned.setdefault(assignment.place, version)

    def exclude(self, assignment: Assignment) -> None:
        """Take one away; with the last in its account goes the role, and what was provisioned."""
        with self._timeline:
            beside = self._standing.get(assignment.place, set())
            beside.discard(assignment)
            self._held.get(assignment.principal, set()).discard(assignment)
            if not beside:
                self._standing.pop(assignment.place, None)
                self._provisioned.pop(assignment.place, None)

    def holds(
        self,
        *,
        account_id: str,
        permission_set_arn: str,
        principal_id: str,
        principal_type: PrincipalType = "USER",
    ) -> bool:
        wanted = Assignment(account_id, permission_set_arn, principal_id, principal_type)
        return wanted in self.at(wanted.place)

    def at(self, place: Place) -> list[Assignment]:
        with self._timeline:
            return [a for a in self._standing.get(place, ()) if self._is_listed(a)]

    def of(self, principal: Principal) -> list[Assignment]:
        with self._timeline:
            return [a for a in self._held.get(principal, ()) if self._is_listed(a)]

    def all(self) -> list[Assignment]:
        with self._timeline:
            return sorted(a for place in self._standing for a in self.at(place))

    def provisioned(self) -> dict[Place, bool]:
        """Map each place to whether the account has the latest version of the permission set."""
        with self._timeline:
            return {
                place: version == self._version_of(place[1]) for place, version in self._provisioned.items()
            }

    def _version_of(self, permission_set_arn: str) -> int:
        found = self._permission_sets.get(permission_set_arn)
        return found.version if found else 0

    def _is_listed(self, assignment: Assignment) -> bool:
        return not self._removed_principals_vanish or self._directory.knows(
            assignment.principal_id, principal_type=assignment.principal_type
        )
