"""What may be said of a webhook: its address, what it is for, and the types of events that it gets."""

from collections.abc import Sequence

from protem.broker import texts
from protem.domain import endpoints, reach, subscriptions
from protem.domain.reach import Network

DESCRIPTION_LENGTH = 512
MOST_TYPES = 100


def address(url: str, *, networks: Sequence[Network]) -> str:
    """Return the address if anything could ever be sent there; its name is resolved at each attempt."""
    try:
        endpoint = endpoints.parse(url)
    except ValueError as error:
        raise texts.refused("url", str(error)) from None
    if why := reach.misplaced(endpoint, allowed=networks):
        raise texts.refused("url", why)
    return url


def description(text: str) -> str:
    """Return what the webhook is for."""
    return texts.prose(text, field="description", maximum=DESCRIPTION_LENGTH)


def types(wanted: Sequence[str]) -> list[str]:
    """Return the types, each once; raises for what no event will ever match."""
    if len(wanted) > MOST_TYPES:
        raise texts.refused("types", f"name at most {MOST_TYPES}; no types at all means every one")
    if subscriptions.unknown(wanted):
        message = "name types of events such as request.submitted, or grant.* for all of a kind"
        raise texts.refused("types", message)
    return list(dict.fromkeys(wanted))
