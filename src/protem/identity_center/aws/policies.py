"""One fingerprint for everything that a permission set allows."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from protem.domain import durations
from protem.domain.digests import Canonical, digest

Reference = tuple[str, str]
"""Name and path of a policy that is looked up in the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What a permission set carries; ``boundary`` is the ARN or the reference of its boundary.

    The session duration belongs to it, because it says for how long what was allowed can still be
    used after the end. Name, description, tags and relay state allow nothing.
    """

    managed_arns: frozenset[str]
    customer_managed: frozenset[Reference]
    inline: str
    boundary: str | Reference | None
    session_duration: timedelta

    def digest(self) -> str:
        """Return the same text for the same policies, in whatever order AWS listed them."""
        return digest(
            {
                "managed": sorted(self.managed_arns),
                "customer_managed": [list(reference) for reference in sorted(self.customer_managed)],
                "inline": _canonical(self.inline),
                "boundary": list(self.boundary) if isinstance(self.boundary, tuple) else self.boundary,
                "session_duration": durations.text(self.session_duration),
            }
        )


def _canonical(policy: str) -> Canonical:
    """Return the policy as data, so that white space does not count, or as text if it is no object."""
    try:
        document: Canonical = json.loads(
            policy, object_pairs_hook=_unambiguous, parse_constant=_refuse, parse_float=_refuse
        )
    except ValueError:
        return policy
    return document if isinstance(document, dict) else policy


def _unambiguous(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    members = list(pairs)
    if len(members) != len(dict(members)):
        _refuse("a key that is there twice")
    return dict(members)


def _refuse(what: str) -> None:
    message = f"{what} has no one canonical form"
    raise ValueError(message)
