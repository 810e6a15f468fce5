"""Refusals as problem details (RFC 9457): one shape for every error of the API."""

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from ninja import Field, Schema

from workflows.inputs import FieldProblem

MEDIA_TYPE = "application/problem+json"


# What programs tell refusals apart by, where the operation names none that is nearer. docs/api.md has them all.
CODES = {
    400: "unreadable",
    401: "no_token",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "not_now",
    411: "length_required",
    413: "too_large",
    415: "not_json",
    422: "not_acceptable",
    429: "too_often",
    500: "failed",
    503: "unavailable",
}
OTHER = "refused"
# Nearer ones, by the status they come with.
NEARER = {
    401: ("bad_signature",),
    403: ("lacks_permission", "lacks_scope", "out_of_bounds", "beyond_token"),
    409: ("key_in_flight", "reference_taken", "changed_meanwhile"),
    422: ("key_reused", "bad_filter"),
}
TYPE = "urn:signalbox:problem:"
# Where programs ask, not people: whatever is refused there is a problem, never a page.
OF_PROGRAMS = ("/api/", "/hooks/in/")


def _codes(schema: dict[str, Any]) -> None:
    schema["enum"] = sorted({*CODES.values(), *(code for codes in NEARER.values() for code in codes), OTHER})


class FieldProblemOut(Schema):
    """What is wrong with one part of a request."""

    path: str = Field(description="JSON pointer into the body, or the name of a query parameter or header.")
    message: str


class Problem(Schema):
    """Why a request was refused (RFC 9457)."""

    type: str = Field(description=f"`{TYPE}` and the code.", examples=[f"{TYPE}not_acceptable"])
    code: str = Field(
        description="For programs: what kind of refusal it is.", examples=["not_acceptable"], json_schema_extra=_codes
    )
    title: str = Field(examples=["Unprocessable Content"])
    status: int
    detail: str
    errors: list[FieldProblemOut]


class Refused(Exception):
    """Ends a request with a problem."""

    def __init__(self, status: int, detail: str, *errors: FieldProblem, code: str = "", **headers: str) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.code, self.headers = status, detail, errors, code, headers


def problem(
    status: int, detail: str, errors: Iterable[FieldProblem] = (), *, code: str = "", **headers: str
) -> HttpResponse:
    """The answer that says so, with the code of its status or one nearer; `headers` with _ for -."""
    code = code or CODES.get(status, OTHER)
    content = {
        "type": f"{TYPE}{code}",
        "code": code,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": [{"path": error.path, "message": error.message} for error in errors],
    }
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return HttpResponse(json.dumps(content), status=status, content_type=MEDIA_TYPE, headers=named)


def declared(*statuses: int) -> dict[int, type[Problem]]:
    """For an operation's `response`: the problems it may answer with, those of every operation among them."""
    return dict.fromkeys(sorted({*OF_ALL, *statuses}), Problem)


# Of every operation: no token, one that may not do this, one that asks too often; a fault of ours, no database.
OF_ALL = (401, 403, 429, 500, 503)
# Of an operation that takes a body.
OF_BODY = (400, 413, 415, 422)
