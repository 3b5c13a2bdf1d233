"""Where events may be sent to: the public internet, and what an operator has named besides.

Whoever may make a webhook must not get to speak to what only this machine can reach.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from protem.domain.endpoints import Endpoint

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PUBLIC_PORTS = frozenset({443, 8443})
"""What is called on the internet; where an operator has named the network, any port is."""

_UNICAST = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")
_TRANSLATED = (_NAT64, ip_network("64:ff9b:1::/48"), ip_network("::ffff:0:0:0/96"))
"""Addresses that end with one of IPv4, to which a translator sends what is sent to them."""
_NEVER = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "169.254.0.0/16",  # metadata of the instance, credentials of the task
            "224.0.0.0/4",
            "255.255.255.255/32",
            "::/128",
            "fe80::/10",
            "fd00:ec2::/32",  # the same of AWS on IPv6
            "ff00::/8",
        ),
    )
)
_NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "168.63.129.16/32",  # the host of a machine in Azure
            "192.0.0.0/24",  # for protocols; metadata in Oracle's cloud
            "192.88.99.0/24",  # relays from 6to4
            "3fff::/20",  # for documentation
        ),
    )
)
"""What some or all versions of Python take for public."""


def refusal(endpoint: Endpoint, resolved: str, *, allowed: Sequence[Network]) -> str | None:
    """Return why nothing is sent to this endpoint at the address that its host has, or None if it may be."""
    if "%" in resolved:
        return "the address is in a zone of this machine"
    address = _plain(ip_address(resolved))
    if any(_among(one, _NEVER) for one in (address, *_carried(address))):
        return "the address is one that is never called: of a link, a group of machines, or none"
    if _among(address, allowed):
        return None
    if not public(address):
        return "the address is not on the public internet, and PROTEM_WEBHOOK_NETWORKS does not name it"
    return _too_open(endpoint)


def misplaced(endpoint: Endpoint, *, allowed: Sequence[Network]) -> str | None:
    """Return what is wrong with an endpoint whatever its name resolves to, or None."""
    if endpoint.is_literal:
        return refusal(endpoint, endpoint.host, allowed=allowed)
    return None if allowed else _too_open(endpoint)


def public(address: Address) -> bool:
    """Tell whether an address is one of the public internet, and so is whatever it carries inside itself."""
    if _among(address, _NEVER) or _among(address, _NOT_PUBLIC) or not address.is_global:
        return False
    if not all(public(one) for one in _carried(address)):
        return False
    return isinstance(address, IPv4Address) or address in _NAT64 or address in _UNICAST


def _too_open(endpoint: Endpoint) -> str | None:
    """Return what is asked of an endpoint on the internet and not of one in a network that is named."""
    if not endpoint.is_secure:
        return "http is for addresses that PROTEM_WEBHOOK_NETWORKS names: use https"
    if endpoint.port not in PUBLIC_PORTS:
        return "the port must be 443 or 8443, except at addresses that PROTEM_WEBHOOK_NETWORKS names"
    return None


def _plain(address: Address) -> Address:
    """Return the IPv4 address that one of IPv6 only dresses up, by which it is reached in truth."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _carried(address: Address) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses to which a network may translate this one on the way."""
    if isinstance(address, IPv4Address):
        return ()
    if _among(address, _TRANSLATED):
        return (IPv4Address(int(address) & 0xFFFF_FFFF),)
    return tuple(found for found in (address.sixtofour, address.ipv4_mapped) if found)


def _among(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
