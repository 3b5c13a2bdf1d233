"""Networks and addresses of the internet, compared as what they mean."""

import re
from collections.abc import Iterable
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
