"""Dry runs in words: what would happen, then why, then what to do."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from protem.cli.output import clean, instant

Shown = Mapping[str, Any]

_MARKS = {"satisfied": "yes", "unsatisfied": "NO", "not_evaluated": "-"}
_REFUSED = "refused"


def refused(shown: Shown) -> bool:
    return bool(shown["decision"] == _REFUSED)


def told(shown: Shown) -> Iterator[str]:
    """Yield everything that somebody wants to know who asks "why not?"; the answer first."""
    yield _headline(shown)
    yield from _timing(shown)
    yield from _section("Why", _reasons(shown))
    yield from _section("Who approves", (_step(step) for step in shown["steps"]))
    yield from _section("Held already", (_held(one) for one in shown["held"]))
    yield from _section("What to do", _advice(shown))


def _headline(shown: Shown) -> str:
    under = f" under {clean(shown['entitlement'])}" if shown["entitlement"] else ""
    match shown["decision"]:
        case "granted":
            return f"GRANTED: this would be given at once{under}."
        case "needs_approval":
            return f"NEEDS APPROVAL: this could be asked for{under}."
        case "refused":
            refusal = shown["refusal"]
            return f"REFUSED: {clean(refusal['detail'])} ({clean(refusal['code'])})"
        case other:
            return clean(other).upper()


def _timing(shown: Shown) -> Iterator[str]:
    if refused(shown) or not shown["starts_at"]:
        return
    yield f"  from {instant(shown['starts_at'])} to {instant(shown['ends_at'])}, if it were given now"
    if shown["expires_at"]:
        yield f"  answers would be waited for until {instant(shown['expires_at'])}"


def _section(heading: str, lines: Iterator[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield ""
        yield heading
        yield from (f"  {line}" for line in found)


def _reasons(shown: Shown) -> Iterator[str]:
    for one in shown["entitlements"]:
        if one["decides"]:
            yield f"{clean(one['name'])}, which decides:"
            yield from _checks(one["checks"])
        else:
            unmet = [check for check in one["checks"] if check["verdict"] == "unsatisfied"]
            why = clean(unmet[0]["explanation"]) if unmet else "it would do"
            yield f"{clean(one['name'])}: {why}"
    if left_out := shown["entitlements_left_out"]:
        yield f"and {left_out} more that are not shown"


def _checks(checks: Sequence[Shown]) -> Iterator[str]:
    for (verdict, explanation), alike in groupby(checks, key=itemgetter("verdict", "explanation")):
        same = list(alike)
        # One cause can leave all the rest open: saying it once for each would bury what decided.
        rules = f"{', '.join(clean(check['rule']) for check in same)}: " if len(same) > 1 else ""
        yield f"  {_MARKS.get(verdict, '?'):<4}{rules}{clean(explanation)}"


def _step(step: Shown) -> str:
    people = ", ".join(clean(name) for name in step["people"]) or "nobody"
    more = step["candidates"] - len(step["people"])
    others = f" and {more} more" if more > 0 else ""
    needed = "" if step["needed"] else "; not needed at this time"
    short = "" if step["enough"] else "; these are TOO FEW"
    return f"{clean(step['name'])}: {step['required']} of {people}{others}{needed}{short}"


def _held(held: Shown) -> str:
    target = f"target {held['target'] + 1}"
    match held["how"]:
        case "grant":
            return f"{target}: grant {held['grant_id']}, until {instant(held['ends_at'])}"
        case "group":
            return f"{target}: through the group {clean(held['group'])}"
        case _:
            return f"{target}: without Protem"


def _advice(shown: Shown) -> Iterator[str]:
    for number, one in enumerate(shown["suggestions"], start=1):
        yield f"{number}. {clean(one['sentence'])}"
        if one["change"]:
            yield f"   {_options(one['change'])}"


def _options(change: Shown) -> str:
    """Return a change of the body as the options of ``protem request``."""
    return clean(" ".join(_option(name, value) for name, value in change.items()))


def _option(name: str, value: Any) -> str:
    if name == "targets":
        return " ".join(
            f"--target {shlex.quote('/'.join((one['account'], one['permission_set'])))}" for one in value
        )
    flag = f"--{name.replace('_', '-')}"
    return f"(no {flag})" if value is None else f"{flag} {shlex.quote(str(value))}"
