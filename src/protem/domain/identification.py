"""Refusals about whom an identity provider names, and about logins."""

from protem.domain.errors import Refusal


class IdentityRefused(Refusal):
    code = "identity-refused"
    title = "The identity provider names nobody whom Protem knows for sure"


class IdentityProviderUnavailable(Refusal):
    code = "identity-provider-unavailable"
    title = "The identity provider does not answer"


class LoginOver(Refusal):
    code = "login-over"
    title = "The login is over already"
