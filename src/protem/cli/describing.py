"""Requests and grants in words, for people to read before they decide."""

from collections.abc import Iterator, Mapping
from typing import Any

from protem.cli.output import clean, instant

Shown = Mapping[str, Any]
"""What the API shows of one thing."""

_MARGIN = 13


def request(shown: Shown) -> Iterator[str]:
    """Yield everything that somebody must know who is to decide."""
    yield f"Request {shown['id']} is {clean(shown['state'])}"
    yield _line("for", _who(shown))
    for target in shown["targets"]:
        yield _line("access", _target(target))
    yield from _time(shown)
    yield _line(
        "entitlement", f"{clean(shown['entitlement']['name'])}, version {shown['entitlement']['version']}"
    )
    for line in shown["justification"].split("\n"):
        yield _line("why", clean(line))
    if shown["ticket"]:
        yield _line("ticket", clean(shown["ticket"]))
    yield from _answers(shown)
    for grant in shown["grants"]:
        yield _line("grant", f"{grant['id']} {clean(grant['state'])}, {_until(grant)}")
    if broken := shown["break_glass"]:
        yield _line(
            "broken glass", f"review {broken['review_id']} is {'open' if broken['open'] else 'closed'}"
        )


def grant(shown: Shown) -> Iterator[str]:
    """Yield how far a grant has come."""
    yield f"Grant {shown['id']} is {clean(shown['state'])}"
    yield _line("for", clean(shown["principal"]["user_name"]))
    yield _line("access", _target(shown))
    yield _line("window", f"{instant(shown['starts_at'])} to {instant(shown['ends_at'])}")
    if shown["requested_ends_at"]:
        asked = f"request {shown['extension_request_id']} is to be approved"
        yield _line("extension", f"to {instant(shown['requested_ends_at'])}; {asked}")
    if shown["access_over_at"]:
        yield _line("sessions", f"may act until {instant(shown['access_over_at'])}")
    if shown["end_reason"]:
        yield _line("end", clean(shown["end_reason"]))
    for why in (shown["revoke_comment"], shown["end_detail"]):
        if why:
            yield _line("why", clean(why))
    for trouble in (shown["failure"], shown["last_error"]):
        if trouble:
            yield _line("trouble", clean(trouble["detail"]))


def review(shown: Shown) -> Iterator[str]:
    """Yield what became of broken glass."""
    closed = f"closed by {clean(shown['closed_by'])}" if shown["closed_at"] else "open"
    yield f"Review {shown['id']} is {closed}"
    yield _line("for", clean(shown["principal"]["user_name"]))
    for line in (shown["comment"] or "").split("\n"):
        yield _line("found", clean(line))


def _who(shown: Shown) -> str:
    beneficiary, requester = (shown[part]["user_name"] for part in ("beneficiary", "requester"))
    asked = f", asked for by {clean(requester)}" if requester != beneficiary else ""
    return clean(beneficiary) + asked + (f", through {clean(shown['via'])}" if shown["via"] else "")


def _target(shown: Shown) -> str:
    account, permission_set = shown["account"], shown["permission_set"]
    return f"{clean(permission_set['name'])} in {clean(account['name'])} ({clean(account['id'])})"


def _time(shown: Shown) -> Iterator[str]:
    duration = clean(shown["duration"])
    if not shown["extends_grant_id"]:
        yield _line("how long", f"{duration}, {_start(shown)}")
        return
    until = f", until {instant(shown['requested_ends_at'])}" if shown["requested_ends_at"] else ""
    yield _line("how long", f"{duration} longer{until}")
    yield _line("extends", f"grant {shown['extends_grant_id']}")


def _start(shown: Shown) -> str:
    return f"from {instant(shown['starts_at'])}" if shown["starts_at"] else "from the moment of approval"


def _until(shown: Shown) -> str:
    return clean(shown["end_reason"]) if shown["end_reason"] else f"until {instant(shown['ends_at'])}"


def _answers(shown: Shown) -> Iterator[str]:
    for decision in shown["decisions"]:
        via = f" through {clean(decision['via'])}" if decision["via"] else ""
        shorter = f" for {clean(decision['duration'])}" if decision["duration"] else ""
        comment = f": {clean(decision['comment'])}" if decision["comment"] else ""
        who = f"{clean(decision['approver']['user_name'])}{via}{shorter}"
        yield _line(clean(decision["decision"]), who + comment)
    for step in shown["waiting_for"]:
        people = ", ".join(clean(name) for name in (*step["users"], *step["groups"]))
        yield _line("waits for", f"{step['required']} of {people} ({clean(step['name'])})")


def _line(heading: str, text: str) -> str:
    return f"  {heading:<{_MARGIN}}{text}"
