"""The keys that the provider signs with, as it publishes them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from protem.domain.identification import KNOWN_ALGORITHMS
from protem.identity_provider.network import Fetch, UnreachableError

_OK = 200
_MOST = 100
_SMALLEST_RSA_BITS = 2048
_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_BY_CURVE = {
    ("EC", "P-256"): frozenset({"ES256"}),
    ("EC", "P-384"): frozenset({"ES384"}),
    ("EC", "P-521"): frozenset({"ES512"}),
    ("OKP", "Ed25519"): frozenset({"EdDSA"}),
}

_log = structlog.get_logger("protem.identity_provider")


@dataclass(frozen=True, slots=True)
class Key:
    """One public key, and the signatures that it can be asked about."""

    id: str | None
    algorithms: frozenset[str]
    public: Any


def published(fetch: Fetch, address: str) -> tuple[Key, ...]:
    """Read the keys at ``address``; those that cannot be used are left out."""
    answer = fetch.get(address)
    listed = answer.body.get("keys")
    if answer.status != _OK or not isinstance(listed, list):
        raise UnreachableError("its keys cannot be read")
    return tuple(_usable(listed[:_MOST]))


def among(keys: Iterable[Key], *, id: str | None, algorithm: str) -> Key | None:  # noqa: A002 - as JWKs say
    """Return the one key that a token means; None if there is none, or it cannot be told which."""
    fitting = [key for key in keys if algorithm in key.algorithms and id in (None, key.id)]
    return fitting[0] if len(fitting) == 1 else None


def _usable(listed: Iterable[Any]) -> Iterator[Key]:
    for found in listed:
        reason = _unusable(found)
        if reason is None:
            try:
                yield Key(found.get("kid"), _algorithms(found), PyJWK(found, _any(found)).key)
            except (PyJWTError, ValueError, TypeError):
                reason = "it cannot be read"
        if reason is not None:
            _log.warning("identity_provider.key_ignored", reason=reason)


def _unusable(found: Any) -> str | None:
    if not isinstance(found, dict) or not isinstance(found.get("kid"), str | None):
        return "it is no key"
    if found.get("kty") == "oct" or "k" in found:
        return "whoever can check its signatures can also make them"
    if "d" in found:
        return "it is private, and was published"
    uses = found.get("key_ops", ["verify"])
    if found.get("use", "sig") != "sig" or not isinstance(uses, list) or "verify" not in uses:
        return "it is not for signatures"
    if not _algorithms(found):
        return "it is of a kind that is not known here"
    return "it is too short" if _short(found) else None


def _algorithms(found: Mapping[str, Any]) -> frozenset[str]:
    kind, curve = found.get("kty"), found.get("crv")
    able = _RSA if kind == "RSA" else _BY_CURVE.get((str(kind), str(curve)), frozenset())
    only = found.get("alg")
    return able & KNOWN_ALGORITHMS & (able if only is None else {str(only)})


def _any(found: Mapping[str, Any]) -> str:
    return min(_algorithms(found))


def _short(found: Mapping[str, Any]) -> bool:
    modulus = found.get("n", "")
    return found.get("kty") == "RSA" and len(str(modulus)) * 6 < _SMALLEST_RSA_BITS
