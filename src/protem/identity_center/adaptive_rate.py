"""How fast calls may leave when somebody else uses the same quota: found by what AWS refuses."""

_KEPT = 0.7
"""The part of the rate that is left after a refusal."""
_LEAST_SEEN = 0.75
"""The part of the present rate below which a refusal is not put down to the rate: few calls prove little."""
_NOTABLY = 0.9
"""The part of what was refused before below which others have become more, and not just come at once."""
_SAME_CAUSE = 1.0
"""Seconds after a refusal within which others belong to it: their calls were under way already."""


class AdaptiveRate:
    """Slows down at once, comes back to the rate that was refused slowly, and only then looks further.

    The curve is that of TCP CUBIC (RFC 9438): steep far from what was refused last, flat near it. So what
    others leave is used nearly whole, with about one refusal for each time that it is tried whether they
    leave more. ``plateau`` is the seconds after which the refused rate is reached again. Instants are on
    any scale of seconds.
    """

    def __init__(self, full: float, *, least: float, plateau: float) -> None:
        self.full = full
        self._least = min(least, full)
        self._plateau = plateau
        self._refused = full
        self._slowed_at: float | None = None

    def slow(self, now: float) -> bool:
        """Tell whether the rate is below the full one."""
        return self.at(now) < self.full

    def at(self, now: float) -> float:
        """Return the calls a second that may leave at ``now``."""
        if self._slowed_at is None:
            return self.full
        way = (now - self._slowed_at) / self._plateau - 1
        rate = self._refused * (1 + (1 - _KEPT) * way**3)
        return min(max(rate, self._least), self.full)

    def refused(self, now: float, *, sent: int) -> None:
        """Slow down, because AWS took less than the ``sent`` calls of the last second."""
        if self._slowed_at is not None and now - self._slowed_at < _SAME_CAUSE:
            return
        rate, before = self.at(now), self._refused
        found = min(rate, max(sent, rate * _LEAST_SEEN))
        # Others take more than last time, and may not be done: give way a bit further (fast convergence).
        giving_way = found < before * _NOTABLY and rate < self.full
        self._refused = max(found * (1 + _KEPT) / 2 if giving_way else found, self._least)
        self._slowed_at = now
