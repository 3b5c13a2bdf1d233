"""Policies for AWS, made from the table of permissions: for the reconciler's role, and around it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from protem.identity_center.permissions import (
    ACCOUNTS,
    ANYTHING,
    PERMISSION_SETS,
    PERMISSIONS,
    Permission,
    Use,
)

Document = Mapping[str, Any]

_NAMES = {"sso-admin": "ReadIdentityCenter", "identitystore": "ReadPeople"}

_LASTING = (
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreateOpenIDConnectProvider",
    "iam:CreateRole",
    "iam:CreateSAMLProvider",
    "iam:CreateServiceSpecificCredential",
    "iam:CreateUser",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
    "iam:UploadSigningCertificate",
    "rolesanywhere:CreateTrustAnchor",
)
"""What lasts longer than any grant: ways of coming back without Identity Center."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far a reconciler's role reaches; what is not named is not narrowed."""

    partition: str = "aws"
    instance: str = "*"
    """The id of the instance, as in ``ssoins-0123456789abcdef``."""
    store: str = "*"
    accounts: tuple[str, ...] = ()
    """Where assignments may be made; everywhere if empty."""
    tag: tuple[str, str] | None = None
    """The tag, with its value, of the permission sets that may be given out."""
    management_account: str | None = None
    """Where nothing may ever be assigned."""
    kms_key: str | None = None
    """The customer managed key that Identity Center is encrypted with, if there is one."""


def role_policy(reach: Reach) -> Document:
    """Return the policy of the reconciler's role: what the code can call, and nothing else."""
    return _policy(_statements(reach))


def guard_rail(*, prefix: str, partition: str = "aws") -> Document:
    """Return a service control policy for sessions with permission sets whose names begin with ``prefix``.

    It keeps them from making what outlives them. AWS applies none of it in the management account.
    """
    role = f"arn:{partition}:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_{prefix}*"
    condition = {"ArnLike": {"aws:PrincipalArn": role}}
    return _policy([_statement("NothingThatLasts", _LASTING, ["*"], effect="Deny", condition=condition)])


def _statements(reach: Reach) -> Iterator[Document]:
    everywhere = replace(reach, accounts=())
    yield from _beginning(reach)
    # No condition and no list of accounts: what was given has to be taken away whatever became of it.
    yield _statement("End", _actions(Use.END), _arns(_of(Use.END), everywhere))
    for name, same in _reads().items():
        yield _statement(name, [one.action for one in same], _arns(same, everywhere))
    if reach.kms_key is not None:
        yield _statement("Decrypt", ["kms:Decrypt"], [reach.kms_key])
    if reach.management_account is not None:
        management = ACCOUNTS.format(partition=reach.partition, account=reach.management_account)
        writes = [*_actions(Use.BEGIN), *_actions(Use.END)]
        yield _statement("NeverTheManagementAccount", writes, [management], effect="Deny")


def _beginning(reach: Reach) -> Iterator[Document]:
    arns = _arns(_of(Use.BEGIN), reach)
    if reach.tag is None:
        yield _statement("Begin", _actions(Use.BEGIN), arns)
        return
    # Accounts know no tags here: a condition on all three would allow nothing.
    sets = _filled((PERMISSION_SETS,), reach)
    name, value = reach.tag
    tagged = {"StringEquals": {f"aws:ResourceTag/{name}": value}}
    yield _statement("Begin", _actions(Use.BEGIN), [arn for arn in arns if arn not in sets])
    yield _statement("BeginWithTagged", _actions(Use.BEGIN), sets, condition=tagged)


def _of(use: Use) -> list[Permission]:
    return [one for one in PERMISSIONS if one.use is use]


def _actions(use: Use) -> list[str]:
    return [one.action for one in _of(use)]


def _reads() -> dict[str, list[Permission]]:
    """Return what reads, under the names of statements: an ARN of another service narrows nothing."""
    named: dict[str, list[Permission]] = {}
    for one in _of(Use.READ):
        name = "ReadAnything" if one.resources == (ANYTHING,) else _NAMES[one.service]
        named.setdefault(name, []).append(one)
    return named


def _arns(permissions: Iterable[Permission], reach: Reach) -> list[str]:
    return _filled(tuple(dict.fromkeys(arn for one in permissions for arn in one.resources)), reach)


def _filled(forms: Iterable[str], reach: Reach) -> list[str]:
    return [
        form.format(partition=reach.partition, instance=reach.instance, store=reach.store, account=account)
        for form in forms
        for account in ((reach.accounts or ("*",)) if "{account}" in form else ("*",))
    ]


def _statement(
    sid: str,
    actions: Iterable[str],
    resources: Iterable[str],
    *,
    effect: str = "Allow",
    condition: Document | None = None,
) -> Document:
    made = {"Sid": sid, "Effect": effect, "Action": sorted(actions), "Resource": list(resources)}
    return {**made, "Condition": condition} if condition else made


def _policy(statements: Iterable[Document]) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}
