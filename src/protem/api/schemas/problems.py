"""Problems, as the OpenAPI document describes them."""

from pydantic import ConfigDict, Field

from protem.api.schemas.fields import Output


class FieldError(Output):
    field: str = Field(description="Where it is, such as `targets.0.account`.")
    message: str = Field(description="What is wrong with it, or what would be right.")


class Problem(Output):
    """Why something was not done (RFC 9457); further members give the facts behind it."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="The address of a page about this kind of problem.")
    title: str = Field(description="The kind of problem, always in the same words.")
    status: int = Field(description="The HTTP status, once more.")
    detail: str = Field(description="What is wrong this time, for people.")
    code: str = Field(description="The kind of problem, for programs; new ones may come.")
    errors: list[FieldError] = Field(description="Every field that is wrong; empty where none is to blame.")


class ProblemKind(Output):
    type: str
    code: str
    title: str
    status: int
    advice: str = Field(description="What to do about it.")


class ProblemKinds(Output):
    items: list[ProblemKind]
