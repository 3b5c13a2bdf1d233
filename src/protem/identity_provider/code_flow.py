"""Logging in with a browser: the authorization code flow with PKCE."""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from protem.domain.errors import Unauthenticated
from protem.identity_provider.discovery import Metadata
from protem.identity_provider.network import Fetch, UnreachableError
from protem.identity_provider.values import Beginning, Configuration

_CHANCE_BYTES = 32
_OK = 200
_REFUSED = frozenset({400, 401, 403})


def begin(metadata: Metadata, configuration: Configuration) -> Beginning:
    """Return where to send a browser, with chance that only it and we know; ``UnreachableError``."""
    if metadata.authorization_endpoint is None:
        raise UnreachableError("its discovery document has no authorization_endpoint")
    state, nonce, verifier = (secrets.token_urlsafe(_CHANCE_BYTES) for _ in range(3))
    address = prepare_grant_uri(
        metadata.authorization_endpoint,
        configuration.client_id,
        "code",
        redirect_uri=configuration.redirect_uri,
        scope=list(configuration.scopes),
        state=state,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
    )
    return Beginning(str(address), state, nonce, verifier)


def exchange(
    fetch: Fetch, metadata: Metadata, configuration: Configuration, *, code: str, verifier: str
) -> str:
    """Return the ID token that ``code`` stands for.

    Raises ``Unauthenticated`` if the provider does not give one for it, and ``UnreachableError``.
    """
    if metadata.token_endpoint is None:
        raise UnreachableError("its discovery document has no token_endpoint")
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": configuration.redirect_uri or "",
        "code_verifier": verifier,
    }
    more, basic = _credentials(metadata, configuration)
    answer = fetch.post(metadata.token_endpoint, {**form, **more}, basic=basic)
    if answer.status in _REFUSED:
        raise Unauthenticated(f"the identity provider does not take the code: {_reason(answer.body)}")
    token = answer.body.get("id_token")
    if answer.status != _OK or not isinstance(token, str):
        raise UnreachableError(f"its token endpoint answered {answer.status}, and with no ID token")
    return token


def _credentials(
    metadata: Metadata, configuration: Configuration
) -> tuple[Mapping[str, str], tuple[str, str] | None]:
    client, secret = configuration.client_id or "", configuration.client_secret
    if secret is None:
        return {"client_id": client}, None
    if metadata.secrets_in_body_only:
        return {"client_id": client, "client_secret": secret}, None
    return {}, (quote_plus(client), quote_plus(secret))  # RFC 6749, section 2.3.1


def _reason(body: Mapping[str, Any]) -> str:
    """Return the provider's code for it, if it is one; its sentences are not passed on."""
    code = body.get("error")
    known = isinstance(code, str) and code.isascii() and code.replace("_", "").isalpha()
    return str(code)[:64] if known else "it does not say why"
