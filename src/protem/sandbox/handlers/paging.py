"""One page of a listing as an answer."""

from collections.abc import Iterable, Mapping
from typing import Any

from protem.sandbox.state import State


def page(
    state: State,
    parameters: Mapping[str, Any],
    entries: Iterable[tuple[str, Any]],
    *,
    member: str,
    most: int = 100,
) -> dict[str, Any]:
    """Answer with the next entries under `member`, each given with the key that orders it."""
    shown, token = state.pager.cut(member, parameters, entries, most=most)
    return {member: shown, "NextToken": token}
