"""Which tokens of an identity provider count, and each way in which somebody could forge or misuse one."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from protem.domain.errors import Unauthenticated
from protem.identity_provider.tokens import LONGEST_TOKEN
from tests.clocks import ManualClock
from tests.identity_provider.issuing import (
    AUDIENCE,
    CLIENT,
    ISSUER,
    JWKS,
    Issuer,
    SigningKey,
    encoded,
    seconds,
)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(ManualClock())


def refused(issuer: Issuer, token: str) -> str:
    """Return why a token is refused."""
    with pytest.raises(Unauthenticated) as caught:
        issuer.provider().assertion(token)
    return caught.value.detail


def test_a_good_token_says_whose_it_is(issuer: Issuer) -> None:
    found = issuer.provider().assertion(issuer.token("alice"))
    assert (found.issuer, found.subject, found.email_verified) == (ISSUER, "alice", True)
    assert found.claims["email"] == "alice@example.com"
    assert "alice@example.com" not in repr(found)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_each_pinned_algorithm_is_known(issuer: Issuer, algorithm: str) -> None:
    issuer.keys = [SigningKey("a", algorithm), SigningKey("b", algorithm)]
    assert issuer.provider().assertion(issuer.token()).subject == "alice"


def test_an_algorithm_that_is_not_configured_is_refused(issuer: Issuer) -> None:
    provider = issuer.provider(algorithms=frozenset({"RS256"}))
    with pytest.raises(Unauthenticated, match="RS256"):
        provider.assertion(issuer.token())


def test_a_token_that_nobody_signed_is_refused(issuer: Issuer) -> None:
    claims = encoded(issuer.claims())
    for algorithm in ("none", "None", "NONE", "", None, 0, ["ES256"], {"ES256": 1}):
        header = encoded({"alg": algorithm, "kid": "first", "typ": "JWT"})
        for signature in ("", encoded(b"x" * 64)):
            assert "signed with one of" in refused(issuer, f"{header}.{claims}.{signature}")


@pytest.mark.parametrize("form", ["PEM", "DER", "JWK"])
def test_the_public_key_is_no_secret_to_sign_with(issuer: Issuer, form: str) -> None:
    issuer.keys = [SigningKey("rsa", "RS256")]
    public = issuer.keys[0].private.public_key()
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    secret = (
        json.dumps(issuer.keys[0].published).encode()
        if form == "JWK"
        else public.public_bytes(getattr(serialization.Encoding, form), kind)
    )
    signing = f"{encoded({'alg': 'HS256', 'kid': 'rsa', 'typ': 'JWT'})}.{encoded(issuer.claims())}"
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    forged = f"{signing}.{encoded(algorithm.sign(signing.encode(), secret))}"
    assert "signed with one of" in refused(issuer, forged)


def test_a_published_secret_is_no_key(issuer: Issuer) -> None:
    secret = b"published for everybody to see, by mistake"
    issuer.documents[JWKS] = {"keys": [{"kty": "oct", "kid": "shared", "k": encoded(secret)}]}
    forged = jwt.encode(issuer.claims(), secret, algorithm="HS256", headers={"kid": "shared"})
    assert "signed with one of" in refused(issuer, forged)
    relabelled = encoded({"alg": "ES256", "kid": "shared"}) + forged[forged.index(".") :]
    assert "does not publish" in refused(issuer, relabelled)


@pytest.mark.parametrize(
    "spoil",
    [
        {"use": "enc"},
        {"key_ops": ["sign"]},
        {"key_ops": 7},
        {"crv": ["P-256"]},
        {"alg": ["ES256"]},
        {"alg": "RS256"},
        {"d": "AA"},
        {"kid": 7},
        {"crv": "P-384"},
        {"x": "AA"},
        {"kty": "RSA"},
    ],
)
def test_a_key_that_is_not_for_this_is_not_used(issuer: Issuer, spoil: dict[str, Any]) -> None:
    issuer.documents[JWKS] = {"keys": [issuer.keys[0].published | spoil, "nonsense", None]}
    assert "does not publish" in refused(issuer, issuer.token())


def test_a_short_key_is_not_used(issuer: Issuer) -> None:
    short = {"kty": "RSA", "kid": "first", "n": encoded(b"\xff" * 128), "e": "AQAB"}
    issuer.documents[JWKS] = {"keys": [short]}
    issuer.keys = [SigningKey("first", "RS256")]
    assert "does not publish" in refused(issuer, issuer.token())


def test_two_keys_with_one_id_are_none(issuer: Issuer) -> None:
    issuer.keys = [SigningKey("same"), SigningKey("same")]
    assert "does not publish" in refused(issuer, issuer.token())


def test_a_token_needs_no_key_id_where_there_is_one_key(issuer: Issuer) -> None:
    token = issuer.keys[0].sign(issuer.claims(), kid=None)
    assert "kid" not in jwt.get_unverified_header(token)
    assert issuer.provider().assertion(token).subject == "alice"
    issuer.keys.append(SigningKey("second"))
    assert "does not publish" in refused(issuer, token)


def test_a_token_cannot_say_where_its_key_is(issuer: Issuer) -> None:
    mine = SigningKey("first")
    elsewhere = {
        "jku": "https://evil.example/keys",
        "x5u": "https://evil.example/chain",
        "jwk": mine.published,
        "x5c": ["AA=="],
    }
    assert "signature is not good" in refused(issuer, mine.sign(issuer.claims(), **elsewhere))
    other = SigningKey("https://evil.example/keys")
    for name in ("../../keys", "first\x00", "' OR 1=1 --", "/etc/passwd", other.id):
        assert "does not publish" in refused(issuer, mine.sign(issuer.claims(), kid=name))
    assert {url.split("/")[2] for url in issuer.fetched} == {"id.example.com"}


HEADERS: list[dict[str, Any]] = [
    {"typ": "logout+jwt"},
    {"typ": "secevent+jwt"},
    {"typ": 7},
    {"crit": ["exp"], "exp": 1},
    {"crit": []},
    {"kid": "k" * 300},
]


@pytest.mark.parametrize("header", HEADERS, ids=str)
def test_a_token_of_another_kind_is_refused(issuer: Issuer, header: dict[str, Any]) -> None:
    assert refused(issuer, issuer.token(header=header))


@pytest.mark.parametrize("kind", ["JWT", "jwt", "at+jwt", "application/at+jwt"])
def test_a_token_may_call_itself_an_access_token(issuer: Issuer, kind: str) -> None:
    assert issuer.provider().assertion(issuer.token(header={"typ": kind})).subject == "alice"


CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({"iss": "https://evil.example"}, "another issuer"),
    ({"iss": f"{ISSUER}/"}, "another issuer"),
    ({"iss": ISSUER.upper()}, "another issuer"),
    ({"iss": None}, "another issuer"),
    ({"iss": [ISSUER]}, "another issuer"),
    ({"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}, "announces an event"),
    ({"aud": "something-else"}, "`aud`"),
    ({"aud": None}, "`aud`"),
    ({"aud": []}, "`aud`"),
    ({"aud": {AUDIENCE: True}}, "`aud`"),
    ({"aud": AUDIENCE.upper()}, "`aud`"),
    ({"aud": f"{AUDIENCE} other"}, "`aud`"),
    ({"aud": [AUDIENCE, "other"]}, "`azp`"),
    ({"aud": [AUDIENCE, "other"], "azp": "other"}, "`azp`"),
    ({"aud": [AUDIENCE, "other"], "azp": [AUDIENCE]}, "`azp`"),
    ({"exp": None}, "`exp`"),
    ({"exp": "tomorrow"}, "`exp`"),
    ({"exp": True}, "`exp`"),
    ({"exp": float("inf")}, "`exp`"),
    ({"exp": float("nan")}, "`exp`"),
    ({"exp": 10**400}, "`exp`"),
    ({"nbf": "now"}, "`nbf`"),
    ({"iat": [1]}, "`iat`"),
    ({"sub": None}, "`sub`"),
    ({"sub": ""}, "`sub`"),
    ({"sub": 7}, "cannot be read"),
    ({"sub": "s" * 256}, "`sub`"),
    ({"sub": "a\x00b"}, "`sub`"),
    ({"sub": "алиса"}, "`sub`"),
]


@pytest.mark.parametrize(("changes", "said"), CLAIMS, ids=str)
def test_a_token_that_says_something_else_is_refused(
    issuer: Issuer, changes: dict[str, Any], said: str
) -> None:
    said = "`sub`" if changes == {"sub": 7} else said
    assert said in refused(issuer, signed(issuer, issuer.claims() | changes))


def signed(issuer: Issuer, claims: dict[str, Any]) -> str:
    """Return a token of any claims: the library would not write some of them."""
    given = {name: value for name, value in claims.items() if value is not None}
    signing = f"{encoded({'alg': 'ES256', 'kid': issuer.keys[0].id})}.{encoded(given)}"
    algorithm = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256)
    return f"{signing}.{encoded(algorithm.sign(signing.encode(), issuer.keys[0].private))}"


@pytest.mark.parametrize("party", [AUDIENCE, CLIENT])
def test_a_token_for_several_counts_if_it_was_given_to_us(issuer: Issuer, party: str) -> None:
    token = issuer.token(aud=[AUDIENCE, "other"], azp=party)
    assert issuer.provider().assertion(token).subject == "alice"


def test_a_token_may_have_been_given_to_a_program_of_the_person(issuer: Issuer) -> None:
    assert issuer.provider().assertion(issuer.token(azp="a-command-line")).subject == "alice"


TIMES: list[tuple[str, int, bool]] = [
    ("exp", 1, True),
    ("exp", -29, True),
    ("exp", -30, False),
    ("nbf", 30, True),
    ("nbf", 31, False),
    ("iat", 30, True),
    ("iat", 31, False),
]


def test_clocks_may_differ_by_the_leeway_and_no_more(issuer: Issuer) -> None:
    got = []
    for claim, offset, _ in TIMES:
        instant = seconds(issuer.clock.now() + timedelta(seconds=offset))
        got.append((claim, offset, passes(issuer, issuer.claims() | {claim: instant})))
    assert got == TIMES


def passes(issuer: Issuer, claims: dict[str, Any]) -> bool:
    try:
        issuer.provider().assertion(signed(issuer, claims))
    except Unauthenticated:
        return False
    return True


def test_a_token_expires_by_our_clock(issuer: Issuer) -> None:
    provider, token = issuer.provider(), issuer.token()
    assert provider.assertion(token).subject == "alice"
    issuer.clock.sleep(3_630)
    with pytest.raises(Unauthenticated, match="expired"):
        provider.assertion(token)


def test_a_huge_token_is_refused_before_it_is_read(issuer: Issuer) -> None:
    token = issuer.token(padding="x" * LONGEST_TOKEN)
    assert "longer than" in refused(issuer, token)
    assert issuer.fetched == []


@pytest.mark.parametrize(
    "break_",
    [
        lambda token: token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"),
        lambda token: token.replace(".", ".e30", 1),
        lambda token: token.rpartition(".")[0] + ".",
        lambda token: "..",
        lambda token: f"{encoded(b'[' * 9000)}.e30.x",
        lambda token: f"{encoded(b'{')}.e30.x",
        lambda token: "é.é.é",
        lambda token: f"{encoded(b'[]')}.e30.x",
        lambda token: f"{encoded(bytes(range(256)))}.e30.x",
    ],
)
def test_a_broken_token_is_refused(issuer: Issuer, break_: Callable[[str], str]) -> None:
    assert refused(issuer, break_(issuer.token()))


@given(data=st.data())
def test_no_change_of_a_token_goes_unnoticed(data: st.DataObject) -> None:
    issuer = _ISSUER
    token = issuer.token()
    position = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("AQgw09-_.=+"))
    changed = token[:position] + letter + token[position + 1 :]
    meant = [part.rstrip("=") for part in token.split(".")]
    try:
        found = issuer.provider().assertion(changed)
    except Unauthenticated:
        return
    # The last letter of a part carries bits that mean nothing.
    assert found.subject == "alice"
    assert [part[:-1] for part in changed.split(".")] == [part[:-1] for part in meant]


_ISSUER = Issuer(ManualClock())


ANSWERS: list[dict[str, Any]] = [
    {"nonce": None},
    {"nonce": "another"},
    {"aud": AUDIENCE},
    {"azp": "wiki"},
    {"exp": 1},
    {"sub": None},
]


def test_an_answer_to_one_login_is_none_to_another(issuer: Issuer) -> None:
    provider = issuer.provider()
    begun = provider.begin()
    good: dict[str, Any] = {"aud": CLIENT, "nonce": begun.nonce}
    for number, changes in enumerate(ANSWERS):
        issuer.codes[str(number)] = issuer.claims(**{**good, **changes})
        with pytest.raises(Unauthenticated):
            provider.complete(code=str(number), verifier=begun.verifier, nonce=begun.nonce)
    issuer.codes["good"] = issuer.claims(aud=CLIENT, nonce=begun.nonce, azp=CLIENT)
    assert provider.complete(code="good", verifier=begun.verifier, nonce=begun.nonce).subject == "alice"
    assert issuer.posted[-1]["client_id"] == CLIENT
    assert issuer.posted[-1]["code_verifier"] == begun.verifier


def test_an_access_token_logs_nobody_in_and_a_login_is_no_bearer(issuer: Issuer) -> None:
    assert "`aud`" in refused(issuer, issuer.token(aud=CLIENT))
