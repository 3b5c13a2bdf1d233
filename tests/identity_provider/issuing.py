"""An identity provider without a network: keys made here, tokens signed with them, fetches counted."""

import base64
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from protem.clock import Clock
from protem.identity_provider.network import Answer, UnreachableError
from protem.identity_provider.provider import IdentityProvider
from protem.identity_provider.values import Configuration

ISSUER = "https://id.example.com"
AUDIENCE = "protem-api"
CLIENT = "protem-web"
PUBLIC_URL = "https://protem.example.com"
REDIRECT = f"{PUBLIC_URL}/login/callback"
JWKS = f"{ISSUER}/keys"
DISCOVERY = f"{ISSUER}/.well-known/openid-configuration"
TOKENS = f"{ISSUER}/token"

_LIBRARY: Mapping[str, Any] = {"ES": ECAlgorithm, "Ed": OKPAlgorithm, "RS": RSAAlgorithm, "PS": RSAAlgorithm}


def private(algorithm: str) -> Any:
    """Return a new private key that can sign by ``algorithm``."""
    match algorithm[:2]:
        case "ES":
            return ec.generate_private_key(ec.SECP256R1())
        case "Ed":
            return ed25519.Ed25519PrivateKey.generate()
        case _:
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class SigningKey:
    """A key of a provider, by the id that it is published under."""

    id: str
    algorithm: str = "ES256"
    private: Any = None

    def __post_init__(self) -> None:
        self.private = self.private or private(self.algorithm)

    @property
    def published(self) -> dict[str, Any]:
        """Return the public half as a JWK."""
        public = _LIBRARY[self.algorithm[:2]].to_jwk(self.private.public_key(), as_dict=True)
        return {**public, "kid": self.id, "alg": self.algorithm, "use": "sig"}

    def sign(self, claims: Mapping[str, Any], **header: Any) -> str:
        """Return a token; a header of None leaves the usual one out."""
        headers = {name: value for name, value in {"kid": self.id, **header}.items() if value is not None}
        return jwt.encode(dict(claims), self.private, algorithm=self.algorithm, headers=headers)


@dataclass
class Issuer:
    """A provider that publishes ``keys``; ``down`` and ``answers`` say what else it does."""

    clock: Clock
    keys: list[SigningKey] = field(default_factory=lambda: [SigningKey("first")])
    down: bool = False
    documents: dict[str, Any] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What each code stands for: claims to be signed."""
    posted: list[Mapping[str, str]] = field(default_factory=list)
    hold: threading.Event | None = None
    """If set, nothing is answered before this is."""

    def get(self, url: str) -> Answer:
        self.fetched.append(url)
        if self.hold is not None:
            self.hold.wait(10)
        if self.down:
            raise UnreachableError("it is down")
        return Answer(200, self.documents.get(url) or self._published(url))

    def post(self, url: str, form: Mapping[str, str], *, basic: tuple[str, str] | None = None) -> Answer:
        self.posted.append(form)
        if self.down:
            raise UnreachableError("it is down")
        claims = self.codes.pop(form["code"], None)
        if claims is None:
            return Answer(400, {"error": "invalid_grant"})
        return Answer(200, {"id_token": self.keys[-1].sign(claims), "token_type": "Bearer"})

    def claims(self, subject: str = "alice", **changes: Any) -> dict[str, Any]:
        """Return the claims of a good bearer token of somebody, but for the changes; None leaves out."""
        now = self.clock.now()
        good = {
            "iss": ISSUER,
            "sub": subject,
            "aud": AUDIENCE,
            "exp": seconds(now + timedelta(hours=1)),
            "iat": seconds(now),
            "email": f"{subject}@example.com",
            "email_verified": True,
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def token(
        self, subject: str = "alice", *, header: Mapping[str, Any] | None = None, **changes: Any
    ) -> str:
        """Return a bearer token, signed with the latest key."""
        return self.keys[-1].sign(self.claims(subject, **changes), **(header or {}))

    def provider(self, **changes: Any) -> IdentityProvider:
        """Return what checks such tokens, and lets people log in."""
        usual = {"audience": AUDIENCE, "client_id": CLIENT, "redirect_uri": REDIRECT}
        configuration = Configuration(ISSUER, **{**usual, **changes})
        return IdentityProvider(configuration, fetch=self, clock=self.clock)

    def _published(self, url: str) -> dict[str, Any]:
        if url == JWKS:
            return {"keys": [key.published for key in self.keys]}
        assert url == DISCOVERY, url
        return {
            "issuer": ISSUER,
            "jwks_uri": JWKS,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": TOKENS,
        }


def seconds(instant: datetime) -> int:
    """Return an instant as tokens have it."""
    return int(instant.timestamp())


def encoded(part: Mapping[str, Any] | bytes) -> str:
    """Return one part of a token."""
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
