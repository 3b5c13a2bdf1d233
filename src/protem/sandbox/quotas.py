"""How many calls in a second the services take."""

from collections import deque

from protem.sandbox.refusals import Refusal, throttled
from protem.sandbox.settings import Settings
from protem.sandbox.timeline import Timeline

WINDOW_SECONDS = 1.0


class Quotas:
    """Accepted calls within any one second, counted per quota; refused ones cost nothing.

    AWS documents rates, not how it measures them: a sliding window is the strictest reading.
    """

    def __init__(self, settings: Settings, timeline: Timeline) -> None:
        self._settings = settings
        self._timeline = timeline
        self._accepted: dict[str, deque[float]] = {}

    def admit(self, service: str, operation: str) -> Refusal | None:
        quota, limit = self._quota_of(service, operation)
        if limit is None:
            return None
        now = self._timeline.clock.monotonic()
        accepted = self._accepted.setdefault(quota, deque())
        while accepted and accepted[0] <= now - WINDOW_SECONDS:
            accepted.popleft()
        if len(accepted) >= limit:
            return throttled(service)
        accepted.append(now)
        return None

    def _quota_of(self, service: str, operation: str) -> tuple[str, float | None]:
        match service:
            case "sso-admin":
                return service, self._settings.calls_per_second
            case "identitystore":
                quota = f"{service}:{operation}"
                return quota, self._settings.identity_store_calls_per_second
            case "organizations":
                limits = self._settings.organizations_calls_per_second
                return f"{service}:{operation}", limits.get(operation)
            case _:
                return service, None
