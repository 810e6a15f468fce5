"""What a Task calls: the ARN, the patterns its service offers, what EXPRESS leaves out, the parameters it must have.

After AWS's table of optimised integrations (`offers`); of the AWS SDK ones the services (`sdk`), and of their actions,
thousands, only how they are written. AWS looks a Resource up letter by letter: one that differs by case alone it calls
"not recognized" (it said so of the SDK's `cloudwatchlogs:CreateLogStream`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workflows.asl.checker.offers import OFFERS, Offer
from workflows.asl.checker.sdk import ON_THE_COMMAND_LINE, SERVICES
from workflows.asl.checker.values import LONGEST_NAME, error, has_placeholder
from workflows.asl.model import QueryLanguage
from workflows.asl.problems import Place, Problem

MachineType = Literal["STANDARD", "EXPRESS"]

CALLBACK = ".waitForTaskToken"
_SYNC = re.compile(r"\.sync(:2)?$")
_SERVICE = re.compile(r"arn:[^:]+:states:[^:]*:[^:]*:(?!activity:)(?P<service>[\w-]+):(?P<action>.+)")
_ARN = re.compile(r"arn:[^:\s]+:[^:\s]+:[^:\s]*:[^:\s]*:\S+")
_ACTIVITY = re.compile(r"arn:[^:]+:states:[^:]*:[^:]*:activity:")

SDK = "aws-sdk"
_PATTERNS = ("", ".sync", ".sync:2", CALLBACK)
# What else is in AWS's states service and has ARNs of the same form: no task runs it by naming it.
_NO_SERVICES = frozenset(["stateMachine", "express", "execution", "mapRun"])
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "lambda:invoke": ("FunctionName",),
    "sqs:sendMessage": ("QueueUrl", "MessageBody"),
    "sns:publish": ("Message",),
    "states:startExecution": ("StateMachineArn",),
    "events:putEvents": ("Entries",),
    "dynamodb:getItem": ("TableName", "Key"),
    "dynamodb:putItem": ("TableName", "Item"),
    "dynamodb:updateItem": ("TableName", "Key"),
    "dynamodb:deleteItem": ("TableName", "Key"),
    "ecs:runTask": ("TaskDefinition",),
    "glue:startJobRun": ("JobName",),
}


def check_task(
    state: Mapping[str, Any], path: Place, machine_type: MachineType, language: QueryLanguage
) -> Iterator[Problem]:
    """What is wrong with a Task's Resource, and with what depends on it."""
    yield from _check_credentials(state, path)
    yield from _check_heartbeat(state, path)
    resource = state.get("Resource")
    if not isinstance(resource, str):
        return
    place = (path, "Resource")
    if _ARN.fullmatch(resource) is None:
        if not has_placeholder(resource):
            message = "Resource is the ARN of what the task calls; write it like arn:aws:states:::lambda:invoke."
            yield error("INVALID_RESOURCE", place, message)
        return
    if machine_type == "EXPRESS":
        yield from _check_express(resource, place)
    if (called := called_by(resource)) is None:
        return
    refused = misnamed(*called)
    if refused and refused.is_certain:
        yield error("INVALID_RESOURCE", place, refused.why)
        return
    yield from _check_pattern(*called, place)
    yield from _check_parameters(state, called, path, language)


def takes_reports(resource: Any) -> bool:
    """Whether somebody outside reports a Task's failure, under whatever name: an activity, or a token sent back."""
    return waits_for_token(resource) or (isinstance(resource, str) and _ACTIVITY.match(resource) is not None)


def called_by(resource: Any) -> tuple[str, str] | None:
    """The service that a Task's Resource names, and the rest: its action and pattern; None where it names none."""
    found = _SERVICE.fullmatch(resource) if isinstance(resource, str) else None
    return (found["service"], found["action"]) if found and not has_placeholder(found["service"]) else None


def name_of_call(service: str, called: str) -> str:
    """The service and its action, without a pattern."""
    return _SYNC.sub("", f"{service}:{called}").removesuffix(CALLBACK)


def same_but_for_case(name: str, known: Iterable[str]) -> str | None:
    """The known name that a name is meant to be, if case alone keeps them apart."""
    return next((one for one in known if one.lower() == name.lower()), None)


def waits_for_token(resource: Any) -> bool:
    """Whether a Task goes on only when somebody sends its token back."""
    return isinstance(resource, str) and resource.endswith(CALLBACK)


@dataclass(frozen=True, slots=True)
class Misnamed:
    """Why a service has no such action as far as is known here; `is_certain` that AWS knows it as little."""

    why: str
    is_certain: bool


def misnamed(service: str, called: str) -> Misnamed | None:
    """What is wrong with the name of what a Task calls, `called` being its action and pattern."""
    if has_placeholder(called):
        return None
    if service in _NO_SERVICES:
        message = "A task cannot run this by its ARN; start it by arn:aws:states:::states:startExecution."
        return Misnamed(message, is_certain=True)
    if service == SDK:
        return _not_in_sdk(called)
    offer = OFFERS.get(service)
    return _not_offered(service, offer, called) if offer else None


