"""Networks, addresses, and where a call comes from."""

import pytest

from protem.domain import networks

PROXIES = (networks.network("10.0.0.0/8"), networks.network("fd00::/8"))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("10.1.0.0/16", "10.1.0.0/16"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("2001:db8::1", "2001:db8::1/128"),
        ("::ffff:10.1.0.0/112", "10.1.0.0/16"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
    ],
)
def test_networks_have_one_way_of_being_written(text: str, read: str) -> None:
    assert str(networks.network(text)) == read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10.1.2.3/16", "10.1.0.0/16 would be right"),
        ("2001:db8::1/32", "2001:db8::/32 would be right"),
        *((text, "like 10.1.0.0/16") for text in ("", "10", "10.1/16", "10.0.0.0/33", "10.0.0.0/255.0.0.0")),
        *((text, "like 10.1.0.0/16") for text in ("fe80::1%eth0/64", "office", "10.0.0.0/8 ", "010.0.0.0/8")),
        *(
            (text, "like 10.1.0.0/16")
            for text in ("10.0.0.0/-8", "10.0.0.0/", "\u0661\u0660.0.0.0/8", "10.0.0.0/8\n")
        ),
    ],
)
def test_what_is_no_network_is_told_what_would_be(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        networks.network(text)


@pytest.mark.parametrize(
    ("network", "address", "contained"),
    [
        ("10.1.0.0/16", "10.1.2.3", True),
        ("10.1.0.0/16", "10.2.2.3", False),
        ("10.1.0.0/16", "::ffff:10.1.2.3", True),
        ("::ffff:10.1.0.0/112", "10.1.2.3", True),
        ("2001:db8::/32", "2001:db8:1::1", True),
        ("fe80::/10", "fe80::1%eth0", True),
        ("0.0.0.0/0", "2001:db8::1", False),
        ("::/0", "10.1.2.3", False),
        ("0.0.0.0/0", None, False),
        ("0.0.0.0/0", "testclient", False),
    ],
)
def test_addresses_of_ipv4_are_the_same_in_either_notation(
    *, network: str, address: str | None, contained: bool
) -> None:
    assert networks.contain([networks.network(network)], networks.address(address)) is contained


@pytest.mark.parametrize(
    ("peer", "forwarded", "source"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["10.1.1.1"], "192.0.2.1"),  # nobody's word counts but a trusted proxy's
        ("127.0.0.1", ["192.0.2.9"], "127.0.0.1"),
        ("10.0.0.1", ["192.0.2.9"], "192.0.2.9"),
        ("10.0.0.1", ["10.6.6.6, 192.0.2.9"], "192.0.2.9"),  # the first was written by the client
        ("10.0.0.1", ["192.0.2.9, 10.0.0.2"], "192.0.2.9"),
        ("10.0.0.1", ["10.6.6.6", "192.0.2.9, 10.0.0.2"], "192.0.2.9"),
        ("10.0.0.1", ["192.0.2.9:4711"], "192.0.2.9"),
        ("10.0.0.1", ["[2001:db8::9]:4711"], "2001:db8::9"),
        ("10.0.0.1", ["2001:db8::9"], "2001:db8::9"),
        ("::ffff:10.0.0.1", ["192.0.2.9"], "192.0.2.9"),
        ("fd00::1", ["::ffff:192.0.2.9"], "192.0.2.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.7"], "10.0.0.7"),
        ("10.0.0.1", ["10.6.6.6, unknown"], None),
        ("10.0.0.1", ["10.6.6.6, "], None),
        (None, ["192.0.2.9"], None),
        ("testclient", ["192.0.2.9"], None),
    ],
)
def test_a_call_comes_from_the_last_one_who_is_no_trusted_proxy(
    peer: str | None, forwarded: list[str], source: str | None
) -> None:
    found = networks.source(peer, forwarded, PROXIES)
    assert (str(found) if found else None) == source


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert str(networks.source("10.0.0.1", ["192.0.2.9"], ())) == "10.0.0.1"


def test_a_neighbourhood_is_what_one_customer_has() -> None:
    found = [networks.address(text) for text in ("192.0.2.9", "2001:db8:1:2:3:4:5:6")]
    assert [str(networks.neighbourhood(one)) for one in found if one] == ["192.0.2.9/32", "2001:db8:1:2::/64"]
