"""The sandbox: a request in, a reply out, and the control surface beside it."""

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from protem.clock import Clock, SystemClock
from protem.sandbox.calls import Call, Calls
from protem.sandbox.exchange import Exchange, Result
from protem.sandbox.faults import Faults
from protem.sandbox.mounts import asgi, hook
from protem.sandbox.quotas import Quotas
from protem.sandbox.refusals import Refusal
from protem.sandbox.settings import Settings
from protem.sandbox.state import State
from protem.sandbox.wire import answers
from protem.sandbox.wire.messages import Asked, Reply, Request, read


class Sandbox:
    """An Identity Center of our own, with the directory and the organization it lives in.

    Options are those of `Settings`, by name. Everything may be used from several threads.
    """

    def __init__(
        self, *, clock: Clock | None = None, settings: Settings | None = None, **options: Any
    ) -> None:
        self.clock = clock or SystemClock()
        self.settings = settings or Settings(**options)
        self._state = state = State(clock=self.clock, settings=self.settings)
        self.directory = state.directory
        self.organization = state.organization
        self.permission_sets = state.permission_sets
        self.assignments = state.assignments
        self.operations = state.operations
        self.faults = Faults(state.timeline)
        self.calls = Calls(state.timeline, kept=self.settings.calls_kept)
        quotas = Quotas(self.settings, state.timeline)
        self._exchange = Exchange(state=state, faults=self.faults, calls=self.calls, quotas=quotas)

    @property
    def instance_arn(self) -> str:
        return self.permission_sets.instance_arn

    @property
    def identity_store_id(self) -> str:
        return self.directory.store_id

    def mount(self, session: hook.Session) -> None:
        """Answer every attempt of a boto3 or botocore session, after its other hooks have run."""
        hook.mount(self.reply, session)

    def asgi(self, *, break_off: asgi.BreakOff = asgi.cannot_break_off) -> asgi.Application:
        """Return the mount for an ASGI server; `protem.sandbox.server` can also lose replies."""
        return asgi.application(self.reply, break_off=break_off)

    def reply(self, request: Request) -> Reply | None:
        """Answer an HTTP request; None is a broken connection."""
        try:
            asked = read(request)
        except Refusal as refusal:
            return self._misread(request, refusal)
        result = self._exchange.carry(asked)
        delay = self.settings.latency_seconds
        if result.fault:
            delay += result.fault.delay_seconds
        if delay:
            self.clock.sleep(delay)
        return None if result.is_lost else self._written(asked, result)

    def _misread(self, request: Request, refusal: Refusal) -> Reply:
        target = request.headers.get("x-amz-target", "")
        with self._state.timeline as timeline:
            self.calls.record(Call(timeline.now(), "", target, {}, refusal.code))
        body = answers.refusal_as_json(refusal)
        return self._sent(refusal.status, body, answers.JSON_TYPE)

    def _written(self, asked: Asked, result: Result) -> Reply:
        writer = answers.writer_of(asked.model)
        request_id = self._request_id()
        if result.refusal:
            body = writer.refusal(result.refusal, request_id=request_id)
            return self._sent(result.refusal.status, body, writer.content_type, request_id)
        body = writer.answer(asked.model, result.answer or {}, request_id=request_id)
        return self._sent(200, body, writer.content_type, request_id)

    def _request_id(self) -> str:
        with self._state.timeline:
            return self._state.identifiers.uuid()

    def _sent(self, status: int, body: bytes, content_type: str, request_id: str | None = None) -> Reply:
        date = self.clock.now() + timedelta(seconds=self.settings.date_skew_seconds)
        headers = {
            "x-amzn-requestid": request_id or self._request_id(),
            "content-type": content_type,
            "content-length": str(len(body)),
            "date": format_datetime(date, usegmt=True),
        }
        return Reply(status, headers, body)
