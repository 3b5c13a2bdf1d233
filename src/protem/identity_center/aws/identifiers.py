"""Identifiers are checked before they leave: botocore looks at lengths, not at patterns."""

import re

from protem.domain import names

_INSTANCE_ARN = r"^arn:aws(-[a-z]{1,5}){0,3}:sso:::instance/(sso)?ins-[a-zA-Z0-9\-.]{16}$"

_PATTERNS = {
    "InstanceArn": re.compile(_INSTANCE_ARN, re.ASCII),
    "PermissionSetArn": re.compile(names.PERMISSION_SET_ARN, re.ASCII),
    "AccountId": re.compile(names.ACCOUNT_ID, re.ASCII),
    "TargetId": re.compile(names.ACCOUNT_ID, re.ASCII),
    "PrincipalId": re.compile(names.PRINCIPAL_ID, re.ASCII),
}


class InvalidIdentifier(ValueError):
    """A parameter does not look as AWS writes it."""


def require_valid(**parameters: str) -> None:
    """Raise ``InvalidIdentifier`` unless every parameter, by AWS's name for it, fits AWS's pattern."""
    for name, text in parameters.items():
        if not _PATTERNS[name].fullmatch(text):
            message = f"{name} cannot be {text!r}"
            raise InvalidIdentifier(message)
