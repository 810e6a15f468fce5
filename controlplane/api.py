"""The REST API put together: who is let in, what refusals look like, where its description is. No operations here."""

import json
from collections.abc import Callable, Collection
from functools import cached_property, wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.docs import Swagger
from ninja.openapi.schema import OpenAPISchema

from transactions.api import exports, hook_schemas, hooks, inbound, inbound_schemas, presets, summaries
from transactions.api import routes as transactions
from workflows.api import (
    comparisons,
    deployments,
    drift,
    environments,
    function_costs,
    functions,
    idempotency,
    imports,
    invocations,
    predictions,
    records,
    removals,
    templates,
    tokens,
    trigger_tests,
    triggers,
    workflows,
)
from workflows.api.bodies import StrictParser
from workflows.api.callers import BearerToken
from workflows.api.problems import MEDIA_TYPE, Refused, problem
from workflows.api.queries import AS_FILE, FORMS, guarded
from workflows.inputs import FieldProblem
from workflows.inputs.reading import pointer
from workflows.services.access import Forbidden, living_token


def described(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The description is for whoever is signed in or has a token. Others get a 401, people the sign-in page."""
    signed_in = login_required(view)

    @wraps(view)
    def shown(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        is_sent = scheme.lower() == "bearer"
        if is_sent and living_token(secret.strip()) is not None:
            return view(request, *arguments, **named)
        if (is_sent or request.path.endswith("/openapi.json")) and not request.user.is_authenticated:
            return not_authenticated(request, AuthenticationError())
        return signed_in(request, *arguments, **named)

    return shown


class Api(NinjaAPI):
    """The API; its description names what is the same of every answer, and the media type of problems."""

    def get_openapi_schema(self, **named: Any) -> OpenAPISchema:
        """As the library makes it, completed; made once, for it takes a second and only a new version changes it."""
        return self._described

    @cached_property
    def _described(self) -> OpenAPISchema:
        schema = super().get_openapi_schema()
        for path in schema["paths"].values():
            for operation in path.values():
                for status, said in operation["responses"].items():
                    _complete(int(status), said)
                    _complete_of_api(int(status), said)
        for path, operations in inbound_schemas.described().items():
            for status, said in operations["post"]["responses"].items():
                _complete(int(status), said)
            schema["paths"][path] = operations
        return schema


def _complete(status: int, said: dict[str, Any]) -> None:
    said.setdefault("headers", {})["X-Request-ID"] = _header("Names this request in logs and in the activity.")
    if status >= 400 and "content" in said:
        said["content"] = {MEDIA_TYPE: said["content"].popitem()[1]}
    if status in (429, 503):
        said["headers"]["Retry-After"] = _header("Seconds after which to try again.")


def _complete_of_api(status: int, said: dict[str, Any]) -> None:
    if status == 409:
        said["headers"]["Retry-After"] = _header("Seconds after which to try again, while the key is in flight.")
    if status in (200, 201, 202):
        said["headers"]["Idempotent-Replayed"] = _header("`true` where this is what was answered the first time.")


def _header(says: str) -> dict[str, Any]:
    return {"description": says, "required": False, "schema": {"type": "string"}}


class Docs(Swagger):
    """Its page from our own server: without the app among INSTALLED_APPS it would be led to another's."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        settings = self.settings | {"url": self.get_openapi_url(api, kwargs)}
        return render(request, self.template, {"swagger_settings": json.dumps(settings, indent=1), "api": api})


api = Api(
    title="Signalbox",
    version="1",
    description="Start transactions exactly once, and read which branch each of them took and why.",
    auth=BearerToken(),
    parser=StrictParser(),
    docs=Docs(),
    docs_decorator=described,
    openapi_extra=hook_schemas.described(),
)
for prefix, router in (
    ("/transactions", transactions.router),
    ("/transactions", exports.router),
    ("", summaries.router),
    ("/hooks", hooks.hooks),
    ("/deliveries", hooks.deliveries),
    ("/inbound-hooks", inbound.router),
    ("/workflows", workflows.router),
    ("/workflows", predictions.router),
    ("/workflows", presets.router),
    ("/functions", functions.router),
    ("/functions", triggers.router),
    ("/functions", removals.router),
    ("/functions", function_costs.router),
    ("", trigger_tests.router),
    ("", invocations.router),
    ("", drift.router),
    ("", templates.exporting),
    ("", comparisons.router),
    ("/imports", imports.router),
    ("/imports", templates.taking),
    ("/tokens", tokens.router),
    ("/environments", environments.router),
    ("/deployments", deployments.router),
    ("/metrics", records.metrics),
    ("/activity", records.activity),
):
    api.add_router(prefix, guarded(router))


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    """As the operation said."""
    return problem(error.status, error.detail, error.errors, code=error.code, **error.headers)


@api.exception_handler(Forbidden)
def forbidden(request: HttpRequest, error: Forbidden) -> HttpResponse:
    """403 with the role or the scope that is missing."""
    return problem(403, str(error), code=error.code)


@api.exception_handler(AuthenticationError)
def not_authenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """401."""
    sent = request.headers.get("Authorization", "").lower().startswith("bearer ")
    told = (
        "This token is not known, or was revoked or has expired." if sent else "Send a token: Authorization: Bearer …"
    )
    return problem(401, told, WWW_Authenticate="Bearer")


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    """404."""
    return problem(404, "There is nothing at this address.")


@api.exception_handler(RequestDataTooBig)
def too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    """413 for a body that is not even read."""
    return problem(413, "The body is too large.")


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Whatever ninja refuses; of a body that cannot be read, what our own reader said."""
    if isinstance(error.__cause__, Refused):
        return refused(request, error.__cause__)
    return problem(error.status_code, str(error))


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """422 for what a body or a query says; 400 for a header that is missing or a body that is no object."""
    errors = [FieldProblem(_place(one["loc"]), _sentence(one, request.POST)) for one in error.errors]
    places = {one["loc"][0] for one in error.errors}
    code = "bad_filter" if places == {"query"} else ""
    return problem(400 if "header" in places else 422, "The request could not be accepted.", errors, code=code)


def _place(location: tuple[Any, ...]) -> str:
    """A JSON pointer into the body, or the parameter's name: ninja puts the argument's own name in between."""
    kind, *names = location
    if kind == "body":
        return "".join(f"/{pointer(str(name))}" for name in names[1:])
    if kind in FORMS:
        return f"/{names[-1]}"
    return str(names[-1]) if names else str(kind)


def _sentence(one: dict[str, Any], texts: Collection[str]) -> str:
    if one["type"] == "missing" and one["loc"][0] == "file" and one["loc"][-1] in texts:
        return AS_FILE
    if one["type"] == "missing":
        return "This is required."
    if one["type"] == "extra_forbidden":
        return "There is no such field."
    if _place(one["loc"]) == idempotency.HEADER:
        return idempotency.NO_KEY
    return f"{one['msg']}."
