"""The identity provider: whether it answers, and publishes keys that tokens can be checked with."""

from collections.abc import Iterator

from protem.cli.doctor.findings import Finding, Part
from protem.identity_provider import discovery, keys
from protem.identity_provider.network import Fetch, Http, UnreachableError
from protem.settings import Settings

PART = Part("identity")


def examine(settings: Settings, *, fetch: Fetch | None = None) -> Iterator[Finding]:
    if settings.oidc_issuer is None:
        yield PART.good("no identity provider is configured: people call with tokens of Protem's own")
        return
    yield from _risky(settings)
    try:
        yield from _reached(settings, settings.oidc_issuer, fetch or Http())
    except UnreachableError as error:
        yield PART.bad(f"{settings.oidc_issuer} is no good: {error}; nobody can log in or use its tokens")


def _risky(settings: Settings) -> Iterator[Finding]:
    if settings.oidc_email_asserted:
        yield PART.warning(
            "PROTEM_OIDC_EMAIL_ASSERTED is set: whoever can set their own address there can be anybody here"
        )
    if settings.oidc_client_id is not None and settings.oidc_client_secret is None:
        yield PART.warning("PROTEM_OIDC_CLIENT_SECRET is not set: a client of a server should have one")
    if settings.oidc_audience is not None and settings.oidc_audience == settings.oidc_client_id:
        yield PART.warning(
            "PROTEM_OIDC_AUDIENCE is PROTEM_OIDC_CLIENT_ID: ID tokens of logins are bearer tokens, too"
        )


def _reached(settings: Settings, issuer: str, fetch: Fetch) -> Iterator[Finding]:
    metadata = discovery.discover(fetch, issuer)
    yield PART.good(f"{issuer} answers, and names itself so")
    if settings.oidc_client_id is not None and None in (
        metadata.authorization_endpoint,
        metadata.token_endpoint,
    ):
        yield PART.bad("its discovery document names no place to log in at, as PROTEM_OIDC_CLIENT_ID needs")
    published = keys.published(fetch, metadata.jwks_uri)
    fitting = [key for key in published if key.algorithms & set(settings.oidc_algorithms)]
    algorithms = ", ".join(settings.oidc_algorithms)
    if fitting:
        yield PART.good(f"{len(fitting)} of the keys that it publishes are for {algorithms}")
    else:
        yield PART.bad(f"it publishes no key for {algorithms}: look at PROTEM_OIDC_ALGORITHMS")
