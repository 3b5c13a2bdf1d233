"""Which events a webhook gets."""

from collections.abc import Iterable, Sequence

from protem.domain.events import EventType

_OWN = frozenset({"webhook", "delivery"})
"""What is about sending itself is not sent: it would go on for ever."""

TYPES = tuple(kind.value for kind in EventType if kind.value.partition(".")[0] not in _OWN)
"""Every type that can be sent."""
_FAMILIES = frozenset(f"{kind.partition('.')[0]}.*" for kind in TYPES)


def deliverable(type_: str) -> bool:
    """Tell whether events of this type are sent to webhooks at all."""
    return type_.partition(".")[0] not in _OWN


def included(type_: str, wanted: Sequence[str]) -> bool:
    """Tell whether ``wanted`` has this type: by its name, or as ``grant.*``; nothing wanted is everything."""
    if not deliverable(type_):
        return False
    return not wanted or type_ in wanted or f"{type_.partition('.')[0]}.*" in wanted


def unknown(wanted: Iterable[str]) -> list[str]:
    """Return those of ``wanted`` that no event can match."""
    return [one for one in wanted if one not in TYPES and one not in _FAMILIES]
