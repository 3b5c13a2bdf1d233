"""What an address says about who can be at the other end."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Say whether only this machine is meant; of names, only the one that everybody knows is trusted."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
