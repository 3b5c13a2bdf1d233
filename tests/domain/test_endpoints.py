"""Addresses of webhooks are read in one way, and lead nowhere but where they may."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protem.domain import endpoints, reach
from protem.domain.endpoints import Endpoint

INSIDE = (ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16"), ip_network("fd12::/16"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com", Endpoint("https", "example.com", 443, "/")),
        ("https://Example.COM./a/b?c=d&e=%20", Endpoint("https", "example.com", 443, "/a/b?c=d&e=%20")),
        ("https://example.com?x", Endpoint("https", "example.com", 443, "/?x")),
        ("http://10.1.2.3:8080/in", Endpoint("http", "10.1.2.3", 8080, "/in")),
        ("https://[2001:4860:0:0::8888]:8443/", Endpoint("https", "2001:4860::8888", 8443, "/")),
        ("https://xn--bcher-kva.example/", Endpoint("https", "xn--bcher-kva.example", 443, "/")),
    ],
)
def test_an_address_comes_apart(url: str, expected: Endpoint) -> None:
    assert endpoints.parse(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com/",
        "HTTPS://example.com/",
        "https:///path",
        "https://alice:secret@example.com/",
        "https://example.com@10.0.0.1/",
        "https://example.com/#fragment",
        "https://example.com\\@evil.example/",
        "https://example.com/\r\nX-Evil: 1",
        "https://example.com/a b",
        "https://example.com/\n",
        "https://exa\tmple.com/",
        "https://bücher.example/",
        "https://example.com:/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:+443/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.0.01/",
        "https://127.0.0.1.2/",
        "https://example.0x/",
        "https://\uff11\uff12\uff17.0.0.1/",
        "https://[::1%25lo]/",
        "https://[::1%lo]/",
        "https://[1.2.3.4]:443:80/",
        "https://[]/",
        "https://-example.com/",
        "https://a..b/",
        "https://" + "a" * 3_000,
    ],
)
def test_what_two_could_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        endpoints.parse(url)


@given(st.text(alphabet=st.characters(codec="latin-1"), max_size=40))
def test_no_host_and_no_target_can_end_a_header(tail: str) -> None:
    try:
        found = endpoints.parse("https://example.com" + tail)
    except ValueError:
        return
    assert (found.host + found.target).isprintable()
    assert not set(found.target) & set(' "#<>\\^`{|}')


FORBIDDEN = [
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "0.0.0.0",  # noqa: S104 - nobody listens
    "198.18.0.1",
    "192.88.99.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "192.0.0.8",
    "192.0.0.192",
    "168.63.129.16",
    "3fff::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001::1",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2600:1::1%eth0",
    "fec0::1",
    "ff02::1",
    "100::1",
    "5f00::1",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_only_the_public_internet_is_reached(address: str) -> None:
    endpoint = endpoints.parse("https://example.com/")
    assert reach.refusal(endpoint, address, allowed=()) is not None


@pytest.mark.parametrize("address", ["8.8.8.8", "::ffff:8.8.8.8", "2600:1f00::1", "64:ff9b::808:808"])
def test_the_public_internet_is_reached_by_https_on_its_ports(address: str) -> None:
    def asked(url: str) -> str | None:
        return reach.refusal(endpoints.parse(url), address, allowed=())

    assert asked("https://example.com/") is None
    assert asked("https://example.com:8443/") is None
    assert asked("https://example.com:22/") is not None
    assert asked("http://example.com/") is not None


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::ffff:10.1.2.3", "fd12::1"])
def test_a_network_that_is_named_is_reached_in_any_way(address: str) -> None:
    assert reach.refusal(endpoints.parse("http://example.com:8080/"), address, allowed=INSIDE) is None


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "0.1.2.3",
        "64:ff9b:1::a9fe:a9fe",
        "::ffff:0:169.254.169.254",
    ],
)
def test_what_hands_out_credentials_is_not_reached_even_if_everything_is_allowed(address: str) -> None:
    everywhere = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    endpoint = endpoints.parse("http://example.com/")
    assert reach.refusal(endpoint, address, allowed=everywhere) is not None


def test_what_is_wrong_with_any_resolution_is_told_at_once() -> None:
    def wrong(url: str, **others: object) -> bool:
        allowed = INSIDE if others else ()
        return reach.misplaced(endpoints.parse(url), allowed=allowed) is not None

    assert not wrong("https://example.com/")
    assert wrong("http://example.com/")
    assert wrong("https://example.com:444/")
    assert wrong("https://127.0.0.1/")
    assert not wrong("http://127.0.0.1:9/", inside=True)
    assert not wrong("http://example.com:9/", inside=True)
    assert wrong("http://10.2.0.1:9/", inside=True)


@given(st.ip_addresses(v=6))
def test_nothing_of_ipv6_is_public_that_python_does_not_take_for_global(address: object) -> None:
    found = ip_address(str(address))
    assert not reach.public(found) or found.is_global
