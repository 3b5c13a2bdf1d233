"""What the installation, rather than an entitlement, allows."""

from protem.domain.eligibility import Bounds
from protem.settings import Settings


def of(settings: Settings) -> Bounds:
    """Return the bounds that the operator has chosen."""
    return Bounds(
        minimum_duration=settings.minimum_duration, maximum_start_ahead=settings.maximum_start_ahead
    )
