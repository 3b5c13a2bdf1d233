"""The status of what HTTP itself refuses, and what to do about it."""

from collections.abc import Mapping

from protem.api import refusals
from protem.api.advice import Problem
from protem.domain.errors import Refusal

PROBLEMS: Mapping[type[Refusal], Problem] = {
    refusals.MalformedRequest: Problem(
        400,
        "Look at what is between you and this server, and at how it writes requests.",
    ),
    refusals.HeaderRepeated: Problem(
        400,
        "Send each of the headers that `detail` names once.",
    ),
    refusals.HeadersTooLarge: Problem(
        431,
        "Send fewer and shorter headers; `detail` has the limits.",
    ),
    refusals.HeadersTooSlow: Problem(
        408,
        "Send the whole head of a request at once.",
    ),
    refusals.AddressTooLong: Problem(
        414,
        "Ask for less at once; `detail` has the limits.",
    ),
    refusals.TooManyConnections: Problem(
        503,
        "Try again, or on another replica; keep fewer connections open.",
        {"Retry-After": "2"},
    ),
    refusals.BodyTooSlow: Problem(
        408,
        "Send the whole body at once.",
    ),
    refusals.MalformedJson: Problem(
        400,
        "Send one JSON object in UTF-8.",
    ),
    refusals.UnsupportedMediaType: Problem(
        415,
        "Send the `Content-Type` that `detail` names.",
    ),
    refusals.BodyTooLarge: Problem(
        413,
        "Send less; `limit` is the most, in bytes.",
    ),
    refusals.NoSuchPath: Problem(
        404,
        "`/docs` lists every address. There is no slash at the end of any.",
    ),
    refusals.MethodNotAllowed: Problem(
        405,
        "The `Allow` header names the methods that this address takes.",
    ),
    refusals.CrossSite: Problem(
        403,
        "A browser that is logged in changes things from the pages of Protem only; programs send a token.",
    ),
    refusals.NotReady: Problem(
        503,
        "Send the call to another replica, or try again; `detail` says what is missing.",
        {"Retry-After": "2"},
    ),
    refusals.DatabaseUnavailable: Problem(
        503,
        "Try again. What was asked was not done; use the same `Idempotency-Key` to be sure.",
        {"Retry-After": "2"},
    ),
    refusals.InternalError: Problem(
        500,
        "Try again, and tell the operators the `id`: it stands in their log.",
    ),
}
