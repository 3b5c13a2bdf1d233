"""Tokens that are nearly right, or were, get nobody in; they cost one look at most and have no effect."""

from collections.abc import Iterator

from tests.attacks import fuzzing
from tests.attacks.ground import Ground
from tests.attacks.probing import Probe

MOST_LOOKS = 6


def nearly(secret: str) -> Iterator[bytes]:
    """Yield what might pass for the token in an Authorization header."""
    for text in (*fuzzing.near(secret), *fuzzing.near_in_unicode(secret)):
        if text.strip() == secret:
            continue  # no server hands over the space around a header
        yield f"Bearer {text}".encode()
        if text.isascii():
            continue
        yield f"Bearer {text}".encode("latin-1", errors="replace")
    for scheme in ("", "bearer:", "Basic", "Bearer Bearer", "Token", "Bearer\t\x00"):
        yield f"{scheme} {secret}".encode()
    yield f"Bearer {secret}, Bearer {secret}".encode()
    yield b"Bearer " + secret.encode("utf-16")
    yield b"Bearer \xff\xfe" + bytes(range(128, 256))


def present(probe: Probe) -> None:
    """Present everything that might pass for the token of an admin; none of it may."""
    ground = probe.ground
    headers = ground.cast.headers("admin")
    secret = headers["Authorization"].removeprefix("Bearer ")
    assert probe.send("GET", "/v1/me", list(headers.items())).status_code == 200
    with probe.without_effect():
        for credential in nearly(secret):
            answer = probe.send("GET", "/v1/me", [("Authorization", credential)])
            if answer.status_code not in {401, 429, 431} or answer.queries > MOST_LOOKS:
                probe.failures.append(f"{credential!r}: {answer.status_code}, {answer.queries} statements")
            if secret in answer.text:
                probe.failures.append(f"{credential!r} is sent back")


def test_only_the_very_token_gets_in(small_ground: Ground) -> None:
    probe = Probe(small_ground)
    present(probe)
    assert not probe.failures, "\n".join(probe.failures)
    assert probe.statuses[401] > 300
