"""PURE: what a state machine calls by name, as rights that its role must have; and what no role made here can allow.

Actions and resources are those of AWS's "IAM policies for integrated services". A target that is told only when the
machine runs gives no right: a role made here would have to allow every one.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workflows.asl.checker.integrations import SDK, called_by
from workflows.asl.checker.values import has_placeholder
from workflows.asl.model import Map, State, Task
from workflows.asl.parser import parse

INVOKE = "lambda:InvokeFunction"
_FUNCTION = re.compile(r"arn:[^:]+:lambda:[^:]+:[^:]+:function:.+")
_QUEUE = re.compile(
    r"https://(?:sqs\.)?(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)?[^/]*/(?P<account>\d{12})/(?P<name>[\w.-]+)"
)
_SYNC_RULE = "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
_S3_READS = {"getObject": ("s3:GetObject", "/*"), "listObjectsV2": ("s3:ListBucket", "")}
_S3_WRITES = ("s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload")


@dataclass(frozen=True, slots=True)
class Home:
    """Where the machine is: names without an account and a region are of these."""

    region: str
    account_id: str
    machine_arn: str

    def arn(self, service: str, rest: str) -> str:
        """The ARN of something there."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{rest}"

    @property
    def executions(self) -> str:
        """The machine's own executions, without what says which."""
        return self.machine_arn.replace(":stateMachine:", ":execution:")


