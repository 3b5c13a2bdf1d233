"""How much longer a grant may last: the rules that only extensions have."""

from collections.abc import Iterator
from datetime import timedelta

from protem.domain import durations
from protem.domain.decisions import Check, check
from protem.domain.entitlements import Entitlement


def rules(entitlement: Entitlement, *, asked: timedelta, total: timedelta, before: int) -> Iterator[Check]:
    """Say, rule by rule, whether a grant extended ``before`` times may last so much longer, so long in all.

    The rule about the total matters where the entitlement has become stricter since the grant began.
    """
    rule = entitlement.extension
    count = rule.maximum_count if rule else 0
    often = "at all" if count == 0 else "more than once" if count == 1 else f"more than {count} times"
    yield check(
        "extensions",
        passed=before < count,
        satisfied=f"{before} of {count} extensions of the grant have been used",
        explanation=f"{entitlement.name} does not let a grant be extended {often}",
    )
    if rule is None:
        return
    yield check(
        "extension",
        passed=asked <= rule.maximum,
        satisfied=f"{durations.text(asked)} is within the {durations.text(rule.maximum)} of one extension",
        explanation=f"{durations.text(asked)} is longer than the {durations.text(rule.maximum)} by which"
        f" {entitlement.name} lets a grant be extended",
        field="duration",
    )
    longest = entitlement.longest(extensions=before + 1)
    yield check(
        "extension_total",
        passed=total <= longest,
        satisfied=f"the grant would last {durations.text(total)}, within {durations.text(longest)}",
        explanation=f"the grant would last {durations.text(total)} altogether, longer than the"
        f" {durations.text(longest)} that {entitlement.name} allows",
        field="duration",
    )
