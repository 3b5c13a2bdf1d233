"""Headers that lie, hide or overflow are refused as declared, or mean nothing."""

import uuid
from collections.abc import Iterator

from tests.api.applications import asking
from tests.attacks.ground import Ground
from tests.attacks.probing import Fields, Probe
from tests.attacks.strings import HOSTILE

NAMES = (
    *("Act-As", "If-Match", "If-None-Match", "Idempotency-Key", "Content-Type", "Content-Length", "Accept"),
    *(
        "Transfer-Encoding",
        "Host",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "Forwarded",
        "X-HTTP-Method-Override",
    ),
    *("Cookie", "Origin", "Referer", "User-Agent", "Accept-Encoding", "Range", "Expect", "Authorization2"),
)
VALUES = (
    *(b"", b" ", b"\x00", b"*", b'"', b'W/"x"', b'"1', b",,,,", b"0", b"-1", b"+1", b"1e9", b"\xb2", b"0x10"),
    *(
        b"9" * 20,
        b"9" * 5_000,
        b"x" * 3_000,
        b"\xff\xfe",
        b"\xe2\x80\xae",
        b"a, b",
        b"a\tb",
        b"null",
        b"application/json",
    ),
    *(
        b"application/json; charset=utf-16",
        b"text/html",
        b"chunked",
        b"gzip",
        b"admin",
        b"c2ef90b9",
        b"127.0.0.1",
    ),
    *(text.encode(errors="surrogatepass")[:4_000] for text in HOSTILE.values()),
)


def calls(ground: Ground) -> Iterator[tuple[str, str, bytes]]:
    """Yield something to read, something that waits, something to make and something to apply."""
    request_id = ground.cast.client("beneficiary").get("/v1/requests?limit=1").json()["items"][0]["id"]
    yield "GET", f"/v1/requests/{request_id}", b""
    yield "POST", f"/v1/requests/{request_id}/decisions", b'{"decision": "approve", "digest": "sha256:x"}'
    yield "POST", "/v1/requests?dry_run=true", str(asking()).replace("'", '"').encode()
    yield "POST", "/v1/entitlements/apply", b"entitlements: []"


def attack(probe: Probe, *, every: int) -> None:
    ground = probe.ground
    for kind in ("beneficiary", "admin", "service acting"):
        credential = list(ground.cast.headers(kind).items())
        probe.send("GET", "/v1/me", credential)
        with probe.without_effect():
            for number, (call, name, value) in enumerate(
                (call, name, value) for call in calls(ground) for name in NAMES for value in VALUES
            ):
                if number % every == 0:
                    _send(probe, call, credential, name, value)


def _send(
    probe: Probe, call: tuple[str, str, bytes], credential: list[tuple[str, str]], name: str, value: bytes
) -> None:
    method, path, body = call
    kind = [] if name == "Content-Type" else [("Content-Type", "application/json")]
    known = [(one, other) for one, other in credential if one != name]
    probe.send(method, path, [*known, *kind, (name, value)], body)


def test_no_header_does_harm(small_ground: Ground) -> None:
    probe = Probe(small_ground)
    attack(probe, every=97)
    assert not probe.failures, "\n".join(probe.failures)


def test_a_length_is_refused_as_declared_where_no_body_is_taken(small_ground: Ground) -> None:
    probe = Probe(small_ground)
    headers: Fields = [*small_ground.cast.headers("admin").items(), ("Content-Length", b"9" * 20)]
    for method, path in (("GET", "/v1/me"), ("DELETE", f"/v1/locks/{uuid.uuid4()}")):
        assert probe.send(method, path, headers).code == "body-too-large"
    assert not probe.failures, "\n".join(probe.failures)


def test_the_length_that_is_declared_is_not_believed(small_ground: Ground) -> None:
    probe = Probe(small_ground)
    credential = list(small_ground.cast.headers("beneficiary").items())
    probe.send("GET", "/v1/me", credential)
    with probe.without_effect():
        for length in (
            b"0",
            b"1",
            b"99999999999",
            b"-5",
            b"1,1",
            b"9" * 5_000,
            b"\xb2",
            b"1 1",
            b"0x9",
            b"+2",
        ):
            headers: Fields = [*credential, ("Content-Type", "application/json"), ("Content-Length", length)]
            probe.send("POST", "/v1/requests?dry_run=true", headers, b"{" + b" " * 300_000)
            answer = probe.send("POST", "/v1/requests?dry_run=true", headers, [b"x" * 9_000] * 99)
            assert answer.status_code in {400, 413}, length
    assert not probe.failures, "\n".join(probe.failures)
