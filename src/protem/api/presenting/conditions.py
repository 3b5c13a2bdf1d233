"""Hours and conditions, as people read them."""

from protem.api.schemas import offers as schemas
from protem.domain import durations
from protem.domain.entitlements import When
from protem.domain.hours import Hours, Span
from protem.domain.selectors import PermissionSets, Wanted

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def hours(found: Hours) -> schemas.Hours:
    return schemas.Hours(time_zone=found.time_zone, spans=[_span(span) for span in found.spans])


def sentence(when: When) -> str:
    """Return everything that must hold, in words."""
    parts = [
        f"for longer than {durations.text(when.duration_over)}" if when.duration_over is not None else "",
        f"for accounts tagged {_tags(when.account_tags)}" if when.account_tags else "",
        f"for {_permission_sets(when.permission_sets)}" if when.permission_sets else "",
        f"outside {_hours(when.outside)}" if when.outside else "",
    ]
    return " and ".join(part for part in parts if part)


def _hours(found: Hours) -> str:
    return f"{', '.join(_span(span) for span in found.spans)} ({found.time_zone})"


def _span(span: Span) -> str:
    days = " ".join(_DAYS[day] for day in sorted(span.days))
    return f"{days} {span.opens:%H:%M}-{span.closes:%H:%M}"


def _permission_sets(wanted: PermissionSets) -> str:
    tagged = [f"those tagged {_tags(wanted.tags)}"] if wanted.tags else []
    found = ", ".join((*wanted.names, *wanted.patterns, *tagged))
    return found + (f" except {', '.join(wanted.excluded)}" if wanted.excluded else "")


def _tags(wanted: Wanted) -> str:
    return ", ".join(f"{name}={'|'.join(sorted(values))}" for name, values in wanted)
