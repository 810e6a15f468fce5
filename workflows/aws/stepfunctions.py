"""Step Functions: state machines, their versions and aliases, executions and their histories."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflows.aws.clients import Target, calling, client, pages
from workflows.aws.errors import Invalid, NotFound

HISTORY_PAGE = 1000
NEWEST_VERSIONS = 10


@dataclass(frozen=True, slots=True)
class Machine:
    """A state machine as it is in AWS."""

    arn: str
    definition: str
    role_arn: str
    type: str
    tags: dict[str, str]
    revision_id: str


@dataclass(frozen=True, slots=True)
class Started:
    """AWS's answer to a start."""

    arn: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution as it is in AWS; `input` is what it was started with."""

    arn: str
    name: str
    status: str
    started_at: datetime
    stopped_at: datetime | None
    input: str | None = None
    redrives: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What AWS finds wrong with a definition: code, message and place of each."""

    problems: tuple[tuple[str, str, str], ...]


# ---- executions


def execution_arn(machine_arn: str, name: str) -> str:
    """The ARN an execution of that name has: a version's executions are its machine's."""
    prefix, machine = machine_arn.split(":stateMachine:")
    return f"{prefix}:execution:{machine.split(':')[0]}:{name}"


def start_execution(target: Target, *, machine_arn: str, name: str, input: str) -> Started:
    """Start one; Conflict: one of that name is over or has another input.

    The name makes it safe to send again, but whoever waits is to be told of a mute AWS after one wait, not after five.
    """
    with calling("states:StartExecution"):
        answer = client(target, "stepfunctions", "ONCE").start_execution(
            stateMachineArn=machine_arn, name=name, input=input
        )
    return Started(answer["executionArn"], answer["startDate"])


def describe_execution(target: Target, arn: str) -> Execution:
    """One execution. NotFound also when it is only a moment old."""
    with calling("states:DescribeExecution"):
        found = client(target, "stepfunctions").describe_execution(executionArn=arn)
    return Execution(
        found["executionArn"],
        found["name"],
        found["status"],
        found["startDate"],
        found.get("stopDate"),
        found.get("input"),
        found.get("redriveCount", 0),
    )


def execution_history(target: Target, arn: str) -> Iterator[list[dict[str, Any]]]:
    """The events of an execution, oldest first, page by page, in boto3's own shape."""
    call = client(target, "stepfunctions").get_execution_history
    return pages(
        "states:GetExecutionHistory",
        call,
        "events",
        executionArn=arn,
        maxResults=HISTORY_PAGE,
        includeExecutionData=True,
    )


def list_executions(target: Target, machine_arn: str, *, status: str) -> Iterator[Execution]:
    """The executions of a machine in one of AWS's statuses, newest first."""
    call = client(target, "stepfunctions").list_executions
    arguments: dict[str, Any] = {"stateMachineArn": machine_arn, "statusFilter": status, "maxResults": 1000}
    for page in pages("states:ListExecutions", call, "executions", **arguments):
        for row in page:
            yield Execution(row["executionArn"], row["name"], row["status"], row["startDate"], row.get("stopDate"))


def stop_execution(target: Target, arn: str, *, error: str, cause: str) -> None:
    """Stop one; harmless when it is over."""
    with calling("states:StopExecution"):
        client(target, "stepfunctions").stop_execution(executionArn=arn, error=error, cause=cause)


def redrive_execution(target: Target, arn: str, *, token: str) -> None:
    """Let one that failed go on there; the same token again does nothing more. Invalid: AWS will not redrive it."""
    with calling("states:RedriveExecution"):
        client(target, "stepfunctions").redrive_execution(executionArn=arn, clientToken=token)


# ---- state machines


def describe_machine(target: Target, arn: str) -> Machine | None:
    """A state machine with its tags, or None."""
    states = client(target, "stepfunctions")
    try:
        with calling("states:DescribeStateMachine"):
            found = states.describe_state_machine(stateMachineArn=arn)
        with calling("states:ListTagsForResource"):
            tags = states.list_tags_for_resource(resourceArn=arn)["tags"]
    except NotFound:
        return None
    return Machine(
        arn=found["stateMachineArn"],
        definition=found["definition"],
        role_arn=found["roleArn"],
        type=found["type"],
        tags={tag["key"]: tag["value"] for tag in tags},
        revision_id=found.get("revisionId", ""),
    )


