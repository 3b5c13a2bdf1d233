"""From what an identity provider asserts to exactly one Identity Center user, or to nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

import structlog
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from protem.broker import catalogue
from protem.broker.authentication import Presented
from protem.broker.callers import Caller
from protem.db.models import Principal, TokenRole
from protem.domain import names
from protem.domain.catalogue import Person
from protem.domain.identification import IdentityRefused, Matches
from protem.identity_provider.values import Assertion

EMAIL = "email"
_LONGEST = 512
_log = structlog.get_logger("protem.identity")


_COLUMNS: Mapping[Matches, InstrumentedAttribute[Any]] = {
    Matches.USER_NAME: Principal.user_name_key,
    Matches.EMAIL: Principal.email_key,
    Matches.EXTERNAL_ID: Principal.external_id,
}


@dataclass(frozen=True, slots=True)
class Matching:
    """How people of the identity provider are found in Identity Center."""

    claim: str = EMAIL
    matches: Matches = Matches.USER_NAME
    email_asserted: bool = False
    """Whether the provider vouches for every address, without saying so in each token."""

    def person(self, session: Session, assertion: Assertion) -> Person:
        """Return the one user that is meant; raises ``IdentityRefused`` if that is not beyond doubt."""
        value = self._value(assertion)
        alike = self._alike(session, value)
        found = [row for row in alike if row.removed_at is None]
        if len(found) > 1:
            ids = [row.id for row in found]
            self._refuse(assertion, f"{len(found)} users of Identity Center have this {self._noun}", ids=ids)
        if alike and not found:
            self._refuse(assertion, f"the user with this {self._noun} has left Identity Center")
        if not found or not self._same(found[0], value):
            self._refuse(
                assertion, f"no user of Identity Center has the {self._noun} that `{self.claim}` says"
            )
        return self._read(session, found[0])

    def _read(self, session: Session, row: Principal) -> Person:
        person = catalogue.person(session, row.id)
        if person is None:
            raise IdentityRefused("this user has just left Identity Center")
        return person

    @property
    def _noun(self) -> str:
        return self.matches.value.replace("_", " ")

    def _value(self, assertion: Assertion) -> str:
        value = assertion.claims.get(self.claim)
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
            self._refuse(assertion, f"what the identity provider says holds no usable `{self.claim}`")
        if not value.isprintable():
            self._refuse(assertion, f"the `{self.claim}` holds characters that no name has")
        if self.claim == EMAIL and not (assertion.email_verified or self.email_asserted):
            self._refuse(assertion, "the identity provider does not say that the e-mail address is verified")
        return value

    def _alike(self, session: Session, value: str) -> Sequence[Principal]:
        """Return everybody who could be meant, the removed ones included."""
        wanted = value if self.matches is Matches.EXTERNAL_ID else names.key(value)
        return session.scalars(select(Principal).where(_COLUMNS[self.matches] == wanted)).all()

    def _same(self, row: Principal, value: str) -> bool:
        """Tell whether ``value`` is written as the user's own, but for the case of ASCII letters.

        Names are looked up in a form in which letters that look alike are one. That is kind to whoever
        types; but at the provider, another person can have the name that looks alike.
        """
        own = str(getattr(row, self.matches.value))
        if self.matches is Matches.EXTERNAL_ID:
            return own == value
        return names.spelled(own) == names.spelled(value)

    def _refuse(self, assertion: Assertion, reason: str, **facts: Any) -> NoReturn:
        # Who it was is for the log; the person, or whoever holds the token, learns what is in the way.
        named = {"issuer": assertion.issuer, "subject": assertion.subject, "claim": self.claim}
        _log.warning("identity.refused", reason=reason, matches=self.matches.value, **named, **facts)
        raise IdentityRefused(f"{reason}: ask whoever looks after your accounts", facts={"claim": self.claim})


@dataclass(frozen=True, slots=True)
class Asserted:
    """Knows people by the tokens of their identity provider, once those have been checked."""

    matching: Matching

    def verify(self, session: Session, presented: Presented, now: datetime) -> Caller | None:
        if presented.assertion is None:
            return None
        person = self.matching.person(session, presented.assertion)
        return Caller(name=person.user_name, role=TokenRole.PERSONAL, person=person)
