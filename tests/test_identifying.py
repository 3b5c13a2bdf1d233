"""From settings to who is let in; half of a configuration is refused with the name of what is missing."""

from typing import Any

import pytest
from pydantic import ValidationError

from protem import identifying
from protem.broker.assertions import Asserted
from protem.broker.authentication import ApiTokens
from protem.broker.logins import Logins
from protem.settings import Settings
from tests.clocks import ManualClock

ISSUER: dict[str, Any] = {"oidc_issuer": "https://id.example.com"}
TOKENS: dict[str, Any] = {**ISSUER, "oidc_audience": "protem"}
LOGINS: dict[str, Any] = {**ISSUER, "oidc_client_id": "protem", "public_url": "https://protem.example.com"}

HALF: list[tuple[dict[str, Any], str, str]] = [
    (ISSUER, "oidc_client_id", "needs PROTEM_OIDC_AUDIENCE"),
    ({"oidc_audience": "protem"}, "oidc_audience", "needs PROTEM_OIDC_ISSUER"),
    ({"oidc_client_id": "protem"}, "oidc_client_id", "needs PROTEM_OIDC_ISSUER"),
    ({**ISSUER, "oidc_client_id": "protem"}, "oidc_client_id", "needs PROTEM_PUBLIC_URL"),
    ({**TOKENS, "oidc_client_secret": "marked"}, "oidc_client_secret", "needs PROTEM_OIDC_CLIENT_ID"),
    ({"oidc_client_secret": "marked"}, "oidc_client_secret", "needs PROTEM_OIDC_ISSUER"),
    ({**TOKENS, "oidc_issuer": "http://id.example.com"}, "oidc_issuer", "https://"),
    ({**TOKENS, "oidc_issuer": "id.example.com"}, "oidc_issuer", "https://"),
    ({**LOGINS, "public_url": "http://protem.example.com"}, "public_url", "https://"),
    ({"public_url": "https://protem.example.com/protem"}, "public_url", "scheme, host and port only"),
    ({**TOKENS, "oidc_algorithms": "RS256,HS256"}, "oidc_algorithms", "these can be"),
    ({**TOKENS, "oidc_algorithms": "none"}, "oidc_algorithms", "these can be"),
    ({**TOKENS, "oidc_algorithms": ""}, "oidc_algorithms", "these can be"),
    ({**TOKENS, "oidc_leeway": "PT121S"}, "oidc_leeway", "less than or equal"),
    ({**TOKENS, "oidc_matches": "display_name"}, "oidc_matches", "'user_name', 'email' or 'external_id'"),
    ({**LOGINS, "oidc_scopes": "email"}, "oidc_scopes", "openid"),
    ({"login_idle": "P1D"}, "login_idle", "longer than PROTEM_LOGIN_LIFETIME"),
    ({"login_idle": "PT1M"}, "login_idle", "greater than or equal"),
    ({"login_lifetime": "P8D"}, "login_lifetime", "less than or equal"),
]


@pytest.mark.parametrize(("given", "field", "said"), HALF, ids=str)
def test_half_of_a_configuration_is_refused(given: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(**given)
    told = {str(error["loc"][0]): error["msg"] for error in caught.value.errors(include_input=False)}
    assert said in told[field]
    assert "marked" not in str(told)


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        ({}, [ApiTokens]),
        (TOKENS, [ApiTokens, Asserted]),
        (LOGINS, [ApiTokens, Asserted, Logins]),
    ],
)
def test_what_is_configured_is_what_is_known(given: dict[str, Any], kinds: list[type]) -> None:
    settings = Settings(**given)
    assert [type(verifier) for verifier in identifying.admission(settings).verifiers] == kinds
    made = identifying.provider(settings, clock=ManualClock())
    assert (made is not None) == ("oidc_issuer" in given)
    assert bool(made and made.takes_logins) == (Logins in kinds)


def test_the_secret_of_the_client_is_shown_nowhere() -> None:
    settings = Settings(**LOGINS, oidc_client_secret="marked")
    made = identifying.provider(settings, clock=ManualClock())
    assert made
    assert made.configuration.client_secret == "marked"
    assert "marked" not in repr(made.configuration) + repr(settings) + str(settings.model_dump(mode="json"))