def list_machines(target: Target) -> Iterator[str]:
    """The ARNs of all state machines of the account and region, whoever made them."""
    call = client(target, "stepfunctions").list_state_machines
    for page in pages("states:ListStateMachines", call, "stateMachines"):
        for row in page:
            yield row["stateMachineArn"]


def tag_machine(target: Target, arn: str, tags: dict[str, str]) -> None:
    """Set tags of a state machine."""
    with calling("states:TagResource"):
        client(target, "stepfunctions").tag_resource(
            resourceArn=arn, tags=[{"key": key, "value": value} for key, value in tags.items()]
        )


def create_machine(
    target: Target, *, name: str, definition: str, role_arn: str, type: str, tags: dict[str, str]
) -> str:
    """Make a state machine; give its ARN. Sending the same again gives the same."""
    with calling("states:CreateStateMachine"):
        answer = client(target, "stepfunctions").create_state_machine(
            name=name,
            definition=definition,
            roleArn=role_arn,
            type=type,
            tags=[{"key": key, "value": value} for key, value in tags.items()],
        )
    arn: str = answer["stateMachineArn"]
    return arn


def update_machine(target: Target, arn: str, *, definition: str, role_arn: str) -> None:
    """Put another definition or role into a state machine."""
    with calling("states:UpdateStateMachine"):
        client(target, "stepfunctions").update_state_machine(
            stateMachineArn=arn, definition=definition, roleArn=role_arn
        )


def validate_definition(target: Target, definition: str, type: str) -> Verdict | None:
    """What AWS finds wrong with a definition; None where it cannot be asked (the embedded AWS has no such call)."""
    try:
        with calling("states:ValidateStateMachineDefinition"):
            answer = client(target, "stepfunctions").validate_state_machine_definition(
                definition=definition, type=type, severity="ERROR"
            )
    except Invalid as error:
        if error.code in ("UnknownOperationException", "InvalidAction", "UnknownOperation"):
            return None
        raise
    found = answer.get("diagnostics", [])
    return Verdict(tuple((one["code"], one["message"], one.get("location", "")) for one in found))


# ---- versions and aliases


def machine_versions(target: Target, arn: str) -> list[str]:
    """ARNs of the newest versions, newest first."""
    with calling("states:ListStateMachineVersions"):
        answer = client(target, "stepfunctions").list_state_machine_versions(
            stateMachineArn=arn, maxResults=NEWEST_VERSIONS
        )
    return [version["stateMachineVersionArn"] for version in answer["stateMachineVersions"]]


def version_content(target: Target, version_arn: str) -> tuple[str, str]:
    """The definition a version holds, and the ARN of the role that it runs as."""
    with calling("states:DescribeStateMachine"):
        found = client(target, "stepfunctions").describe_state_machine(stateMachineArn=version_arn)
    return found["definition"], found["roleArn"]


def publish_machine_version(target: Target, arn: str) -> str:
    """Publish what the machine holds now; give the version's ARN. The same content gives the same version."""
    with calling("states:PublishStateMachineVersion"):
        answer = client(target, "stepfunctions").publish_state_machine_version(stateMachineArn=arn)
    version_arn: str = answer["stateMachineVersionArn"]
    return version_arn


def machine_alias(target: Target, alias_arn: str) -> str | None:
    """The ARN of the version an alias leads to, or None when there is no such alias."""
    try:
        with calling("states:DescribeStateMachineAlias"):
            found = client(target, "stepfunctions").describe_state_machine_alias(stateMachineAliasArn=alias_arn)
    except NotFound:
        return None
    version_arn: str = found["routingConfiguration"][0]["stateMachineVersionArn"]
    return version_arn


def point_machine_alias(target: Target, alias_arn: str, version_arn: str, *, exists: bool) -> None:
    """Let an alias lead to one version."""
    routing = [{"stateMachineVersionArn": version_arn, "weight": 100}]
    states = client(target, "stepfunctions")
    if exists:
        with calling("states:UpdateStateMachineAlias"):
            states.update_state_machine_alias(stateMachineAliasArn=alias_arn, routingConfiguration=routing)
        return
    with calling("states:CreateStateMachineAlias"):
        states.create_state_machine_alias(name=alias_arn.rsplit(":", 1)[1], routingConfiguration=routing)
