"""One effect for one Idempotency-Key."""

from tests.api.applications import Api, asking


def test_the_same_sending_has_one_effect_and_one_answer(api: Api) -> None:
    alice, key = api.person("alice"), {"Idempotency-Key": "7c1b"}
    first = alice.post("/v1/requests", asking(), headers=key)
    api.world.clock.advance(60)
    second = alice.post("/v1/requests", asking(), headers=key)
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["Location"] == first.headers["Location"]
    assert len(alice.get("/v1/requests").json()["items"]) == 1


def test_another_body_under_the_same_key_is_refused(api: Api) -> None:
    alice, key = api.person("alice"), {"Idempotency-Key": "7c1b"}
    alice.post("/v1/requests", asking(), headers=key)
    answer = alice.post("/v1/requests", asking(duration="PT2H"), headers=key)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")


def test_a_refusal_leaves_the_key_free(api: Api) -> None:
    alice, key = api.person("alice"), {"Idempotency-Key": "7c1b"}
    assert alice.post("/v1/requests", asking(duration="PT9H"), headers=key).status_code == 422
    assert alice.post("/v1/requests", asking(), headers=key).status_code == 201


def test_a_key_is_its_callers_own(api: Api) -> None:
    key = {"Idempotency-Key": "7c1b"}
    first = api.person("alice").post("/v1/requests", asking(), headers=key).json()
    second = api.person("bob").post("/v1/requests", asking(), headers=key).json()
    assert first["id"] != second["id"]


def test_a_key_is_visible_ascii(api: Api) -> None:
    for key in ("", "two words", "x" * 256):
        answer = api.person("alice").post("/v1/requests", asking(), headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
