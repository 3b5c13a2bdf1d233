"""Conditions over grants that have a name."""

from protem.db.models import Grant

LIVE = Grant.ended_at.is_(None)
"""Holds for grants in a live state; the database holds the two to each other, and has indexes over this."""