@dataclass(frozen=True, slots=True)
class Right:
    """Actions that must be allowed on resources."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lack:
    """A call that a role made here does not allow: by which state, of what, and why."""

    state: str
    call: str
    why: str

    def __str__(self) -> str:
        return f"{self.state} calls {self.call}, {self.why}."


UNKNOWN = "for which no right is known here"


def of(definition: str, home: Home) -> tuple[list[Right], list[Lack]]:
    """The rights that what it names needs, and what it calls beside; nothing of a definition that cannot be read."""
    machine = parse(definition).machine
    found = [one for state in machine.every_state() for one in _of_state(state, home)] if machine else []
    return [one for one in found if isinstance(one, Right)], [one for one in found if isinstance(one, Lack)]


def _of_state(state: State, home: Home) -> Iterator[Right | Lack]:
    if isinstance(state, Task):
        yield from _of_task(state, home)
    elif isinstance(state, Map) and state.is_distributed:
        yield Right(("states:StartExecution",), (home.machine_arn,))
        own = (f"{home.executions}:*", f"{home.executions}/*:*")
        yield Right(("states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"), own)
        yield from _of_bucket(state, state.item_reader)
        yield from _of_bucket(state, state.result_writer)


def _of_task(state: Task, home: Home) -> Iterator[Right | Lack]:
    if isinstance(state.credentials, dict):  # then that role calls, not the machine's
        role = _literal(state.credentials.get("RoleArn"))
        called = "sts:AssumeRole"
        yield Right((called,), (role,)) if role else Lack(state.name, called, _unsaid("RoleArn"))
        return
    if isinstance(state.resource, str) and _FUNCTION.fullmatch(state.resource) and not has_placeholder(state.resource):
        yield Right((INVOKE,), (state.resource,))
        return
    if (named := called_by(state.resource)) is None:
        return
    service, called = named[1].split(":", 1) if named[0] == SDK and ":" in named[1] else named
    action, _, pattern = called.partition(".")
    call = f"{service}:{action}"
    if (known := _KNOWN.get(call)) is None:
        yield Lack(state.name, call, UNKNOWN)
        return
    if pattern.startswith("sync") and not call.endswith(":startExecution"):
        yield Lack(state.name, f"{call}.sync", UNKNOWN)
        return
    yield from known(state, home, _given(state), call, pattern)


# ---- what each call needs

_Reader = Callable[[Task, Home, Mapping[str, Any], str, str], Iterator[Right | Lack]]


def _one(action: str, field: str, arn_of: Callable[[str, Home], str]) -> _Reader:
    """A call of one thing that one of its parameters names."""

    def read(state: Task, home: Home, given: Mapping[str, Any], call: str, _: str) -> Iterator[Right | Lack]:
        name = _literal(given.get(field))
        if name and has_placeholder(name):
            return  # a function of ours, which a deployment puts in
        arn = arn_of(name, home) if name else ""
        why = f"and its {field} is none that is known here" if name else _unsaid(field)
        yield Right((action,), (arn,)) if arn else Lack(state.name, call, why)

    return read


def _execution(state: Task, home: Home, given: Mapping[str, Any], call: str, pattern: str) -> Iterator[Right | Lack]:
    arn = _literal(given.get("StateMachineArn"))
    if not arn or ":stateMachine:" not in arn:
        yield Lack(state.name, call, _unsaid("StateMachineArn"))
        return
    yield Right(("states:StartExecution",), (arn,))
    if pattern.startswith("sync"):
        executions = arn.replace(":stateMachine:", ":execution:")
        yield Right(("states:DescribeExecution", "states:StopExecution"), (f"{executions}:*",))
        yield Right(("events:PutTargets", "events:PutRule", "events:DescribeRule"), (home.arn("events", _SYNC_RULE),))


def _events(state: Task, home: Home, given: Mapping[str, Any], call: str, _: str) -> Iterator[Right | Lack]:
    entries = given.get("Entries")
    for entry in entries if isinstance(entries, list) else [None]:
        named = entry.get("EventBusName", "default") if isinstance(entry, dict) else None
        bus = "" if isinstance(entry, dict) and "EventBusName.$" in entry else _literal(named)
        arn = bus if bus.startswith("arn:") else home.arn("events", f"event-bus/{bus}")
        yield Right(("events:PutEvents",), (arn,)) if bus else Lack(state.name, call, _unsaid("EventBusName"))


def _invoke(state: Task, home: Home, given: Mapping[str, Any], call: str, pattern: str) -> Iterator[Right | Lack]:
    """A function, or the version or alias of it that is named apart."""
    for found in _one(INVOKE, "FunctionName", _function)(state, home, given, call, pattern):
        is_qualified = "Qualifier" in given or "Qualifier.$" in given
        if isinstance(found, Lack) or not is_qualified:
            yield found
        elif qualifier := _literal(given.get("Qualifier")):
            yield Right((INVOKE,), (f"{found.resources[0]}:{qualifier}",))
        else:
            yield Lack(state.name, call, _unsaid("Qualifier"))


def _function(name: str, home: Home) -> str:
    if ":function:" in name:  # a whole ARN, or one that begins with the account
        return name if name.startswith("arn:") else f"arn:aws:lambda:{home.region}:{name}"
    return home.arn("lambda", f"function:{name}")


def _queue(url: str, home: Home) -> str:
    found = _QUEUE.fullmatch(url)
    return f"arn:aws:sqs:{found['region'] or home.region}:{found['account']}:{found['name']}" if found else ""


def _table(name: str, home: Home) -> str:
    return name if name.startswith("arn:") else home.arn("dynamodb", f"table/{name}")


def _topic(arn: str, _: Home) -> str:
    return arn if arn.startswith("arn:") else ""


_KNOWN: Mapping[str, _Reader] = {
    "lambda:invoke": _invoke,
    "sqs:sendMessage": _one("sqs:SendMessage", "QueueUrl", _queue),
    "sqs:sendMessageBatch": _one("sqs:SendMessage", "QueueUrl", _queue),
    "sns:publish": _one("sns:Publish", "TopicArn", _topic),
    **{
        f"dynamodb:{action[:1].lower()}{action[1:]}": _one(f"dynamodb:{action}", "TableName", _table)
        for action in ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan")
    },
    "states:startExecution": _execution,
    "sfn:startExecution": _execution,
    "events:putEvents": _events,
    "eventbridge:putEvents": _events,
}


def _of_bucket(state: Map, given: Any) -> Iterator[Right | Lack]:
    """What a distributed Map reads its items from, and writes its results to."""
    if not isinstance(given, dict):
        return
    _, action = called_by(given.get("Resource")) or ("", "")
    places = given.get("Arguments" if state.query_language == "JSONata" else "Parameters")
    bucket = _literal(places.get("Bucket")) if isinstance(places, dict) else ""
    if not bucket:
        yield Lack(state.name, f"s3:{action}", _unsaid("Bucket"))
    elif action == "putObject":
        yield Right(_S3_WRITES, (f"arn:aws:s3:::{bucket}/*",))
    elif action in _S3_READS:
        allowed, within = _S3_READS[action]
        yield Right((allowed,), (f"arn:aws:s3:::{bucket}{within}",))
    else:
        yield Lack(state.name, f"s3:{action}", UNKNOWN)


# ---- what is written


def _given(state: Task) -> Mapping[str, Any]:
    given = state.arguments if state.query_language == "JSONata" else state.parameters
    return given if isinstance(given, dict) else {}


def _literal(value: Any) -> str:
    """A text that stands for itself; empty for what an expression tells."""
    return value if isinstance(value, str) and not value.startswith("{%") else ""


def _unsaid(field: str) -> str:
    return f"and the definition does not name its {field}: it is told only when it runs"
