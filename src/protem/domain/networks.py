"""Networks and addresses of the internet, compared as what they mean."""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CIDR = re.compile(r"[0-9a-fA-F:.]{2,45}(/\d{1,3})?", re.ASCII)
_MAPPED = ip_network("::ffff:0:0/96")


def network(text: str) -> Network:
    """Return the network in CIDR notation; an address alone is a network of one.

    Raises ``ValueError`` with what would be right.
    """
    try:
        found = ip_network(text, strict=False) if _CIDR.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        raise ValueError("a network is written like 10.1.0.0/16 or 2001:db8::/48")
    if found.network_address != ip_address(text.partition("/")[0]):
        raise ValueError(f"this has bits set beyond its length: {found} would be right")
    return _plain_network(found)


def address(text: str | None) -> Address | None:
    """Return an address, that of IPv4 where IPv6 only carries one; None for what is no address."""
    try:
        found = ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def contain(networks: Iterable[Network], found: Address | None) -> bool:
    """Tell whether one of the networks has this address; none has one that is unknown."""
    return found is not None and any(found in network for network in networks)


def _plain_network(found: Network) -> Network:
    if isinstance(found, IPv4Network) or not found.subnet_of(_MAPPED):  # type: ignore[arg-type]
        return found
    return IPv4Network((int(found.network_address) & 0xFFFF_FFFF, found.prefixlen - 96))


def neighbourhood(found: Address) -> Network:
    """Return what one customer of a network has at least: an address of IPv4, a /64 of IPv6."""
    return ip_network((found, 32 if isinstance(found, IPv4Address) else 64), strict=False)


def source(peer: str | None, forwarded: Iterable[str], trusted: Sequence[Network]) -> Address | None:
    """Return where a call comes from, past the proxies that are trusted to say so; None if nobody knows.

    ``forwarded`` are the values of `X-Forwarded-For`, to which each proxy adds whom it heard: what
    stands left of the last one who is not trusted, anybody may have written.
    """
    seen = address(peer)
    hops = [hop for value in forwarded for hop in value.split(",")]
    while hops and contain(trusted, seen):
        seen = address(_without_port(hops.pop().strip()))
    return seen


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
