"""The settings that say who somebody is: the identity provider, and logins."""

from datetime import timedelta
from typing import Any

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from protem.domain import origins
from protem.domain.identification import ALGORITHMS, KNOWN_ALGORITHMS, Matches
from protem.setting_types import Duration, Names


class IdentitySettings(BaseSettings):
    """What is about people: these settings depend on each other, and half of them is refused."""

    model_config = SettingsConfigDict(env_prefix="PROTEM_", frozen=True)

    public_url: str | None = Field(
        default=None, description="Where people reach Protem, such as https://protem.example.com."
    )
    oidc_issuer: str | None = Field(
        default=None, description="The identity provider that is believed: its issuer, to the letter."
    )
    oidc_audience: str | None = Field(
        default=None, min_length=1, description="The `aud` of bearer tokens that are meant for Protem."
    )
    oidc_client_id: str | None = Field(
        default=None,
        min_length=1,
        validate_default=True,
        description="As which client of the identity provider people log in with a browser.",
    )
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="The secret of that client; a public one has none."
    )
    oidc_scopes: Names = Field(
        default=("openid", "email", "profile"), description="What is asked for at a login, between commas."
    )
    oidc_claim: str = Field(
        default="email", min_length=1, description="The claim of a token that says who somebody is."
    )
    oidc_matches: Matches = Field(
        default=Matches.USER_NAME,
        description="What of an Identity Center user it has to be: `user_name`, `email` or `external_id`.",
    )
    oidc_email_asserted: bool = Field(
        default=False,
        description="Whether `email` counts without `email_verified`: only if nobody can set their own.",
    )
    oidc_algorithms: Names = Field(
        default=ALGORITHMS, description="What tokens may be signed with, between commas."
    )
    oidc_leeway: Duration = Field(
        default=timedelta(seconds=30),
        ge=timedelta(),
        le=timedelta(minutes=2),
        description="By how much the clock of the identity provider may be off, PT2M at most.",
    )
    login_lifetime: Duration = Field(
        default=timedelta(hours=12),
        gt=timedelta(),
        le=timedelta(days=7),
        description="How long a login holds, however much it is used; P7D at most.",
    )
    login_idle: Duration = Field(
        default=timedelta(hours=1),
        ge=timedelta(minutes=2),
        description="How long a login holds that nobody uses; PT2M at least.",
    )

    @field_validator("public_url")
    @classmethod
    def _origin(cls, address: str | None) -> str | None:
        if address is None:
            return None
        origins.require_private(address)
        if address.rstrip("/").lower() != origins.origin(address):
            message = "it must be scheme, host and port only, such as https://protem.example.com"
            raise ValueError(message)
        return origins.origin(address)

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, issuer: str | None) -> str | None:
        return None if issuer is None else origins.require_private(issuer)

    @field_validator("oidc_audience", "oidc_client_id", "oidc_client_secret")
    @classmethod
    def _whole(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse half of a configuration, which would look as if it protected something."""
        given, name = info.data, info.field_name or ""
        if value is not None and given.get("oidc_issuer") is None:
            needed = "PROTEM_OIDC_ISSUER"
        elif name == "oidc_client_id" and value is not None and given.get("public_url") is None:
            needed = "PROTEM_PUBLIC_URL, where the identity provider sends people back to"
        elif name == "oidc_client_secret" and value is not None and given.get("oidc_client_id") is None:
            needed = "PROTEM_OIDC_CLIENT_ID"
        elif name == "oidc_client_id" and value is None and _idle(given):
            message = "PROTEM_OIDC_ISSUER needs PROTEM_OIDC_AUDIENCE, for tokens, or this, for logging in"
            raise ValueError(message)
        else:
            return value
        message = f"this needs {needed}"
        raise ValueError(message)

    @field_validator("oidc_scopes")
    @classmethod
    def _scopes(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in scopes:
            message = "openid must be among them"
            raise ValueError(message)
        return scopes

    @field_validator("oidc_algorithms")
    @classmethod
    def _algorithms(cls, algorithms: tuple[str, ...]) -> tuple[str, ...]:
        if not algorithms or not KNOWN_ALGORITHMS.issuperset(algorithms):
            message = f"these can be {', '.join(sorted(KNOWN_ALGORITHMS))}"
            raise ValueError(message)
        return algorithms

    @field_validator("login_idle")
    @classmethod
    def _within_lifetime(cls, idle: timedelta, info: ValidationInfo) -> timedelta:
        if idle > info.data.get("login_lifetime", idle):
            message = "this is longer than PROTEM_LOGIN_LIFETIME"
            raise ValueError(message)
        return idle


def _idle(given: dict[str, Any]) -> bool:
    return given.get("oidc_issuer") is not None and given.get("oidc_audience") is None
