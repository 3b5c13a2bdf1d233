"""Whom an identity provider names: what is believed, and the refusals."""

from enum import StrEnum

from protem.domain.errors import CredentialRefused, Refusal
from protem.domain.rejections import Rejection

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""What tokens may be signed with unless something else is said."""
KNOWN_ALGORITHMS = frozenset({*ALGORITHMS, "RS384", "RS512", "PS384", "PS512", "ES384", "ES512"})
"""Signatures by a key that only the provider has; with the others, whoever can check could also sign."""


class Matches(StrEnum):
    """What of an Identity Center user a claim has to be."""

    USER_NAME = "user_name"
    EMAIL = "email"
    EXTERNAL_ID = "external_id"


class IdentityRefused(CredentialRefused):
    code = "identity-refused"
    title = "The identity provider names nobody whom Protem knows for sure"
    reason = Rejection.IDENTITY


class IdentityProviderUnavailable(Refusal):
    code = "identity-provider-unavailable"
    title = "The identity provider does not answer"


class LoginOver(Refusal):
    code = "login-over"
    title = "The login is over already"
