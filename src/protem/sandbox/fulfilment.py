"""What becomes of an accepted operation, by what is true when it is carried out."""

from dataclasses import dataclass

from protem.sandbox.assignments import Assignment, Assignments
from protem.sandbox.directory import Directory
from protem.sandbox.operations import Operation
from protem.sandbox.organization import Organization
from protem.sandbox.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Fulfilment:
    """Changes the assignments, or answers AWS's reason for leaving them as they are."""

    settings: Settings
    directory: Directory
    organization: Organization
    assignments: Assignments

    def carry_out(self, operation: Operation) -> str | None:
        assignment = operation.assignment
        if refusal := self._account_refuses(assignment.account_id):
            return refusal
        if operation.kind == "creation":
            return self._create(assignment)
        return self._delete(assignment)

    def _create(self, assignment: Assignment) -> str | None:
        if not self._is_known(assignment):
            return self._principal_missing(assignment)
        self.assignments.include(assignment)
        return None

    def _delete(self, assignment: Assignment) -> str | None:
        tolerant = self.settings.delete_for_removed_principal == "succeeded"
        if not self._is_known(assignment) and not tolerant:
            return self._principal_missing(assignment)
        if assignment not in self.assignments.at(assignment.place):
            return self._absent(assignment)
        self.assignments.exclude(assignment)
        return None

    def _is_known(self, assignment: Assignment) -> bool:
        return self.directory.knows(assignment.principal_id, principal_type=assignment.principal_type)

    def _account_refuses(self, account_id: str) -> str | None:
        account = self.organization.account(account_id)
        if account is not None and account.status == "ACTIVE":
            return None
        return f"Obtaining permissions to manage your AWS account '{account_id}' takes longer than usual."

    def _principal_missing(self, assignment: Assignment) -> str:
        return (
            f"Received a 404 status error: the {assignment.principal_type} assignee "
            f"{assignment.principal_id} was not found in directory {self.directory.store_id}"
        )

    def _absent(self, assignment: Assignment) -> str | None:
        if self.settings.delete_of_absent == "succeeded":
            return None
        return (
            "Received a 404 status error: EntitlementItem doesn't exist with the given "
            f"entitlement key EntitlementKey{{accessorId={assignment.principal_id}, "
            f"resourceId={assignment.permission_set_arn}, containerId={assignment.account_id}}}"
        )
