"""Every read that Protem needs, as one harmless call each; none comes before what it asks about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Parameters = Mapping[str, Any]
Answer = Mapping[str, Any]

NOBODYS_OPERATION = "00000000-0000-4000-8000-000000000000"
"""AWS answers that there is no such operation, to those whom it answers at all."""


@dataclass(slots=True)
class Known:
    """What the answers have told so far; None where none did."""

    instances: tuple[tuple[str, str], ...] | None = None
    """ARN and identity store of each."""
    instance: str | None = None
    store: str | None = None
    permission_set: str | None = None
    group: str | None = None
    root: str | None = None
    account: str | None = None
    management_account: str | None = None

    def within(self, wanted: str | None) -> None:
        """Settle on the instance that is wanted, or on the only one."""
        found = dict(self.instances or ())
        if wanted is None and len(found) == 1:
            self.instance, self.store = next(iter(found.items()))
        elif wanted is not None:
            self.instance, self.store = wanted, found.get(wanted)


@dataclass(frozen=True, slots=True)
class Read:
    """One call; ``needs`` are the names of its parameters and of what is known for each."""

    service: str
    operation: str
    needs: Mapping[str, str]
    fixed: Parameters
    learn: Callable[[Known, Answer], None]

    def parameters(self, known: Known) -> Parameters | None:
        """Return what to call it with; None while something is not known."""
        found = {name: getattr(known, fact) for name, fact in self.needs.items()}
        return None if None in found.values() else {**self.fixed, **found}


Learn = Callable[[Known, Answer], None]


def _nothing(known: Known, answer: Answer) -> None:
    pass


def _instances(known: Known, answer: Answer) -> None:
    known.instances = tuple((one["InstanceArn"], one["IdentityStoreId"]) for one in answer["Instances"])


def _first(fact: str, *path: str) -> Learn:
    """Learn a fact from the first of a list: the list's name, and the member's if it has members."""

    def learn(known: Known, answer: Answer) -> None:
        for one in answer.get(path[0], ())[:1]:
            setattr(known, fact, one[path[1]] if len(path) > 1 else one)

    return learn


def _management(known: Known, answer: Answer) -> None:
    known.management_account = answer["Organization"]["MasterAccountId"]


def _account(known: Known, answer: Answer) -> None:
    # In the management account a delegated administrator may do nothing, and nobody else should.
    ids = [one["Id"] for one in answer["Accounts"] if one["Id"] != known.management_account]
    known.account = ids[0] if ids else None


def _sso(operation: str, learn: Learn = _nothing, *, sent: Parameters | None = None, **needs: str) -> Read:
    return Read("sso-admin", operation, {"InstanceArn": "instance", **needs}, sent or {}, learn)


def _of_a_set(operation: str, **needs: str) -> Read:
    about = {"InstanceArn": "instance", "PermissionSetArn": "permission_set", **needs}
    return Read("sso-admin", operation, about, {}, _nothing)


def _store(operation: str, learn: Learn = _nothing, **needs: str) -> Read:
    return Read("identitystore", operation, {"IdentityStoreId": "store", **needs}, {"MaxResults": 1}, learn)


def _organizations(operation: str, learn: Learn = _nothing, **needs: str) -> Read:
    return Read("organizations", operation, needs, {}, learn)


FIRST = Read("sso-admin", "ListInstances", {}, {}, _instances)
"""What tells which instance all the others are about."""

READS: tuple[Read, ...] = (
    _organizations("DescribeOrganization", _management),
    _organizations("ListAccounts", _account),
    _organizations("ListRoots", _first("root", "Roots", "Id")),
    _organizations("ListOrganizationalUnitsForParent", ParentId="root"),
    _organizations("ListParents", ChildId="account"),
    _organizations("ListTagsForResource", ResourceId="account"),
    _sso("ListPermissionSets", _first("permission_set", "PermissionSets")),
    _of_a_set("DescribePermissionSet"),
    _of_a_set("ListManagedPoliciesInPermissionSet"),
    _of_a_set("ListCustomerManagedPolicyReferencesInPermissionSet"),
    _of_a_set("GetInlinePolicyForPermissionSet"),
    _of_a_set("GetPermissionsBoundaryForPermissionSet"),
    _sso("ListTagsForResource", ResourceArn="permission_set"),
    _of_a_set("ListAccountsForProvisionedPermissionSet"),
    _of_a_set("ListAccountAssignments", AccountId="account"),
    _sso(
        "ListAccountAssignmentsForPrincipal",
        sent={"PrincipalId": NOBODYS_OPERATION, "PrincipalType": "USER"},
    ),
    _sso("ListAccountAssignmentCreationStatus", sent={"Filter": {"Status": "IN_PROGRESS"}}),
    _sso("ListAccountAssignmentDeletionStatus", sent={"Filter": {"Status": "IN_PROGRESS"}}),
    _sso(
        "DescribeAccountAssignmentCreationStatus",
        sent={"AccountAssignmentCreationRequestId": NOBODYS_OPERATION},
    ),
    _sso(
        "DescribeAccountAssignmentDeletionStatus",
        sent={"AccountAssignmentDeletionRequestId": NOBODYS_OPERATION},
    ),
    _store("ListUsers"),
    Read(
        "identitystore",
        "DescribeUser",
        {"IdentityStoreId": "store"},
        {"UserId": NOBODYS_OPERATION},
        _nothing,
    ),
    _store("ListGroups", _first("group", "Groups", "GroupId")),
    _store("ListGroupMemberships", GroupId="group"),
)
