"""What the tables of authority say about one call."""

from enum import StrEnum

from protem.domain.authority import ACTING, ACTING_SCOPES, SCOPES, Relation, Scope, Verb, may


class Ruling(StrEnum):
    """What the tables say."""

    ALLOWED = "allowed"
    OUT_OF_SCOPE = "out_of_scope"
    """The caller might, but not with this token."""
    FORBIDDEN = "forbidden"


def rule(
    verb: Verb,
    *,
    relations: frozenset[Relation],
    scopes: frozenset[Scope] | None = None,
    acting: bool = False,
) -> Ruling:
    """Say whether somebody with these relations may, by a token of these scopes; None is no token's bound.

    ``acting`` says that a service speaks as a person, to whom ``relations`` belong.
    """
    if not within(verb, scopes, acting=acting):
        return Ruling.OUT_OF_SCOPE
    return Ruling.ALLOWED if may(verb, relations) else Ruling.FORBIDDEN


def within(verb: Verb, scopes: frozenset[Scope] | None, *, acting: bool) -> bool:
    """Tell whether a token with these scopes may be used for the verb, whoever may use it."""
    if scopes is None:
        return True
    wanted = ACTING_SCOPES.get(verb, ACTING) if acting else SCOPES[verb]
    return not wanted.isdisjoint(scopes)
