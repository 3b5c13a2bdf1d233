"""Receipts over HTTP: byte for byte what was signed."""

import uuid

from protem.broker.record import receipt_checks, signing
from tests.api.applications import Api
from tests.api.endings import over, seal


def test_a_receipt_is_had_once_the_grant_is_over_and_sealed(api: Api) -> None:
    grant = api.granted()
    path = f"/v1/grants/{grant['id']}/receipt"
    early = api.person("alice").get(path)
    assert (early.status_code, early.json()["code"]) == (409, "receipt-not-ready")
    assert (early.json()["missing"], early.json()["state"]) == ("the end", "scheduled")


def test_a_receipt_verifies_as_it_was_answered(api: Api) -> None:
    request = api.world.submit(api.world.person("alice"))
    api.world.decide(api.world.person("carol"), request)
    grant = over(api.world, request)
    answer = api.person("carol").get(f"/v1/grants/{grant.id}/receipt")
    assert api.parts.signing_key is not None
    read = receipt_checks.read(answer.content, keys=signing.known([api.parts.signing_key.public]))
    assert read.summary == answer.json()["summary"]
    assert (read.summary["grant_id"], read.summary["over"]["outcome"]) == (str(grant.id), "never_created")


def test_without_a_key_there_is_nothing_to_sign_a_receipt_with(api: Api) -> None:
    request = api.world.submit(api.world.person("alice"))
    api.world.decide(api.world.person("carol"), request)
    grant = over(api.world, request)
    api.parts.signing_key = None
    refused = api.auditor().get(f"/v1/grants/{grant.id}/receipt")
    assert (refused.status_code, refused.json()["code"]) == (503, "signing-key-missing")


def test_a_grant_that_nobody_knows_has_no_receipt(api: Api) -> None:
    seal(api.world)
    assert api.auditor().get(f"/v1/grants/{uuid.uuid4()}/receipt").status_code == 404
