"""What admins and auditors read: the record, and what AWS holds."""

from tests.api.applications import Api
from tests.broker.worlds import ALPHA, arn, person_id


def test_the_record_names_who_did_what_for_whom(api: Api) -> None:
    asked = api.bot(acting="alice").post(
        "/v1/requests",
        {
            "targets": [{"account": "alpha", "permission_set": "AdministratorAccess"}],
            "justification": "pager",
        },
    )
    events = api.auditor().get(f"/v1/audit-events?request_id={asked.json()['id']}").json()["items"]
    (event,) = events
    assert (event["type"], event["caller"], event["acting_as"]) == (
        "request.submitted",
        "service:slack",
        "user:alice@example.com",
    )
    assert (event["occurred_at"], event["principal_id"]) == ("2026-01-05T09:00:00Z", person_id("alice"))
    assert event["facts"]["justification"] == "pager"


def test_the_record_is_read_in_pages_from_either_end(api: Api) -> None:
    grant, auditor = api.granted(), api.auditor()
    path = f"/v1/audit-events?request_id={grant['request_id']}&limit=3"
    newest = auditor.get(path).json()
    rest = auditor.get(f"{path}&cursor={newest['next_cursor']}").json()
    backwards = [event["type"] for event in newest["items"] + rest["items"]]
    forwards = auditor.get(f"/v1/audit-events?request_id={grant['request_id']}&oldest_first=true").json()
    assert backwards[::-1] == [event["type"] for event in forwards["items"]]
    assert backwards[-1] == "request.submitted"


def test_the_record_is_narrowed_by_type_and_time(api: Api) -> None:
    api.granted()
    auditor = api.auditor()
    types = [event["type"] for event in auditor.get("/v1/audit-events?type=grant.created").json()["items"]]
    assert types == ["grant.created"]
    later = auditor.get("/v1/audit-events?since=2026-01-05T11:00:00%2B01:00").json()["items"]
    assert later == []
    naive = auditor.get("/v1/audit-events?since=2026-01-05T09:00:00")
    assert (naive.status_code, naive.json()["errors"][0]["field"]) == (422, "since")


def test_assignments_are_shown_as_aws_was_last_seen_to_hold_them(api: Api) -> None:
    api.world.hold_standing("alice")
    (held,) = api.auditor().get("/v1/assignments?principal=alice@example.com").json()["items"]
    assert (held["account_id"], held["permission_set_arn"]) == (ALPHA, arn("AdministratorAccess"))
    assert (held["provenance"], held["observed"], held["operation"]) == ("standing", "present", None)
    assert api.auditor().get("/v1/assignments?observed=absent").json()["items"] == []
