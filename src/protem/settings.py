"""Every setting of Protem, read from ``PROTEM_…`` environment variables."""

from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from protem.domain import durations, origins
from protem.domain.identification import ALGORITHMS, KNOWN_ALGORITHMS, Matches


def _duration(value: object) -> object:
    return durations.parse(value) if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(_duration), PlainSerializer(durations.text)]
"""An ISO 8601 duration of weeks, days, hours, minutes and seconds."""


def _names(value: object) -> object:
    return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names), PlainSerializer(",".join)]
"""Names between commas."""


SHORTEST_RETENTION = timedelta(days=90)
"""The database holds to this as well."""


class Settings(BaseSettings):
    """What an operator can choose; docs/configuration.md explains each."""

    model_config = SettingsConfigDict(env_prefix="PROTEM_", frozen=True)

    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///protem.db"),
        description="Where the store is: a SQLite file, or PostgreSQL for production and replicas.",
    )
    entitlements_file: Path | None = Field(
        default=None,
        description="A YAML file that is applied at start and is then the only source of entitlements.",
    )
    entitlements_strict: bool = Field(
        default=False,
        description="Whether entitlements about which anything is odd are refused, as with `--strict`.",
    )
    host: str = Field(default="127.0.0.1", description="The address that `protem serve` listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port that `protem serve` listens on.")
    tls_terminated: bool = Field(
        default=False, description="Whether something in front speaks TLS: says that others may reach us."
    )
    trusted_proxies: Names = Field(
        default=(),
        description="Whose `X-Forwarded-For` is believed: addresses and networks between commas.",
    )
    public_url: str | None = Field(
        default=None, description="Where people reach Protem, such as https://protem.example.com."
    )
    maximum_connections: int = Field(
        default=900, ge=10, description="How many connections `protem serve` takes at once."
    )
    allow_sandbox: bool = Field(
        default=False, description="Whether a sandbox may answer in place of AWS; never in production."
    )
    admin_groups: Names = Field(
        default=(), description="The Identity Center groups whose members are admins, between commas."
    )
    auditor_groups: Names = Field(
        default=(), description="The Identity Center groups whose members are auditors, between commas."
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
    two_person_rule: bool = Field(
        default=True, description="Whether what could give access takes the word of two admins."
    )
    change_lifetime: Duration = Field(
        default=timedelta(days=1), description="How long a change waits for another admin."
    )
    minimum_duration: Duration = Field(
        default=timedelta(minutes=1), description="The shortest duration that may be asked for."
    )
    maximum_start_ahead: Duration = Field(
        default=timedelta(days=7), description="How far ahead the start of a request may lie."
    )
    identity_center_instance: str | None = Field(
        default=None,
        description="The ARN of the Identity Center instance; needed only where AWS lists more than one.",
    )
    call_rate: float = Field(
        default=18.0, gt=0, le=20, description="AWS calls per second for everything together; AWS allows 20."
    )
    call_threads: int = Field(
        default=16, ge=1, le=64, description="How many AWS calls of the reconciler may be under way at once."
    )
    tick_interval: Duration = Field(
        default=timedelta(seconds=1),
        description="How often the reconciler looks for work that nothing woke it up for.",
    )
    watch_interval: Duration = Field(
        default=timedelta(minutes=10), description="How often an active assignment is looked at in AWS."
    )
    catalogue_interval: Duration = Field(
        default=timedelta(minutes=5), description="How often the catalogue is synchronised."
    )
    standing_access_interval: Duration = Field(
        default=timedelta(hours=1), description="How often standing access is looked for."
    )
    lease_duration: Duration = Field(
        default=timedelta(seconds=6), description="How long a reconciler that fell silent keeps its lease."
    )
    idempotency_retention: Duration = Field(
        default=timedelta(hours=24), description="How long the answer to an Idempotency-Key is kept."
    )
    rate_limit: int = Field(
        default=600,
        ge=1,
        le=100_000,
        description="How many calls a minute each replica takes of one caller.",
    )
    waiters_per_caller: int = Field(
        default=8, ge=1, le=100, description="How many `?wait=` answers one caller may hold open."
    )
    audit_key_file: Path | None = Field(
        default=None, description="The private key that signs the record, as `protem audit keygen` makes it."
    )
    checkpoint_interval: Duration = Field(
        default=timedelta(minutes=5),
        description="How often the end of the record is signed, if it has moved.",
    )
    audit_retention: Duration | None = Field(
        default=None, description="How long what is on record is kept; everything is unless this says so."
    )
    events_file: Path | None = Field(
        default=None, description="A file that every event is appended to, as JSON Lines."
    )
    webhook_networks: Names = Field(
        default=(),
        description="Networks beside the public internet that webhooks may be in, between commas.",
    )
    webhook_timeout: Duration = Field(
        default=timedelta(seconds=10), description="How long one attempt at a delivery may take in all."
    )
    delivery_lifetime: Duration = Field(
        default=timedelta(days=3), description="For how long the delivery of an event is tried."
    )
    reminder_after: Duration = Field(
        default=timedelta(minutes=15),
        description="When approvers are first reminded of a request that nobody answers; PT0S for never.",
    )
    log_format: str = Field(
        default="json", pattern="^(json|console)$", description="`json`, or `console` for people."
    )

    @field_validator("audit_retention")
    @classmethod
    def _retained(cls, value: timedelta | None, info: ValidationInfo) -> timedelta | None:
        if value is not None and value < SHORTEST_RETENTION:
            raise ValueError("what is on record is kept for P90D at least; leave this out to keep all of it")
        if value is not None and info.data.get("audit_key_file") is None:
            raise ValueError("only what is signed may be dropped; set PROTEM_AUDIT_KEY_FILE, too")
        return value

    @field_validator("host")
    @classmethod
    def _address(cls, host: str) -> str:
        if host != "localhost":
            ip_address(host)
        return host

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

    @field_validator("trusted_proxies", "webhook_networks")
    @classmethod
    def _networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ip_network(network)
        return networks

    @field_validator(
        "tick_interval",
        "watch_interval",
        "catalogue_interval",
        "lease_duration",
        "checkpoint_interval",
        "webhook_timeout",
        "change_lifetime",
    )
    @classmethod
    def _positive(cls, value: timedelta) -> timedelta:
        if value <= timedelta():
            message = "this interval must be longer than PT0S"
            raise ValueError(message)
        return value


def _idle(given: dict[str, Any]) -> bool:
    return given.get("oidc_issuer") is not None and given.get("oidc_audience") is None
