"""Who gains and who loses what between two versions of a rule, or of the catalogue beneath it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reach:
    """Everybody × everywhere × everything: whom a rule lets ask for what, by ids and ARNs."""

    principals: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    permission_sets: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.principals and self.accounts and self.permission_sets)


NOWHERE = Reach()


def gained(before: Reach, after: Reach) -> tuple[Reach, ...]:
    """Return what ``after`` reaches and ``before`` does not, in at most three parts without overlap.

    Who is new gets everything; who stays, all that is new in new accounts, and new permission sets
    in the others. What was lost is what one gains on the way back.
    """
    old = before or NOWHERE
    stay = old.principals & after.principals
    parts = (
        Reach(after.principals - old.principals, after.accounts, after.permission_sets),
        Reach(stay, after.accounts - old.accounts, after.permission_sets),
        Reach(stay, after.accounts & old.accounts, after.permission_sets - old.permission_sets),
    )
    return tuple(part for part in parts if part)
