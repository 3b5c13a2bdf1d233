"""The status of what concerns identity providers and logins, and what to do about it."""

from collections.abc import Mapping

from protem.api.advice import Problem
from protem.domain import identification
from protem.domain.errors import Refusal

PROBLEMS: Mapping[type[Refusal], Problem] = {
    identification.IdentityRefused: Problem(
        403,
        "`detail` says what is in the way: your entry in Identity Center, in the identity provider, or both.",
    ),
    identification.IdentityProviderUnavailable: Problem(
        503,
        "Try again. What was asked was not done. Tokens from `protem tokens create` work without it.",
        {"Retry-After": "2"},
    ),
    identification.LoginOver: Problem(
        409,
        "Nothing is left to do: whoever had it has to log in again.",
    ),
}
