"""Bad credentials are counted by reason, and now and then put on record."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from protem.api.rejections import Rejections
from protem.broker import credentials
from protem.db.models import Principal
from protem.domain.errors import Unauthenticated
from protem.domain.rejections import Rejection
from tests.api.applications import Api, Client
from tests.broker.worlds import person_id
from tests.clocks import ManualClock

PATH = "/v1/me"


def using(api: Api, secret: str, **headers: str) -> Client:
    return Client(api.http, {"Authorization": f"Bearer {secret}", **headers})


def issued(api: Api, name: str = "bot", **kind: Any) -> dict[str, Any]:
    body = {"name": name, "role": "service", **kind}
    made: dict[str, Any] = api.admin().post("/v1/tokens", body).json()
    return made


def counted(api: Api) -> dict[str, int]:
    """Return how many there were, by reason, those reasons left out of which there was none."""
    lines = generate_latest(api.parts.metrics).decode().splitlines()
    found = [line for line in lines if line.startswith("protem_credentials_rejected_total{")]
    pairs = ((line.split('"')[1], int(float(line.rpartition(" ")[2]))) for line in found)
    return {reason: count for reason, count in pairs if count}


def recorded(api: Api) -> list[dict[str, Any]]:
    listed = api.auditor().get("/v1/audit-events?type=credentials.rejected").json()["items"]
    return [event["facts"] for event in reversed(listed)]


def mistyped(api: Api) -> tuple[str, str | None]:
    return issued(api)["secret"][:-1], None


def forged(api: Api) -> tuple[str, str | None]:
    return credentials.new(), None


def revoked(api: Api) -> tuple[str, str | None]:
    token = issued(api)
    api.admin().send("DELETE", f"/v1/tokens/{token['id']}")
    return token["secret"], token["id"]


def expired(api: Api) -> tuple[str, str | None]:
    token = issued(api, lifetime="PT1H")
    api.world.clock.advance(3600)
    return token["secret"], token["id"]


def rotated(api: Api) -> tuple[str, str | None]:
    token = issued(api)
    assert api.admin().post(f"/v1/tokens/{token['id']}/rotate").status_code == 200
    api.world.clock.advance(3600)
    return token["secret"], token["id"]


def of_somebody_who_left(api: Api) -> tuple[str, str | None]:
    token = issued(api, role="personal", user="alice@example.com")
    api.world.remove(Principal, person_id("alice"))
    return token["secret"], token["id"]


def elsewhere(api: Api) -> tuple[str, str | None]:
    token = issued(api, networks=["192.0.2.0/24"])
    return token["secret"], token["id"]


def unrecognised(api: Api) -> tuple[str, str | None]:
    return "hunter2-hunter2", None


BAD: dict[Rejection, Callable[[Api], tuple[str, str | None]]] = {
    Rejection.TYPO: mistyped,
    Rejection.UNKNOWN: forged,
    Rejection.REVOKED: revoked,
    Rejection.EXPIRED: expired,
    Rejection.ROTATED: rotated,
    Rejection.LEFT: of_somebody_who_left,
    Rejection.NETWORK: elsewhere,
    Rejection.UNRECOGNISED: unrecognised,
}


@pytest.mark.parametrize("reason", BAD)
def test_each_bad_credential_is_counted_and_on_record_under_its_reason(api: Api, reason: Rejection) -> None:
    secret, token_id = BAD[reason](api)
    answer = using(api, secret).get(PATH)
    assert answer.status_code == (403 if reason is Rejection.NETWORK else 401)
    assert counted(api) == {reason.value: 1}
    assert recorded(api) == [{"reason": reason.value, "count": 1, "address": None, "token_id": token_id}]


def test_a_typing_error_alone_is_told(api: Api) -> None:
    said = {using(api, BAD[reason](api)[0]).get(PATH).json()["detail"] for reason in (Rejection.UNKNOWN,)}
    said |= {using(api, BAD[reason](api)[0]).get(PATH).json()["detail"] for reason in (Rejection.REVOKED,)}
    assert said == {"this token is not valid"}
    assert "missing or mistyped" in using(api, mistyped(api)[0]).get(PATH).json()["detail"]


def test_acting_as_somebody_in_vain_is_counted_with_its_token(api: Api) -> None:
    token = issued(api)
    refused = using(api, token["secret"], **{"Act-As": "alice@example.com"}).get(PATH)
    assert (refused.status_code, refused.json()["code"]) == (403, "act-as-refused")
    assert counted(api) == {"act_as": 1}
    assert recorded(api)[0]["token_id"] == token["id"]


def test_what_a_good_credential_is_refused_is_not_counted(api: Api) -> None:
    assert api.person("alice").get("/v1/tokens").status_code == 403
    assert api.bot(acting="alice").post("/v1/tokens/self/rotate").status_code == 403
    assert api.anonymous().get(PATH).status_code == 401
    assert counted(api) == {}


def test_each_reason_is_put_on_record_at_most_once_a_minute(api: Api) -> None:
    def bring(count: int) -> None:
        for _ in range(count):
            using(api, credentials.new()).get(PATH)

    bring(5)
    using(api, "hunter2").get(PATH)
    first = [("unknown", 1), ("unrecognised", 1)]
    assert [(fact["reason"], fact["count"]) for fact in recorded(api)] == first
    api.world.clock.advance(60)
    recorded(api)  # any call puts on record what is due
    assert [(fact["reason"], fact["count"]) for fact in recorded(api)] == [*first, ("unknown", 4)]
    assert counted(api) == {"unknown": 5, "unrecognised": 1}


def test_no_part_of_a_credential_is_anywhere(api: Api) -> None:
    secrets = [BAD[reason](api)[0] for reason in (Rejection.TYPO, Rejection.UNKNOWN, Rejection.UNRECOGNISED)]
    said = "".join(using(api, secret).get(PATH).text for secret in secrets)
    everywhere = f"{said}{api.world.contents()}{generate_latest(api.parts.metrics).decode()}"
    assert not [secret for secret in secrets if secret.removeprefix("protem_")[:8] in everywhere]


class Broken:
    """A store whose database has gone."""

    @contextmanager
    def writing(self) -> Iterator[Session]:
        raise OperationalError("INSERT", {}, Exception("no space left"))
        yield Session()


def test_an_event_that_cannot_be_written_does_not_change_the_answer() -> None:
    store: Any = Broken()
    rejections = Rejections(store=store, clock=ManualClock(), registry=CollectorRegistry())
    rejections.count(Unauthenticated("no").because(Rejection.UNKNOWN), address="192.0.2.1")
    rejections.put_on_record()
