"""The provider's discovery document: where its keys are, and where people log in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from protem.domain import origins
from protem.identity_provider.network import Fetch, UnreachableError

_PATH = "/.well-known/openid-configuration"
_OK = 200


@dataclass(frozen=True, slots=True)
class Metadata:
    """What Protem needs of the document; None where the provider does not offer it."""

    jwks_uri: str
    authorization_endpoint: str | None
    token_endpoint: str | None
    secrets_in_body_only: bool


def discover(fetch: Fetch, issuer: str) -> Metadata:
    """Read the document of exactly this issuer; ``UnreachableError`` if it is of another one, or odd."""
    answer = fetch.get(issuer.rstrip("/") + _PATH)
    if answer.status != _OK:
        raise UnreachableError(f"its discovery document has status {answer.status}")
    if answer.body.get("issuer") != issuer:
        raise UnreachableError("its discovery document names another issuer than PROTEM_OIDC_ISSUER")
    return Metadata(
        jwks_uri=_required(answer.body, "jwks_uri"),
        authorization_endpoint=_address(answer.body, "authorization_endpoint"),
        token_endpoint=_address(answer.body, "token_endpoint"),
        secrets_in_body_only=_methods(answer.body) == {"client_secret_post"},
    )


def _methods(document: Mapping[str, Any]) -> set[str]:
    offered = document.get("token_endpoint_auth_methods_supported")
    named = {str(method) for method in offered} if isinstance(offered, list) else set()
    return named & {"client_secret_basic", "client_secret_post"}


def _required(document: Mapping[str, Any], name: str) -> str:
    address = _address(document, name)
    if address is None:
        raise UnreachableError(f"its discovery document has no {name}")
    return address


def _address(document: Mapping[str, Any], name: str) -> str | None:
    value = document.get(name)
    if value is None:
        return None
    try:
        return origins.require_private(value if isinstance(value, str) else "")
    except ValueError as error:
        raise UnreachableError(f"the {name} of its discovery document is no good: {error}") from None
