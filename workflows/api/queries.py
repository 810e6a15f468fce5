"""What stands in the address of a GET: a parameter that its operation does not have is refused, never passed over.

A filter that was misspelt would otherwise give everything, and look as if all of it fitted.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from ninja import Router
from ninja.operation import Operation

from workflows.api.problems import Problem, Refused
from workflows.inputs import FieldProblem

LONGEST = 60  # of a name that is told


def guarded(router: Router) -> Router:
    """The router, whose every GET takes the parameters that it declares and no others."""
    for path in router.path_operations.values():
        for operation in path.operations:
            if "GET" in operation.methods and not _reads_names_itself(operation):
                _guard(operation)
    return router


def _reads_names_itself(operation: Operation) -> bool:
    """Whether names are its own affair, as of the lists whose filters have names of business keys in them."""
    return "parameters" in (operation.openapi_extra or {})


def _guard(operation: Operation) -> None:
    known = _declared(operation)
    answer: Callable[..., HttpResponseBase] = operation.view_func

    @wraps(answer)
    def asked(request: HttpRequest, **values: Any) -> HttpResponseBase:
        unknown = [name for name in request.GET if name not in known]
        if unknown:
            told = "There is no such parameter; " + (
                f"there are {', '.join(known)}." if known else "there are none here."
            )
            problems = (FieldProblem(name[:LONGEST], told) for name in unknown)
            raise Refused(422, "The parameters could not be read.", *problems, code="bad_filter")
        return answer(request, **values)

    operation.view_func = asked
    operation.response_models.setdefault(422, operation._create_response_model(Problem))


def _declared(operation: Operation) -> list[str]:
    """Names of its parameters, as an address has them."""
    models = (model for model in operation.models if model.__ninja_param_source__ == "query")
    return [name for model in models for name in model.__ninja_flatten_map__]