def _not_in_sdk(called: str) -> Misnamed | None:
    service, colon, rest = called.partition(":")
    action, dot, ending = rest.partition(".")
    if not colon or not action:
        return Misnamed(f"A call of the SDK names a service and an action; write it like {SDK}:s3:listBuckets.", True)
    if action[0].isupper():
        small = f"{action[0].lower()}{action[1:LONGEST_NAME]}"
        return Misnamed(f"AWS knows the SDK's actions with a small first letter only; write {small}.", True)
    if dot and (wrong := _no_pattern(dot + ending)):
        return Misnamed(wrong, True)
    if service in SERVICES:
        return None
    meant = ON_THE_COMMAND_LINE.get(service) or re.sub(r"[^a-z0-9]", "", service.lower())
    if meant in SERVICES:
        return Misnamed(f"{service[:LONGEST_NAME]} is written {meant} where a task calls it.", service.lower() == meant)
    message = (
        f"{service[:LONGEST_NAME]} is no service of the SDK known here, so AWS probably refuses it; correct the name."
    )
    return Misnamed(message, False)


def _no_pattern(pattern: str) -> str | None:
    """What is wrong with the end of a Resource that is no pattern."""
    if pattern in _PATTERNS:
        return None
    if same := same_but_for_case(pattern, _PATTERNS):
        return f"{pattern[:LONGEST_NAME]} is written {same}; mind the upper and lower case."
    return f"{pattern[:LONGEST_NAME]} is no pattern; a call ends in .sync, {CALLBACK} or in nothing more."


def _not_offered(service: str, offer: Offer, called: str) -> Misnamed | None:
    action, dot, ending = called.partition(".")
    pattern = dot + ending
    if action not in offer.actions:
        same = same_but_for_case(action, offer.actions)
        if same:
            return Misnamed(f"{action[:LONGEST_NAME]} is written {same}; mind the upper and lower case.", True)
        message = (
            f"{service} offers {', '.join(sorted(offer.actions))}, and no {action[:LONGEST_NAME]}; correct the name, or"
            f" call the service by its SDK, like arn:aws:states:::{SDK}:s3:listBuckets."
        )
        return Misnamed(message, offer.is_settled)
    if wrong := _no_pattern(pattern):
        return Misnamed(wrong, offer.is_settled or same_but_for_case(pattern, _PATTERNS) is not None)
    if pattern == ".sync" and offer.jobs and action not in offer.jobs:
        return Misnamed(f"{service} can wait for {', '.join(sorted(offer.jobs))}, and not for {action}.", False)
    return None


def _check_express(resource: str, path: Place) -> Iterator[Problem]:
    sync = _SYNC.search(resource)
    if sync or waits_for_token(resource):
        pattern = sync[0] if sync else CALLBACK
        message = f"An EXPRESS workflow cannot wait by {pattern}; drop it, or make the workflow STANDARD."
        yield error("NOT_IN_EXPRESS", path, message)
    elif _ACTIVITY.match(resource):
        message = "An EXPRESS workflow has no activities; call a function, or make the workflow STANDARD."
        yield error("NOT_IN_EXPRESS", path, message)


def _check_pattern(service: str, action: str, path: Place) -> Iterator[Problem]:
    sync, offer = _SYNC.search(action), OFFERS.get(service)
    has_jobs = service != SDK and (offer is None or bool(offer.jobs))
    if sync and (not has_jobs or (sync[1] and service != "states")):
        message = f"{service} does not offer {sync[0]}; call it without."
        yield error("UNSUPPORTED_PATTERN", path, message)
    if waits_for_token(action) and offer is not None and not offer.takes_token:
        yield error("UNSUPPORTED_PATTERN", path, f"{service} does not offer {CALLBACK}; call it without.")


def _check_parameters(
    state: Mapping[str, Any], called: tuple[str, str], path: Place, language: QueryLanguage
) -> Iterator[Problem]:
    name = name_of_call(*called)
    field = "Arguments" if language == "JSONata" else "Parameters"
    needed = _REQUIRED.get(name, ())
    if field not in state:
        wanted = f" with {' and '.join(needed)}" if needed else ', empty ones ("{}") if there is nothing to give'
        subject = name if called[0] in OFFERS or called[0] == SDK else "A service"  # never one there may not be
        yield error("MISSING_PARAMETER", path, f"{subject} must be given {field}; add them{wanted}.")
        return
    given = state[field]
    if not isinstance(given, dict):
        return
    by_path = language == "JSONPath"
    missing = [one for one in needed if one not in given and not (by_path and f"{one}.$" in given)]
    if missing:
        message = f"{name} needs {' and '.join(missing)} in its {field}; add it."
        yield error("MISSING_PARAMETER", (path, field), message)


def _check_credentials(state: Mapping[str, Any], path: Place) -> Iterator[Problem]:
    credentials, resource = state.get("Credentials"), state.get("Resource")
    place = (path, "Credentials")
    if isinstance(credentials, dict) and not {"RoleArn", "RoleArn.$"} & credentials.keys():
        yield error("MISSING_FIELD", place, "Credentials must have RoleArn (or RoleArn.$); add it.")
    if credentials is not None and isinstance(resource, str) and _ACTIVITY.match(resource):
        yield error("UNKNOWN_FIELD", place, "An activity takes no Credentials; remove them.")


def _check_heartbeat(state: Mapping[str, Any], path: Place) -> Iterator[Problem]:
    heartbeat, timeout = state.get("HeartbeatSeconds"), state.get("TimeoutSeconds")
    if type(heartbeat) is int and type(timeout) is int and heartbeat >= timeout:
        message = f"HeartbeatSeconds ({heartbeat}) must be less than TimeoutSeconds ({timeout}); lower it."
        yield error("INVALID_VALUE", (path, "HeartbeatSeconds"), message)
