"""Plans for people: what is gained in green, what is lost in red, and no more names than one reads."""

from collections.abc import Iterator
from typing import Any

from protem.broker.documents.differences import Differences
from protem.cli import output

_NAMED = 5

_STYLES = {"+": "green", "-": "red", "~": "yellow", "!": "bold yellow"}


def show(plan: Any, *, beside: bool = False) -> None:
    """Print a plan; ``beside`` the output where that is for a program."""
    for line in _lines(plan):
        output.paint(line, style=_style(line), beside=beside)


def outcome(applied: Any) -> Iterator[str]:
    """Yield what applying came to."""
    yield f"Version {applied['version']} is in force."
    if ended := applied["grants_ended"]:
        yield f"Ending {_counted(ended, 'grant')} under what was removed."
    if left := applied["grants_left"]:
        until = output.instant(applied["grants_left_until"])
        yield f"{_counted(left, 'live grant')} under what was removed, until {until} at the latest."
    if asked := applied["requests_left"]:
        yield f"{_counted(asked, 'request')} under what was removed, which nobody can approve any more."


def between(found: Differences) -> None:
    """Print in which fields two versions differ."""
    lines = [*(f"+ {output.clean(name)}" for name in found.added)]
    lines += [f"- {output.clean(name)}" for name in found.removed]
    for changed in found.changed:
        lines.append(f"~ {output.clean(changed.name)}")
        lines += [f"    {_field(field.field, field.before, field.after)}" for field in changed.fields]
    for line in lines or ["They mean the same."]:
        output.paint(line, style=_style(line))


def _lines(plan: Any) -> Iterator[str]:
    if plan["unchanged"]:
        yield f"Version {plan['base_version']} means the same; nothing would change."
    for mark, kind in (("+", "added"), ("-", "removed"), ("~", "changed")):
        for change in plan[kind]:
            yield f"{mark} {output.clean(change['name'])}"
            yield from (f"    {line}" for line in _about(change, removed=kind == "removed"))
    yield from (f"! {output.clean(warning)}" for warning in plan["warnings"])


def _about(change: Any, *, removed: bool) -> Iterator[str]:
    yield from (_field(one["field"], one["before"], one["after"]) for one in change["fields"])
    yield from (f"+ easier: {output.clean(sentence)}" for sentence in change["widens"])
    yield from (f"- harder: {output.clean(sentence)}" for sentence in change["narrows"])
    yield from (f"+ {_block(block)}" for block in change["gains"])
    yield from (f"- {_block(block)}" for block in change["losses"])
    if (some := change["may_ask_for_others"])["count"]:
        yield f"+ may ask for others: {_some(some, 'person', 'people')}"
    if (some := change["may_no_longer_ask_for_others"])["count"]:
        yield f"- may no longer ask for others: {_some(some, 'person', 'people')}"
    yield from _held(change["held"], removed=removed)


def _field(field: str, before: Any, after: Any) -> str:
    return f"{output.clean(field)}: {_value(before)} -> {_value(after)}"


def _held(held: Any, *, removed: bool) -> Iterator[str]:
    if removed and held["live_grants"]:
        until = output.instant(held["live_until"])
        yield f"! {_counted(held['live_grants'], 'live grant')}, until {until} unless --end-grants"
    if held["lost_grants"]:
        yield f"! {_counted(held['lost_grants'], 'live grant')} will be ended, as on_eligibility_lost has it"
    if held["void_grants"]:
        yield f"! {_counted(held['void_grants'], 'scheduled grant')} will not begin"
    if removed and held["pending_requests"]:
        yield f"! {_counted(held['pending_requests'], 'pending request')}, which nobody can approve then"


def _style(line: str) -> str:
    return _STYLES.get(line.lstrip()[:1], "")


def _block(block: Any) -> str:
    people = _some(block["principals"], "person", "people")
    accounts = _some(block["accounts"], "account", "accounts")
    return f"{people}: {_some(block['permission_sets'], 'permission set', 'permission sets')} in {accounts}"


def _some(some: Any, one: str, many: str) -> str:
    count, named = some["count"], some["names"][:_NAMED]
    shown = ", ".join(output.clean(name) for name in named)
    if count <= len(named):
        return shown
    return f"{count} {one if count == 1 else many} ({shown}, …)"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _value(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case list():
            return f"[{', '.join(_value(item) for item in value)}]"
        case dict():
            return f"{{{', '.join(f'{output.clean(key)}: {_value(item)}' for key, item in value.items())}}}"
        case bool():
            return str(value).lower()
        case _:
            return output.clean(value)
