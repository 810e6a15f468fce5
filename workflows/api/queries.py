"""What stands in the address of a GET, and in a form: what its operation does not have is refused, never passed over.

A filter that was misspelt would otherwise give everything and look as if all of it fitted, a part would change nothing.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from ninja import Router
from ninja.operation import Operation

from workflows.api.problems import Problem, Refused
from workflows.inputs import FieldProblem
from workflows.inputs.reading import pointer

LONGEST = 60  # of a name that is told
FORMS = ("form", "file")  # where parts of a form are declared
FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")
NO_FORM = "Send a form (multipart/form-data): with curl, a part is -F name=text, or -F name=@file."
AS_FILE = "Send it as a file: with curl, @ stands before its name."
AS_TEXT = "Send it as text, not as a file: with curl, < stands before the name of a file that holds it."


def guarded(router: Router) -> Router:
    """The router, whose every GET takes the parameters that it declares and no others, and every form its parts."""
    for path in router.path_operations.values():
        for operation in path.operations:
            if "GET" in operation.methods and not _reads_names_itself(operation):
                _guard(operation)
            elif _declared(operation, *FORMS):
                _guard_form(operation)
    return router


def _reads_names_itself(operation: Operation) -> bool:
    """Whether names are its own affair, as of the lists whose filters have names of business keys in them."""
    return "parameters" in (operation.openapi_extra or {})


def _guard_form(operation: Operation) -> None:
    texts, files = _declared(operation, "form"), _declared(operation, "file")
    none_such = f"There is no such part; there are {', '.join((*texts, *files))}."
    answer: Callable[..., HttpResponseBase] = operation.view_func

    @wraps(answer)
    def asked(request: HttpRequest, **values: Any) -> HttpResponseBase:
        if request.content_type not in FORM_TYPES and request.headers.get("Content-Length", "0") not in ("", "0"):
            raise Refused(422, "The form could not be read.", FieldProblem("", NO_FORM))
        wrong = {name: AS_FILE if name in files else none_such for name in request.POST if name not in texts}
        wrong |= {name: AS_TEXT if name in texts else none_such for name in request.FILES if name not in files}
        if wrong:
            problems = (FieldProblem(f"/{pointer(name[:LONGEST])}", told) for name, told in wrong.items())
            raise Refused(422, "The form could not be read.", *problems)
        return answer(request, **values)

    operation.view_func = asked
    operation.response_models.setdefault(422, operation._create_response_model(Problem))


def _guard(operation: Operation) -> None:
    known = _declared(operation, "query")
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


def _declared(operation: Operation, *sources: str) -> list[str]:
    """Names of its parameters, as an address or a form has them."""
    models = (model for model in operation.models if model.__ninja_param_source__ in sources)
    return [name for model in models for name in getattr(model, "__ninja_flatten_map__", model.model_fields)]
