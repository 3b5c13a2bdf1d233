"""What to do instead, where an ask is refused: tried out before it is said."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from protem.broker import catalogue, extensions, histories, visibility
from protem.broker.callers import Caller
from protem.broker.evaluation import Evaluation, evaluate
from protem.broker.possession import Held, How
from protem.db.models import Grant, Request
from protem.domain import durations, suggestions
from protem.domain.eligibility import REACHING, Ask, Bounds, may_request
from protem.domain.entitlements import Entitlement, Policy
from protem.domain.errors import Locked, NoApprovers, StandingAccess
from protem.domain.histories import History
from protem.domain.remedies import Situation
from protem.domain.suggestions import Suggestion
from protem.domain.windows import Window

_BESIDE = frozenset({Locked.code, StandingAccess.code, NoApprovers.code})
"""What refuses besides the rules of an entitlement."""

_TRIED = 10
"""How many entitlements are tried; the nearest come first."""


class Advice:
    """Advice about one evaluation."""

    def __init__(
        self,
        session: Session,
        caller: Caller,
        found: Evaluation,
        *,
        named: str | None,
        bounds: Bounds,
        now: datetime,
    ) -> None:
        self._session, self._caller, self._found = session, caller, found
        self._named, self._bounds, self._now = named, bounds, now

    def given(self, tried: Sequence[Entitlement], held: Sequence[Held]) -> tuple[Suggestion, ...]:
        """Return the best suggestions: what is there already, before what has to be asked for."""
        if self._all_standing(held):
            return (Suggestion("use_standing", "use what is held already; there is nothing to ask for"),)
        return (*self._extensions(held), *self._changes(tried, held))[: suggestions.MOST]

    def _changes(self, tried: Sequence[Entitlement], held: Sequence[Held]) -> tuple[Suggestion, ...]:
        if self._found.refusal is None:
            return ()
        ask = self._found.ask
        standing = frozenset(ask.targets[one.target] for one in held if one.how is not How.GRANT)
        about = Situation(
            bounds=self._bounds,
            now=self._now,
            estate=catalogue.estate(self._session),
            history=self._history,
            standing=standing,
        )
        rules = self._found.policy
        # Where nothing may be told of somebody else, what is left is to ask for oneself.
        names = tried[:_TRIED] or rules.open_to(ask.requester)[:_TRIED]
        found = suggestions.suggest(ask, rules, names, named=self._named, judge=self._refusing, about=about)
        return found if tried else tuple(one for one in found if "beneficiary" in (one.change or {}))

    def _history(self, rule: Entitlement) -> History:
        return histories.of(self._session, rule, self._found.ask.beneficiary.id, now=self._now)

    def _refusing(self, rule: Entitlement, ask: Ask) -> list[str]:
        """Return the rules and codes that refuse ``ask`` under one entitlement, in the order of refusals."""
        alone = Policy(self._found.policy.version, self._found.policy.digest, (rule,))
        tried = evaluate(self._session, ask, rules=alone, named=rule.name, bounds=self._bounds, now=self._now)
        decision = tried.decision or may_request(rule, ask, bounds=self._bounds, now=self._now)
        failed = [check.rule for check in decision.refusals]
        beside = [refusal.code for refusal in tried.refusals if refusal.code in _BESIDE]
        return [*(rule for rule in failed if rule in REACHING), *beside, *failed]

    def _all_standing(self, held: Sequence[Held]) -> bool:
        places = {one.target for one in held if one.how is not How.GRANT}
        return len(places) == len(self._found.ask.targets)

    def _extensions(self, held: Sequence[Held]) -> Iterator[Suggestion]:
        for one in held:
            if one.grant is not None and (sentence := self._extending(one.grant, one.target)):
                yield Suggestion("extend_grant", sentence)
                return

    def _extending(self, grant: Grant, place: int) -> str | None:
        """Return how to extend a grant that is held already, if that would pass."""
        request = self._session.get_one(Request, grant.request_id)
        relations = self._caller.relations | visibility.relations_to(self._session, self._caller, request)
        if not extensions.offered(self._session, self._caller, grant, request, relations):
            return None
        rule = self._found.policy.named(request.entitlement)
        if rule is None or rule.extension is None:
            return None
        longer = min(self._found.ask.lasting(rule), rule.extension.maximum)
        ask = Ask(
            requester=self._found.ask.requester,
            beneficiary=self._found.ask.beneficiary,
            targets=(self._found.ask.targets[place],),
            duration=longer,
            justification=self._found.ask.justification,
            ticket=self._found.ask.ticket,
            extends=Window(grant.starts_at, grant.ends_at),
        )
        found = evaluate(
            self._session,
            ask,
            rules=self._found.policy,
            named=request.entitlement,
            bounds=self._bounds,
            now=self._now,
            extends=grant,
        )
        if found.refusal is not None:
            return None
        until = f"{grant.ends_at:%Y-%m-%d %H:%M} UTC"
        return f"extend grant {grant.id}, which lasts until {until}, by {durations.text(longer)}"
