"""The bridge between what people decided and what AWS should hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from protem.domain.lifecycle import LIVE_GRANT_STATES, GrantState
from protem.domain.windows import Window


@dataclass(frozen=True, slots=True)
class Owing:
    """What one grant asks of AWS; ``given_up`` once its activation can never succeed."""

    state: GrantState
    window: Window
    revoked_at: datetime | None = None
    given_up: bool = False

    @property
    def live(self) -> bool:
        return self.state in LIVE_GRANT_STATES

    @property
    def closed(self) -> bool:
        """Whether no later instant can make this grant owe access again."""
        return not self.live or self.revoked_at is not None or self.given_up

    def owes_access(self, now: datetime) -> bool:
        """Tell whether AWS should hold the assignment for this grant at ``now``."""
        return not self.closed and self.window.contains(now)

    def over(self, now: datetime) -> bool:
        """Tell whether this grant will never again owe access, from ``now`` on."""
        return self.closed or now >= self.window.ends_at

    def next_change(self, now: datetime) -> datetime | None:
        """Return the next instant after ``now`` at which ``owes_access`` may answer otherwise."""
        if self.closed:
            return None
        return next(
            (at for at in (self.window.starts_at, self.window.ends_at) if at > now),
            None,
        )


def next_change(grants: Iterable[Owing], now: datetime) -> datetime | None:
    """Return the earliest instant after ``now`` at which what these grants owe may change."""
    return min((at for grant in grants if (at := grant.next_change(now))), default=None)


def access_over_at(*, over_at: datetime, session_duration: timedelta) -> datetime:
    """Return the last moment at which a role session begun before ``over_at`` could sign a request.

    A session outlives the deletion of its assignment by up to the permission set's SessionDuration
    (AWS, "Revoke active AWS account sessions").
    """
    return over_at + session_duration
