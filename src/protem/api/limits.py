"""How many calls are taken from whom, and how many bad credentials from where; counted in each process.

The red button has buckets of its own: neither many calls nor, short of ten bad credentials a second from
their own address, somebody else's guesses keep anybody from revoking and locking.
"""

import hashlib
import math
import secrets
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from protem.api.buckets import CAPACITY, Buckets
from protem.broker.authentication import Presented
from protem.broker.callers import Caller
from protem.clock import Clock
from protem.domain import networks
from protem.domain.authority import Verb
from protem.domain.errors import RateLimited
from protem.domain.networks import Address, Network
from protem.domain.rates import Rate

RED_BUTTONS = frozenset({Verb.GRANTS_REVOKE.value, Verb.LOCKS_CREATE.value})
RED_RATE = Rate(6_000, 1_500)
"""For one caller: enough to end whatever there is, one by one."""

REJECTIONS = Rate(60, 60)
"""Bad credentials from one address before it is told to wait."""
RED_REJECTIONS = Rate(600, 600)


@dataclass(frozen=True, slots=True)
class Entrance:
    """By which door a call comes in: which operation, and from where."""

    operation: str | None
    address: Address | None

    @property
    def is_red(self) -> bool:
        return self.operation in RED_BUTTONS


class Limits:
    """What this process remembers of who has called, and of whose credentials were good."""

    def __init__(
        self, *, clock: Clock, rate: int, trusted: tuple[Network, ...] = (), shared: bool = False
    ) -> None:
        """Remember nobody yet; ``shared`` says that all calls come from one address, as behind some proxy."""
        self._clock = clock
        self._rate = rate
        self._trusted, self._shared = trusted, shared
        self._calls = Buckets()
        self._rejections = Buckets()
        self._good: OrderedDict[bytes, None] = OrderedDict()
        self._key = secrets.token_bytes(32)

    def take(self, caller: Caller, entrance: Entrance) -> None:
        """Count a call. Raises ``RateLimited``."""
        per_minute = caller.rate_limit or self._rate
        rate = RED_RATE if entrance.is_red else Rate.of(per_minute)
        who = (entrance.is_red, _bearer(caller))
        seconds = self._calls.take(who, rate, now=self._clock.monotonic())
        if seconds:
            raise _limited(f"{rate.per_minute} calls a minute are taken from you", rate, seconds)

    def require_calm(self, presented: Presented, entrance: Entrance) -> None:
        """Raise ``RateLimited`` if too many bad credentials came from there and this was never a good one."""
        where = self._where(entrance)
        if where is None or self._mark(presented) in self._good:
            return
        rate = _rejections(entrance)
        seconds = self._rejections.wait(where, rate, now=self._clock.monotonic())
        if seconds:
            raise _limited("too many bad credentials come from your address", rate, seconds)

    def rejected(self, presented: Presented, entrance: Entrance) -> None:
        """Count a bad credential against where it came from."""
        self._good.pop(self._mark(presented), None)
        where = self._where(entrance)
        if where is not None:
            self._rejections.add(where, _rejections(entrance), now=self._clock.monotonic())

    def accepted(self, presented: Presented) -> None:
        """Remember that a credential was good: others' bad ones do not get into its way."""
        self._good[self._mark(presented)] = None
        while len(self._good) > CAPACITY:
            self._good.popitem(last=False)

    def _mark(self, presented: Presented) -> bytes:
        # Keyed, so that the memory of this process is of no use for finding anybody's credential.
        shown = f"{presented.bearer or ''}\n{presented.cookie or ''}"
        return hashlib.blake2b(shown.encode(errors="replace"), key=self._key, digest_size=16).digest()

    def _where(self, entrance: Entrance) -> Hashable | None:
        """Return what stands for the address; None where all kinds of callers would share it."""
        address = entrance.address
        if address is None or self._shared or address.is_loopback or networks.contain(self._trusted, address):
            return None
        return (entrance.is_red, networks.neighbourhood(address))


def _rejections(entrance: Entrance) -> Rate:
    return RED_REJECTIONS if entrance.is_red else REJECTIONS


def _bearer(caller: Caller) -> str:
    """Return who is counted: a service whoever it acts as, a token by itself if it has a limit of its own."""
    if caller.rate_limit is not None or caller.person is None or caller.acts_as:
        return f"{caller.role}:{caller.token_id or caller.name}"
    return caller.key


def _limited(message: str, rate: Rate, seconds: float) -> RateLimited:
    wait = math.ceil(seconds)
    facts = {"rate_limit": rate.per_minute, "retry_after": wait}
    return RateLimited(f"{message}: try again in {wait} s", facts=facts)
