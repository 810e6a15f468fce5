"""Refusals as problem details (RFC 9457): one shape for every error of the API."""

import json
from collections.abc import Iterable
from http import HTTPStatus

from django.http import HttpResponse
from ninja import Field, Schema

from workflows.inputs import FieldProblem

MEDIA_TYPE = "application/problem+json"


class FieldProblemOut(Schema):
    """What is wrong with one part of a request."""

    path: str = Field(description="JSON pointer into the body, or the name of a query parameter or header.")
    message: str


class Problem(Schema):
    """Why a request was refused (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int
    detail: str
    errors: list[FieldProblemOut]


class Refused(Exception):
    """Ends a request with a problem."""

    def __init__(self, status: int, detail: str, *errors: FieldProblem, **headers: str) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.headers = status, detail, errors, headers


def problem(status: int, detail: str, errors: Iterable[FieldProblem] = (), **headers: str) -> HttpResponse:
    """The answer that says so; `headers` with _ for -."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": [{"path": error.path, "message": error.message} for error in errors],
    }
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return HttpResponse(json.dumps(content), status=status, content_type=MEDIA_TYPE, headers=named)


def declared(*statuses: int) -> dict[int, type[Problem]]:
    """For an operation's `response`: the problems it may answer with; any may be refused for its token."""
    return dict.fromkeys(sorted({*OF_TOKEN, *statuses}), Problem)


# Of every operation: no token, one that may not do this, one that asks too often.
OF_TOKEN = (401, 403, 429)
# Of an operation that takes a body.
OF_BODY = (400, 413, 415, 422)
