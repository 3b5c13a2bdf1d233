"""How often the provider is asked, and what happens while it is down."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from protem.domain.errors import Refusal, Unauthenticated
from protem.domain.identification import IdentityProviderUnavailable
from protem.identity_provider.provider import IdentityProvider
from tests.clocks import ManualClock
from tests.identity_provider.issuing import DISCOVERY, ISSUER, JWKS, Issuer, SigningKey


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def issuer(clock: ManualClock) -> Issuer:
    return Issuer(clock)


def answer(provider: IdentityProvider, token: str) -> str:
    """Return whose token it is, or the code of the refusal."""
    try:
        return provider.assertion(token).subject
    except Refusal as refusal:
        return refusal.code


def keys_fetched(issuer: Issuer) -> int:
    return issuer.fetched.count(JWKS)


def test_the_keys_are_fetched_once_for_many_tokens(issuer: Issuer) -> None:
    provider = issuer.provider()
    assert {answer(provider, issuer.token()) for _ in range(50)} == {"alice"}
    assert issuer.fetched == [DISCOVERY, JWKS]


def test_a_flood_of_unknown_keys_is_one_question_a_minute(issuer: Issuer, clock: ManualClock) -> None:
    provider = issuer.provider()
    assert answer(provider, issuer.token()) == "alice"
    forger = SigningKey("first")
    forged = [forger.sign(issuer.claims(), kid=f"unknown-{number}") for number in range(40)]
    clock.advance(60)
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda token: answer(provider, token), forged)) <= {
            "unauthenticated",
            "identity-provider-unavailable",
        }
    assert keys_fetched(issuer) == 2
    clock.advance(59)
    assert answer(provider, forged[0]) == "unauthenticated"
    assert keys_fetched(issuer) == 2
    clock.advance(1)
    assert answer(provider, forged[0]) == "unauthenticated"
    assert keys_fetched(issuer) == 3


def test_a_new_key_is_found_when_it_is_first_used(issuer: Issuer, clock: ManualClock) -> None:
    provider = issuer.provider()
    before = issuer.token()
    assert answer(provider, before) == "alice"
    clock.advance(61)
    issuer.keys.append(SigningKey("second"))
    assert answer(provider, issuer.token("bob")) == "bob"
    assert answer(provider, before) == "alice"


def test_a_key_that_is_published_no_longer_stops_counting(issuer: Issuer, clock: ManualClock) -> None:
    provider = issuer.provider()
    leaked = issuer.keys[0]
    assert answer(provider, issuer.token()) == "alice"
    issuer.keys = [SigningKey("second")]
    clock.advance(600)
    assert answer(provider, leaked.sign(issuer.claims())) == "unauthenticated"


def test_known_keys_serve_for_a_day_while_the_provider_is_down(issuer: Issuer, clock: ManualClock) -> None:
    provider = issuer.provider()
    assert answer(provider, issuer.token()) == "alice"
    issuer.down = True
    for _ in range(23):
        clock.advance(3600)
        assert answer(provider, issuer.token()) == "alice"
    clock.advance(3600)
    assert answer(provider, issuer.token()) == "identity-provider-unavailable"
    issuer.down = False
    clock.advance(60)
    assert answer(provider, issuer.token()) == "alice"


def test_an_unknown_key_is_never_let_pass_while_the_provider_is_down(
    issuer: Issuer, clock: ManualClock
) -> None:
    provider = issuer.provider()
    assert answer(provider, issuer.token()) == "alice"
    issuer.down = True
    clock.advance(61)
    unknown = SigningKey("second").sign(issuer.claims())
    assert [answer(provider, unknown) for _ in range(3)] == ["identity-provider-unavailable"] * 3
    assert keys_fetched(issuer) == 2


def test_nothing_is_known_before_the_provider_has_answered(issuer: Issuer, clock: ManualClock) -> None:
    issuer.down = True
    provider = issuer.provider()
    assert [answer(provider, issuer.token()) for _ in range(5)] == ["identity-provider-unavailable"] * 5
    assert issuer.fetched == [DISCOVERY]
    issuer.down = False
    clock.advance(5)
    assert answer(provider, issuer.token()) == "alice"


def test_those_with_a_known_key_do_not_wait_for_a_provider_that_hangs(
    issuer: Issuer, clock: ManualClock
) -> None:
    provider = issuer.provider()
    good = issuer.token()
    assert answer(provider, good) == "alice"
    clock.advance(600)
    issuer.hold = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(answer, provider, good)
        while len(issuer.fetched) < 3:
            pass
        assert answer(provider, good) == "alice"
        assert not asking.done()
        issuer.hold.set()
        assert asking.result() == "alice"


DOCUMENTS = [
    {"issuer": f"{ISSUER}/"},
    {"issuer": "https://evil.example"},
    {"issuer": None},
    {"jwks_uri": None},
    {"jwks_uri": "http://id.example.com/keys"},
    {"jwks_uri": "file:///etc/passwd"},
    {"jwks_uri": ["https://id.example.com/keys"]},
    {"authorization_endpoint": "javascript:alert(1)"},
    {"token_endpoint": "http://id.example.com/token"},
]


@pytest.mark.parametrize("spoil", DOCUMENTS, ids=str)
def test_an_odd_discovery_document_is_as_good_as_none(issuer: Issuer, spoil: dict[str, object]) -> None:
    issuer.documents[DISCOVERY] = {**issuer.get(DISCOVERY).body, **spoil}
    assert answer(issuer.provider(), issuer.token()) == "identity-provider-unavailable"


def test_a_provider_on_this_machine_may_do_without_tls(clock: ManualClock) -> None:
    issuer = Issuer(clock)
    document = {**issuer.get(DISCOVERY).body, "token_endpoint": "http://127.0.0.1:9400/token"}
    issuer.documents[DISCOVERY] = document
    assert answer(issuer.provider(), issuer.token()) == "alice"


def test_codes_that_come_to_nothing_keep_nobody_else_waiting(issuer: Issuer) -> None:
    provider = issuer.provider()
    begun = provider.begin()
    with pytest.raises(Unauthenticated, match="invalid_grant"):
        provider.complete(code="unknown", verifier=begun.verifier, nonce=begun.nonce)
    issuer.down = True
    for _ in range(3):
        with pytest.raises(IdentityProviderUnavailable):
            provider.complete(code="unknown", verifier=begun.verifier, nonce=begun.nonce)
