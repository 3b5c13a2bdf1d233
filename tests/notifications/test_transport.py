"""What is sent goes where it may and nowhere else, and comes back in time."""

import gzip
import ssl
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from time import monotonic

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from protem.notifications.transport import Answer, Transport
from tests.notifications.receivers import Receiver, Send, acting, receiving

HERE = (ip_network("127.0.0.0/8"),)
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Resolver:
    """Answers with the next of its lists of addresses, and remembers what it was asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if not self._answers:
            raise OSError
        return self._answers.pop(0)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as found:
        yield found


def post(url: str, *, seconds: float = 5, local: bool = True, resolve: Resolver | None = None) -> Answer:
    transport = Transport(
        timeout=timedelta(seconds=seconds), allowed=HERE if local else (), resolve=resolve or Resolver()
    )
    try:
        return transport.post(url, headers={"webhook-id": "1"}, body=b'{"type":"x"}')
    finally:
        transport.close()


def test_what_is_sent_arrives(receiver: Receiver) -> None:
    resolve = Resolver(["127.0.0.1"])
    answer = post(receiver.url("/in?a=b", host="hook.example"), resolve=resolve)
    assert (answer.status, answer.success) == (204, True)
    ((path, headers, body),) = receiver.received
    assert (path, body) == ("/in?a=b", b'{"type":"x"}')
    assert headers["Host"] == f"hook.example:{receiver.port}"
    assert headers["Accept-Encoding"] == "identity"
    assert resolve.asked == ["hook.example"]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254", "10.0.0.1", "0.0.0.0", "fe80::1%lo"],  # noqa: S104
)
def test_a_name_that_leads_inside_is_not_called(receiver: Receiver, address: str) -> None:
    for others in ([], ["8.8.8.8"]):
        answer = post("https://hook.example/", local=False, resolve=Resolver([*others, address]))
        assert answer.status is None
        assert "not sent: the address" in str(answer.error)
    assert receiver.received == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "169.254.169.254"])
def test_an_address_inside_is_not_called(receiver: Receiver, host: str) -> None:
    answer = post(f"https://{host}:{receiver.port}/", local=False)
    assert "not sent" in str(answer.error)
    assert receiver.received == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.0.0.1"])
def test_other_spellings_of_an_address_are_no_host(receiver: Receiver, host: str) -> None:
    answer = post(f"http://{host}:{receiver.port}/")
    assert (answer.status, receiver.received) == (None, [])
    assert "decimal" in str(answer.error)


def test_a_name_is_resolved_once_for_the_check_and_the_connection(receiver: Receiver) -> None:
    rebinding = Resolver(["127.0.0.1"], ["169.254.169.254"])
    assert post(receiver.url(host="rebind.example"), resolve=rebinding).success
    assert rebinding.asked == ["rebind.example"]
    again = post(receiver.url(host="rebind.example"), resolve=rebinding)
    assert "not sent" in str(again.error)
    assert len(receiver.received) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(receiver: Receiver, status: int) -> None:
    receiver.statuses, receiver.headers = [status], {"Location": receiver.url("/elsewhere")}
    answer = post(receiver.url())
    assert (answer.status, answer.success) == (status, False)
    assert "redirect" in str(answer.error)
    assert [path for path, _, _ in receiver.received] == ["/hook"]


def test_no_proxy_of_the_environment_is_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert post(receiver.url()).success


def test_no_cookie_comes_back(receiver: Receiver) -> None:
    receiver.headers = {"Set-Cookie": "a=b"}
    transport = Transport(timeout=timedelta(seconds=5), allowed=HERE)
    for _ in range(2):
        transport.post(receiver.url(), headers={}, body=b"{}")
    transport.close()
    assert [headers.get("Cookie") for _, headers, _ in receiver.received] == [None, None]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/\r\nX-Evil: 1", "http://127.0.0.1:1/ HTTP/1.1\r\n\r\nGET /"]
)
def test_an_address_cannot_bring_headers_along(url: str) -> None:
    answer = post(url)
    assert answer.status is None
    assert "visible ASCII" in str(answer.error)


def drip_headers(send: Send, over: threading.Event) -> None:
    send(b"HTTP/1.1 200 OK\r\n")
    while not over.wait(0.02):
        send(b"X: y\r\n")


def drip_body(send: Send, over: threading.Event) -> None:
    send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not over.wait(0.02):
        send(b".")


def announce_for_ever(send: Send, over: threading.Event) -> None:
    while not over.wait(0.001):
        send(b"HTTP/1.1 102 Processing\r\n\r\n" * 20)


def flood(send: Send, over: threading.Event) -> None:
    send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not over.is_set():
        send(b"4000\r\n" + b"." * 0x4000 + b"\r\n")


def bomb(send: Send, over: threading.Event) -> None:
    packed = gzip.compress(bytes(10_000_000))
    send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed))
    send(packed)


def be_silent(send: Send, over: threading.Event) -> None:
    over.wait(5)


def speak_otherwise(send: Send, over: threading.Event) -> None:
    send(b"220 mail.example ESMTP\r\n")


def swell_headers(send: Send, over: threading.Event) -> None:
    send(b"HTTP/1.1 200 OK\r\nX: ")
    while not over.is_set():
        send(b"y" * 0x4000)


@pytest.mark.parametrize("script", [drip_headers, announce_for_ever, be_silent])
def test_however_busy_an_answer_is_it_is_over_in_time(script: object) -> None:
    with acting(script) as port:  # type: ignore[arg-type]  # a script
        began = monotonic()
        answer = post(f"http://127.0.0.1:{port}/", seconds=0.3)
        assert answer == Answer(error="it took longer than 0.3 seconds in all")
        assert monotonic() - began < 3


@pytest.mark.parametrize("script", [drip_body, flood, bomb])
def test_of_a_body_little_is_read_and_nothing_unpacked(script: object) -> None:
    with acting(script) as port:  # type: ignore[arg-type]  # a script
        began = monotonic()
        assert post(f"http://127.0.0.1:{port}/", seconds=0.5).status == 200
        assert monotonic() - began < 3


@pytest.mark.parametrize("script", [speak_otherwise, swell_headers])
def test_what_is_not_http_is_told_so(script: object) -> None:
    with acting(script) as port:  # type: ignore[arg-type]  # a script
        assert post(f"http://127.0.0.1:{port}/").error == "it did not answer in HTTP"


def test_a_resolver_that_hangs_holds_nobody_up() -> None:
    over = threading.Event()

    def hang(host: str, port: int) -> Sequence[str]:
        over.wait(10)
        return []

    transport = Transport(timeout=timedelta(seconds=0.2), resolve=hang)
    answer = transport.post("https://hook.example/", headers={}, body=b"{}")
    over.set()
    transport.close()
    assert "longer than" in str(answer.error)


def test_names_that_hang_leave_resolvers_to_the_others(receiver: Receiver) -> None:
    over = threading.Event()

    def resolve(host: str, port: int) -> Sequence[str]:
        if host == "hang.example":
            over.wait(10)
        return ["127.0.0.1"]

    transport = Transport(timeout=timedelta(seconds=0.2), allowed=HERE, resolve=resolve, threads=1)
    for _ in range(3):
        assert not transport.post("https://hang.example/", headers={}, body=b"{}").success
    answer = transport.post(receiver.url(host="hook.example"), headers={}, body=b"{}")
    over.set()
    transport.close()
    assert answer.success


def test_what_cannot_be_reached_is_told_in_words() -> None:
    with acting(be_silent) as port:
        pass
    assert post(f"http://127.0.0.1:{port}/").error == "nothing accepts connections there"
    assert post("http://hook.example/").error == "the name of the host does not resolve"
    resolve = Resolver([])
    assert post("http://hook.example/", resolve=resolve).error == "nothing accepts connections there"


def test_the_second_address_is_tried_when_the_first_is_dead(receiver: Receiver) -> None:
    assert post(receiver.url(host="hook.example"), resolve=Resolver(["127.0.0.2", "127.0.0.1"])).success


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120", timedelta(minutes=2)),
        ("Mon, 05 Jan 2026 09:05:00 GMT", timedelta(minutes=5)),
        ("99999999999999999999", timedelta.max),
        ("-1", None),
        ("soon", None),
        ("²", None),
        (None, None),
    ],
)
def test_being_asked_for_patience_is_understood(text: str | None, expected: timedelta | None) -> None:
    assert Answer(status=503, retry_after=text).wait(NOW) == expected


def certificate(host: str, path: Path) -> Path:
    """Write a certificate that is its own authority, with its key, into a file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *form) + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_the_certificate_must_be_good_for_the_name_that_was_resolved(tmp_path: Path) -> None:
    pem = certificate("hook.example", tmp_path / "server.pem")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem)
    trusted = ssl.create_default_context(cafile=str(pem))
    with receiving(Receiver(), tls=serving) as receiver:

        def sent(host: str, trusted: ssl.SSLContext | None) -> Answer:
            resolve = Resolver(["127.0.0.1"])
            transport = Transport(
                timeout=timedelta(seconds=5), allowed=HERE, resolve=resolve, trusted=trusted
            )
            answer = transport.post(f"https://{host}:{receiver.port}/", headers={}, body=b"{}")
            transport.close()
            return answer

        assert sent("hook.example", trusted).success
        assert "certificate is not good" in str(sent("other.example", trusted).error)
        assert "certificate is not good" in str(sent("hook.example", None).error)
        assert len(receiver.received) == 1
