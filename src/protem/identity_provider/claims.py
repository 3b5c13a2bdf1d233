"""What a token has to say before it counts, once its signature is good."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from protem.domain.errors import Unauthenticated
from protem.identity_provider.values import Assertion

_END_OF_TIME = 1e12
_LONGEST_SUBJECT = 255
"""OpenID Connect Core 1.0, section 2."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Whose tokens are taken, and for whom they have to be made.

    ``parties`` are those to whom a token may have been given that is for several audiences; with
    ``nonce``, it has to be the answer to one login.
    """

    issuer: str
    audience: str
    parties: frozenset[str]
    nonce: str | None = None


def check(claims: Mapping[str, Any], expected: Expected, *, now: datetime, leeway: timedelta) -> Assertion:
    """Return what the token asserts; raises ``Unauthenticated`` with the first thing that is wrong."""
    if "events" in claims:
        # RFC 8417. Some providers announce so that somebody has logged out, with the header of any token.
        raise Unauthenticated("this token announces an event, and is nobody's credential")
    if claims.get("iss") != expected.issuer:
        raise Unauthenticated("this token is of another issuer than the one that is trusted here")
    _check_audience(claims, expected)
    _check_times(claims, now=now.timestamp(), leeway=leeway.total_seconds())
    if expected.nonce is not None and claims.get("nonce") != expected.nonce:
        raise Unauthenticated("this token was not made for this login")
    return Assertion(expected.issuer, _subject(claims), claims)


def _check_audience(claims: Mapping[str, Any], expected: Expected) -> None:
    found = claims.get("aud")
    audiences = found if isinstance(found, list) else [found]
    if expected.audience not in audiences:
        raise Unauthenticated("this token was made for something other than Protem: its `aud` does not fit")
    party = claims.get("azp")
    if isinstance(party, str) and party in expected.parties:
        return
    if len(audiences) > 1:
        raise Unauthenticated("this token is for several audiences, and its `azp` is none that is known here")
    if party is not None and expected.nonce is not None:
        raise Unauthenticated("this token was given to something other than Protem: its `azp` does not fit")


def _check_times(claims: Mapping[str, Any], *, now: float, leeway: float) -> None:
    if now >= _instant(claims, "exp") + leeway:
        raise Unauthenticated("this token has expired")
    if "nbf" in claims and _instant(claims, "nbf") - leeway > now:
        raise Unauthenticated("this token is not valid yet")
    if "iat" in claims and _instant(claims, "iat") - leeway > now:
        raise Unauthenticated("this token was issued in the future: a clock is wrong")


def _instant(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _END_OF_TIME:
        return float(value)
    raise Unauthenticated(f"this token does not say `{name}` as a time")


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise Unauthenticated("this token does not say whom it is about: it has no `sub`")
    if not subject.isascii() or not subject.isprintable():
        raise Unauthenticated("the `sub` of this token holds what no subject has")
    return subject
