"""Tasks that call what Step Functions is not known to offer: AWS may have it by now, so these are warnings."""

import re
from collections.abc import Iterator, Mapping

from workflows.asl.checker.integrations import SDK, called_by, misnamed, name_of_call, same_but_for_case
from workflows.asl.checker.offers import OFFERS, PARAMETERS
from workflows.asl.checker.values import LONGEST_NAME, has_placeholder, warning
from workflows.asl.model import Task
from workflows.asl.problems import Problem

Functions = Mapping[str, str]  # what a function of ours may be called, to what it is called here
_FUNCTION = re.compile(r"(?:(?:arn:[^:]+:lambda:[^:]*:)?[^:]*:function:)?([A-Za-z0-9_-]+)(?::[A-Za-z0-9_$-]+)?")
_CALLED = re.compile(r"arn:[^:]+:(states|lambda:[^:]+:[^:]+:function):.+")


def advise_call(state: Task) -> Iterator[Problem]:
    """What is odd about the service and the action a Task names."""
    called = called_by(state.resource)
    if called is None:
        yield from _advise_arn(state)
        return
    yield from _advise_parameters(state, name_of_call(*called))
    refused = misnamed(*called)
    if refused:
        if not refused.is_certain:  # else it is an error already
            yield warning("UNKNOWN_INTEGRATION", (state.place, "Resource"), refused.why)
        return
    service, place = called[0], (state.place, "Resource")
    if service != SDK and service not in OFFERS:
        message = (
            f"{service[:LONGEST_NAME]} is no service known to have an integration of its own, so AWS probably refuses"
            f" this; correct the name, or call the service by its SDK, like arn:aws:states:::{SDK}:s3:listBuckets."
        )
        yield warning("UNKNOWN_INTEGRATION", place, message)


def advise_name(state: Task, functions: Functions) -> Iterator[Problem]:
    """A function of ours, called by its name: AWS knows none of that name, and the role may not invoke it."""
    field = "Arguments" if state.query_language == "JSONata" else "Parameters"
    if name := bare_function(state, functions):
        message = (
            f"{name} is a function of this installation, but called so AWS finds none, or may not invoke it;"
            f' write "FunctionName": "${{{name}}}", which a deployment replaces by its ARN.'
        )
        yield warning("BARE_FUNCTION_NAME", ((state.place, field), "FunctionName"), message)


def bare_function(state: Task, functions: Functions) -> str:
    """The function of ours that a Task calls by what `functions` knows it as, in place of `${Name}`; else empty."""
    given = state.arguments if state.query_language == "JSONata" else state.parameters
    if not isinstance(state.resource, str) or "lambda:invoke" not in state.resource.lower():
        return ""
    written = given.get("FunctionName") if isinstance(given, dict) else None
    if not isinstance(written, str) or has_placeholder(written):
        return ""
    found = _FUNCTION.fullmatch(written)
    return functions.get(found[1], "") if found else ""


def function_called(state: Task, functions: Functions) -> str:
    """The function of ours whose ARN a Task has as its Resource; else empty."""
    found = _FUNCTION.fullmatch(state.resource) if isinstance(state.resource, str) else None
    return functions.get(found[1], "") if found and ":function:" in found[0] else ""


def _advise_arn(state: Task) -> Iterator[Problem]:
    """An ARN of something that no task is known to call; what is no ARN at all is an error already."""
    resource = state.resource
    if not isinstance(resource, str) or not resource.startswith("arn:") or has_placeholder(resource):
        return
    if _CALLED.fullmatch(resource) is None:
        message = (
            "A task calls a function (by an ARN with region and account), an activity, or a service, like"
            f" arn:aws:states:::{SDK}:s3:listBuckets; AWS probably refuses this."
        )
        yield warning("UNKNOWN_INTEGRATION", (state.place, "Resource"), message)


def _advise_parameters(state: Task, name: str) -> Iterator[Problem]:
    """Parameters that a call is not known to take, nearly always misspelt ones."""
    field, given = ("Parameters", state.parameters)
    if state.query_language == "JSONata":
        field, given = ("Arguments", state.arguments)
    known = PARAMETERS.get(name)
    for written in given if known and isinstance(given, dict) else ():
        one = written.removesuffix(".$")
        if not known or one in known or has_placeholder(one):
            continue
        same = same_but_for_case(one, known)
        hint = f"it is written {same}" if same else f"it takes {', '.join(sorted(known))}"
        message = f"{name} is not known to take {one[:LONGEST_NAME]}: {hint}. AWS refuses a parameter it does not know."
        yield warning("UNKNOWN_PARAMETER", ((state.place, field), written), message)
