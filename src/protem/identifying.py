"""Who is let in, as the settings have it: the identity provider, and the credentials that are known."""

from collections.abc import Iterator

from protem.broker.assertions import Asserted, Matching
from protem.broker.authentication import API_TOKENS, Admission, Verifier
from protem.broker.logins import Logins
from protem.clock import Clock
from protem.identity_provider.network import Fetch, Http
from protem.identity_provider.provider import IdentityProvider
from protem.identity_provider.values import CALLBACK, Configuration
from protem.settings import Settings


def provider(settings: Settings, *, clock: Clock, fetch: Fetch | None = None) -> IdentityProvider | None:
    """Return the identity provider that is configured, if one is; it is not asked anything yet."""
    if settings.oidc_issuer is None:
        return None
    secret = settings.oidc_client_secret
    configuration = Configuration(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        redirect_uri=settings.public_url + CALLBACK if settings.public_url else None,
        scopes=settings.oidc_scopes,
        algorithms=frozenset(settings.oidc_algorithms),
        leeway=settings.oidc_leeway,
    )
    return IdentityProvider(configuration, fetch=fetch or Http(), clock=clock)


def matching(settings: Settings) -> Matching:
    """Return how people of the identity provider are found in Identity Center."""
    return Matching(
        claim=settings.oidc_claim,
        matches=settings.oidc_matches,
        email_asserted=settings.oidc_email_asserted,
    )


def admission(settings: Settings) -> Admission:
    """Return who is let in, and as what."""
    return Admission(
        verifiers=tuple(_verifiers(settings)),
        admins=frozenset(settings.admin_groups),
        auditors=frozenset(settings.auditor_groups),
        two_persons=settings.two_person_rule,
    )


def _verifiers(settings: Settings) -> Iterator[Verifier]:
    yield API_TOKENS
    if settings.oidc_issuer is not None:
        yield Asserted(matching(settings))
        if settings.oidc_client_id is not None:
            yield Logins(issuer=settings.oidc_issuer, idle=settings.login_idle)
