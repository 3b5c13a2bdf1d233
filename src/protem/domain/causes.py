"""Where errors of AWS come from, and what whoever runs Protem can do about each."""

from collections.abc import Mapping
from enum import StrEnum


class Cause(StrEnum):
    """Where an error comes from, as far as it shows; each has its section in docs/operations.md."""

    MANAGEMENT_ACCOUNT = "management_account"
    MISSING_IAM_RIGHTS = "missing_iam_rights"
    CANNOT_LIST = "cannot_list"
    ACCESS_DENIED = "access_denied"
    CREDENTIALS = "credentials"
    CLOCK = "clock"
    ACCOUNT_SUSPENDED = "account_suspended"
    USER_GONE = "user_gone"
    ASSIGNMENT_GONE = "assignment_gone"
    POLICY_MISSING = "policy_missing"
    WRONG_INSTANCE = "wrong_instance"
    PERMISSION_SET_GONE = "permission_set_gone"
    OPERATION_UNKNOWN = "operation_unknown"
    ACCOUNT_GONE = "account_gone"
    INVALID = "invalid"
    CONFLICT = "conflict"
    THROTTLED = "throttled"
    QUOTA = "quota"
    UNFINISHED = "unfinished"
    AWS_FAULT = "aws_fault"
    UNREACHABLE = "unreachable"
    SANDBOX = "sandbox"
    INTERNAL = "internal"
    OTHER = "other"


ADVICE: Mapping[Cause, str] = {
    Cause.MANAGEMENT_ACCOUNT: (
        "A delegated administrator can change nothing in the management account, nor assignments of "
        "permission sets that are provisioned there: delete this assignment from the management "
        "account, and keep that account out of the entitlements."
    ),
    Cause.MISSING_IAM_RIGHTS: (
        "IAM refused Identity Center itself in that account: in the management account, give the role "
        "of Protem the iam: rights that AWS asks for there; in any other, look for a service control "
        "policy that denies iam: to AWSServiceRoleForSSO, and let it through."
    ),
    Cause.CANNOT_LIST: (
        "Protem may not list assignments, so nobody can tell whether this one is gone: allow "
        "sso:ListAccountAssignments to its role; `protem iam-policy` prints all that it needs."
    ),
    Cause.ACCESS_DENIED: (
        "AWS refuses this call to the role of Protem: compare the role with what `protem iam-policy` "
        "prints, run `protem doctor` with it, and look for a service control policy that denies the "
        "call."
    ),
    Cause.CREDENTIALS: (
        "The AWS credentials of the process that reconciles are missing, expired or unknown to AWS: "
        "give it good ones, and check them with `protem doctor` there."
    ),
    Cause.CLOCK: (
        "AWS takes the signature for too old or too new: set the clock of the machine that "
        "reconciles, and keep it set."
    ),
    Cause.ACCOUNT_SUSPENDED: (
        "The account is suspended or being closed, and AWS can do nothing in it: reinstate it, or "
        "wait until it has left the organization and then give the ending up with `protem force- "
        "close`."
    ),
    Cause.USER_GONE: (
        "The user was deleted from the directory before the assignment was: delete the assignment in "
        "Identity Center if it is still listed there, and if AWS does not let you, open a case with "
        "AWS Support."
    ),
    Cause.ASSIGNMENT_GONE: (
        "AWS says that there is nothing to delete, and lists the assignment all the same: delete it "
        "in Identity Center, and if it stays, open a case with AWS Support."
    ),
    Cause.POLICY_MISSING: (
        "The permission set names an IAM policy that the account does not have, or cannot take: put "
        "the policy there under that name, or take it out of the permission set and provision it "
        "again."
    ),
    Cause.PERMISSION_SET_GONE: (
        "AWS does not know the permission set any more, whatever has its name now: delete the "
        "assignment in Identity Center if it is still listed there, and have people ask again."
    ),
    Cause.WRONG_INSTANCE: (
        "AWS does not know this Identity Center instance: check the region and the credentials of the "
        "process that reconciles, and PROTEM_IDENTITY_CENTER_INSTANCE; what was given in an instance "
        "that is gone is gone with it."
    ),
    Cause.OPERATION_UNKNOWN: (
        "AWS no longer knows the operation that it had accepted: there is nothing to do, as Protem "
        "looks for the assignment itself; if this stays, check that the region is the instance's own."
    ),
    Cause.ACCOUNT_GONE: (
        "AWS does not know the account: if it has left the organization, two admins give the ending "
        "up with `protem force-close`; if it has not, check whose credentials Protem has."
    ),
    Cause.INVALID: (
        "AWS does not take the ids that were stored when access was given: delete the assignment in "
        "Identity Center, and report the message, as this should not happen."
    ),
    Cause.CONFLICT: (
        "Another change in this account does not finish: look in Identity Center, and at whoever else "
        "makes changes, such as Terraform, for one that hangs, and let it end or stop it."
    ),
    Cause.THROTTLED: (
        "AWS answers that there are too many calls: find out what else uses Identity Center of this "
        "organization so much, such as Terraform or a scanner, and slow it down; Protem slows itself "
        "down."
    ),
    Cause.QUOTA: (
        "A quota of AWS is used up: find out which in Service Quotas, and have it raised, or make room."
    ),
    Cause.UNFINISHED: (
        "AWS has accepted the operation and does not finish it; Protem asks for it again: look at the "
        "AWS Health Dashboard, and if it lasts, open a case with AWS Support that names the "
        "operation's id."
    ),
    Cause.AWS_FAULT: (
        "AWS fails at this by itself: look at the AWS Health Dashboard, and if it lasts for an hour, "
        "open a case with AWS Support; deleting the assignment in Identity Center is always safe."
    ),
    Cause.UNREACHABLE: (
        "The answers of AWS do not arrive: check the network, the proxy and the name resolution of "
        "the process that reconciles, and that its region is right."
    ),
    Cause.SANDBOX: (
        "A sandbox answers in place of AWS: take AWS_ENDPOINT_URL out of the environment of the "
        "process that reconciles."
    ),
    Cause.INTERNAL: (
        "Protem itself fails at this: look for `reconciler.row_failed` or `reconciler.record_failed` "
        "in the log of the process that reconciles, report what stands there, and delete the "
        "assignment in Identity Center if it cannot wait."
    ),
    Cause.OTHER: (
        "Protem does not know this answer and keeps trying: look it up in AWS's documentation, and "
        "delete the assignment in Identity Center if it cannot wait, which is always safe."
    ),
}
"""What to do, as one sentence for whoever runs Protem."""
