"""What a Task calls: the ARN, the patterns its service offers, what EXPRESS leaves out, the parameters it must have.

After AWS's table of optimised integrations; of the AWS SDK ones, which are thousands, only how they are written.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from workflows.asl.checker.values import error, has_placeholder
from workflows.asl.model import QueryLanguage
from workflows.asl.problems import Place, Problem

MachineType = Literal["STANDARD", "EXPRESS"]

CALLBACK = ".waitForTaskToken"
_SYNC = re.compile(r"\.sync(:2)?$")
_SERVICE = re.compile(r"arn:[^:]+:states:[^:]*:[^:]*:(?!activity:)(?P<service>[\w-]+):(?P<action>.+)")
_ARN = re.compile(r"arn:[^:\s]+:[^:\s]+:[^:\s]*:[^:\s]*:\S+")
_ACTIVITY = re.compile(r"arn:[^:]+:states:[^:]*:[^:]*:activity:")

SDK = "aws-sdk"
OPTIMISED = frozenset(
    [
        *("apigateway", "athena", "batch", "bedrock", "bedrock-agentcore", "codebuild", "databrew", "dynamodb", "ecs"),
        *("eks", "elasticmapreduce", "emr-containers", "emr-serverless", "events", "glue", "http", "lambda"),
        *("mediaconvert", "sagemaker", "sns", "sqs", "states"),
    ]
)
_WITHOUT_SYNC = frozenset(
    ["apigateway", "aws-sdk", "bedrock-agentcore", "dynamodb", "events", "http", "lambda", "sns", "sqs"]
)
_WITHOUT_TOKEN = frozenset(
    [
        *("athena", "batch", "bedrock-agentcore", "codebuild", "databrew", "dynamodb", "elasticmapreduce"),
        *("emr-containers", "emr-serverless", "glue", "http", "mediaconvert", "sagemaker"),
    ]
)
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
    if called[0] == SDK and (refused := _misspelt(called[1])):
        yield error("INVALID_RESOURCE", place, refused)
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


def waits_for_token(resource: Any) -> bool:
    """Whether a Task goes on only when somebody sends its token back."""
    return isinstance(resource, str) and resource.endswith(CALLBACK)


def _misspelt(called: str) -> str | None:
    """Why AWS knows no action of its SDK under this name, where that can be told from how it is written."""
    if has_placeholder(called):
        return None
    action = called.partition(":")[2]
    if not action:
        return f"A call of the SDK names a service and an action; write it like {SDK}:s3:listBuckets."
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
    sync = _SYNC.search(action)
    if sync and (service in _WITHOUT_SYNC or (sync[1] and service != "states")):
        message = f"{service} does not offer {sync[0]}; call it without."
        yield error("UNSUPPORTED_PATTERN", path, message)
    if waits_for_token(action) and service in _WITHOUT_TOKEN:
        yield error("UNSUPPORTED_PATTERN", path, f"{service} does not offer {CALLBACK}; call it without.")


def _check_parameters(
    state: Mapping[str, Any], called: tuple[str, str], path: Place, language: QueryLanguage
) -> Iterator[Problem]:
    name = _SYNC.sub("", ":".join(called)).removesuffix(CALLBACK)
    field = "Arguments" if language == "JSONata" else "Parameters"
    needed = _REQUIRED.get(name, ())
    if field not in state:
        wanted = f" with {' and '.join(needed)}" if needed else ', empty ones ("{}") if there is nothing to give'
        subject = name if called[0] in OPTIMISED or called[0] == SDK else "A service"  # never one there may not be
        yield error("MISSING_PARAMETER", path, f"{subject} must be given {field}; add them{wanted}.")
        return
    given = state[field]
    if not isinstance(given, dict):
        return
    missing = [one for one in needed if one not in given and f"{one}.$" not in given]
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
