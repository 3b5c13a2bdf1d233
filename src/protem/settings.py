"""Every setting of Protem, read from ``PROTEM_…`` environment variables."""

from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from protem.identity_settings import IdentitySettings
from protem.setting_types import Duration, Names

SHORTEST_RETENTION = timedelta(days=90)
"""The database holds to this as well."""


class Settings(IdentitySettings):
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
    retention: Duration | None = Field(
        default=None, description="How long what is over is kept; everything is unless this says so."
    )
    history_directory: Path | None = Field(
        default=None,
        validate_default=True,
        description="A directory into which history is written before it is pruned.",
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

    @field_validator("history_directory")
    @classmethod
    def _exported(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is None and info.data.get("retention") is not None:
            raise ValueError("what PROTEM_RETENTION lets go of is exported first; say where to")
        return value

    @field_validator("retention")
    @classmethod
    def _kept(cls, value: timedelta | None, info: ValidationInfo) -> timedelta | None:
        answers = info.data.get("idempotency_retention") or timedelta()
        if value is not None and value < max(SHORTEST_RETENTION, answers):
            raise ValueError("history is kept for P90D at least, and as long as PROTEM_IDEMPOTENCY_RETENTION")
        return value

    @field_validator("host")
    @classmethod
    def _address(cls, host: str) -> str:
        if host != "localhost":
            ip_address(host)
        return host

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
