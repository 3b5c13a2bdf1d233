"""How tokens are shown: all that they are, but nothing that they are known by."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from protem.cli import output
from protem.db.models import Token

_COLUMNS = ["ID", "NAME", "ROLE", "SCOPES", "STATE", "EXPIRES", "LAST USED"]


def members(token: Token) -> dict[str, Any]:
    """Return a token as the API shows it."""
    return {
        "id": str(token.id),
        "name": token.name,
        "role": token.role.value,
        "principal_id": token.principal_id,
        "scopes": token.scopes,
        "act_as_groups": token.act_as_groups,
        "networks": token.networks,
        "rate_limit": token.rate_limit,
        "created_at": _iso(token.created_at),
        "created_by": token.created_by,
        "expires_at": _iso(token.expires_at),
        "last_used_at": _iso(token.last_used_at),
        "rotated_at": _iso(token.rotated_at),
        "previous_until": _iso(token.previous_until),
        "previous_used_at": _iso(token.previous_used_at),
        "revoked_at": _iso(token.revoked_at),
    }


def show_table(found: Iterable[Token], now: datetime) -> None:
    """Print tokens, a line each."""
    output.show_table(
        _COLUMNS,
        (
            [
                token.id,
                token.name,
                token.role,
                " ".join(token.scopes) or "-",
                _state(token, now),
                instant(token.expires_at),
                instant(token.last_used_at),
            ]
            for token in found
        ),
    )


def show(token: Token, now: datetime) -> None:
    """Print one token, a line for each thing to know of it."""
    lines = {
        "id": token.id,
        "name": token.name,
        "role": token.role,
        "state": _state(token, now),
        "user": token.principal_id or "-",
        "scopes": " ".join(token.scopes) or "-",
        "acts as members of": ", ".join(token.act_as_groups) or ("anybody" if _acts(token) else "-"),
        "from": ", ".join(token.networks) or "anywhere",
        "calls a minute": token.rate_limit or "as for everybody",
        "made": f"{instant(token.created_at)} by {token.created_by}",
        "expires": instant(token.expires_at),
        "last used": instant(token.last_used_at),
        "rotated": instant(token.rotated_at),
        "secret of before": _previous(token, now),
        "revoked": instant(token.revoked_at),
    }
    for name, value in lines.items():
        output.say(f"{name + ':':<20}{output.clean(value)}")


def instant(at: datetime | None) -> str:
    """Return an instant to the second, or a dash where there is none."""
    return output.instant(_iso(at))


def _acts(token: Token) -> bool:
    return any(scope.startswith("act_as:") for scope in token.scopes)


def _previous(token: Token, now: datetime) -> str:
    if token.previous_until is None:
        return "-"
    until = "good until" if token.previous_until > now else "was good until"
    used = f"last used {instant(token.previous_used_at)}" if token.previous_used_at else "not used since"
    return f"{until} {instant(token.previous_until)}, {used}"


def _state(token: Token, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "good" if token.expires_at > now else "expired"


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
