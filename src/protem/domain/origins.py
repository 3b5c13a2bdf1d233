"""Addresses of the web, as far as it matters who is at the other end, and who is on the way."""

from ipaddress import ip_address

from protem.domain import endpoints


def origin(address: str) -> str:
    """Return scheme, host and port as browsers write them in ``Origin``; ``ValueError`` for odd addresses."""
    return endpoints.parse(address).origin


def require_private(address: str) -> str:
    """Return an address that nobody on the way can read or change; ``ValueError`` for others.

    That is ``https``, or a host that is this machine.
    """
    endpoint = endpoints.parse(address)
    if not endpoint.is_secure and not is_loopback(endpoint.host):
        raise ValueError("it must begin with https://, unless it is on this machine")
    return address


def is_loopback(host: str) -> bool:
    """Tell whether only this machine is meant; of names, only the one that everybody knows is trusted."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
