"""PURE: functions with their triggers, and workflows with their functions, as an AWS SAM template.

Nothing in it needs Signalbox. What SAM has no words for stands in `Metadata`, which CloudFormation passes over; it is
read again on the way back (`reading`), where the template still says the same.
Sources that are made here become resources of the template; those that exist are named by their ARNs.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workflows.packaging import FunctionDefinition, Permission, WorkflowDefinition
from workflows.policies import PLACEHOLDER, VERSION, names_in
from workflows.triggers import TriggerDefinition, cors_of, visibility_s

TRANSFORM = "AWS::Serverless-2016-10-31"
OWN = "Signalbox"  # the key of what Metadata keeps
FUNCTION, MACHINE = "AWS::Serverless::Function", "AWS::Serverless::StateMachine"
ON_FAILURE = {"sqs": "SQS", "sns": "SNS", "lambda": "Lambda", "events": "EventBridge"}
VARIABLE = re.compile(rf"{PLACEHOLDER.pattern}|\$\{{")  # what is no name of a function stays as it is
HERE = "arn:aws:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{name}"


def template(functions: Sequence[FunctionDefinition], workflows: Sequence[WorkflowDefinition] = ()) -> dict[str, Any]:
    """The template; beside it lie each function's zip, and each workflow's definition and schema, by their names."""
    ids = _Ids(functions, workflows)
    resources: dict[str, Any] = {}
    for definition in functions:
        resources[ids.function(definition.name)] = _function(definition, ids)
    for definition in functions:
        for one in definition.triggers:
            resources |= {
                id_: made
                for id_, made in _made(one, definition.timeout).items()
                if _asks(made) > _asks(resources.get(id_, {}))
            }
    resources |= _apis(functions)
    for workflow in workflows:
        resources[ids.workflow(workflow.name)] = _machine(workflow, ids)
    described: dict[str, Any] = {"AWSTemplateFormatVersion": "2010-09-09", "Transform": TRANSFORM}
    if parameters := _parameters(functions, workflows, ids):
        described["Parameters"] = parameters
        described["Metadata"] = {
            OWN: {"Names": {ids.function(name): name for name in _named(functions, workflows, ids)}}
        }
    return described | {"Resources": resources}


class _Ids:
    """Names as CloudFormation takes them, no two the same."""

    def __init__(self, functions: Sequence[FunctionDefinition], workflows: Sequence[WorkflowDefinition]) -> None:
        self._taken = {id_ for one in functions for id_ in source_ids(one)}
        self.known = {one.name: self._new(logical_id(one.name)) for one in functions}
        self._workflows = {one.name: self._new(logical_id(f"{one.name}-workflow")) for one in workflows}
        self._others: dict[str, str] = {}

    def function(self, name: str) -> str:
        """Of a function of the template, or of the parameter that names one which is not."""
        if name in self.known:
            return self.known[name]
        if name not in self._others:
            self._others[name] = self._new(logical_id(f"{name}-name"))
        return self._others[name]

    def workflow(self, name: str) -> str:
        return self._workflows[name]

    def _new(self, wanted: str) -> str:
        id_, number = wanted, 2
        while id_ in self._taken:
            id_, number = f"{wanted}{number}", number + 1
        self._taken.add(id_)
        return id_


def logical_id(name: str) -> str:
    """A name as CloudFormation takes it: letters and digits."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name)) or "X"


def _named(functions: Iterable[FunctionDefinition], workflows: Iterable[WorkflowDefinition], ids: _Ids) -> list[str]:
    """The functions that are named and not in the template."""
    texts = [text for one in functions for text in _texts(one)] + [one.definition for one in workflows]
    return sorted({name for text in texts for name in names_in(text)} - ids.known.keys())


def _parameters(
    functions: Sequence[FunctionDefinition], workflows: Sequence[WorkflowDefinition], ids: _Ids
) -> dict[str, Any]:
    found = {
        ids.function(name): _parameter(f"Name of the function {name}.") for name in _named(functions, workflows, ids)
    }
    for one in (trigger for definition in functions for trigger in definition.triggers):
        if one.type == "dynamodb" and not one.makes_source:
            found[f"{_source_id(one)}Stream"] = _parameter(f"ARN of the stream of {one.words}.")
    return found


def source_ids(definition: FunctionDefinition) -> set[str]:
    """What a template has because of a function's triggers."""
    found = {id_ for one in definition.triggers for id_ in _made(one, definition.timeout)}
    found |= {f"{_source_id(one)}Stream" for one in definition.triggers if one.type == "dynamodb"}
    return found | {_api_id(one, definition.name) for one in definition.triggers if one.type == "http"}


def _parameter(description: str) -> dict[str, Any]:
    return {"Type": "String", "Description": description}


def _function(definition: FunctionDefinition, ids: _Ids) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "CodeUri": f"./{definition.name}.zip",
        "Runtime": definition.runtime,
        "Handler": definition.handler,
        "MemorySize": definition.memory,
        "Timeout": definition.timeout,
    }
    optional = {
        "Architectures": [definition.architecture],
        "EphemeralStorage": {"Size": definition.storage},
        "Layers": list(definition.layers),
        "ReservedConcurrentExecutions": definition.concurrency,
        "Role": definition.role,
        "Tags": dict(definition.tags),
    }
    properties |= {name: value for name, value in optional.items() if value not in (None, "", [], {})}
    if definition.dead_letter:
        kind = definition.dead_letter.split(":")[2].upper()
        properties["DeadLetterQueue"] = {"Type": kind, "TargetArn": definition.dead_letter}
    if definition.on_failure:
        failed = {"Type": ON_FAILURE[definition.on_failure.split(":")[2]], "Destination": definition.on_failure}
        properties["EventInvokeConfig"] = {"DestinationConfig": {"OnFailure": failed}}
    if definition.environment:
        values = {name: _put(value, ids) for name, value in definition.environment.items()}
        properties["Environment"] = {"Variables": values}
    if definition.permissions:
        properties["Policies"] = [
            {"Version": VERSION, "Statement": [_statement(one, ids) for one in definition.permissions]}
        ]
    if definition.triggers:
        properties["Events"] = {
            f"Trigger{n}": _event(one, definition.name) for n, one in enumerate(definition.triggers, 1)
        }
    own = {"Name": definition.name, "Triggers": [one.as_dict() for one in definition.triggers]}
    return {"Type": FUNCTION, "Metadata": {OWN: own}, "Properties": properties}


def _machine(workflow: WorkflowDefinition, ids: _Ids) -> dict[str, Any]:
    """Without a role of its own it may invoke what its definition names. In its text functions are named as here."""
    named = names_in(workflow.definition)
    properties: dict[str, Any] = {"DefinitionUri": f"./{workflow.name}.asl.json", "Type": workflow.type}
    if named:
        properties["DefinitionSubstitutions"] = {name: _function_arn(name, ids) for name in named}
    if workflow.role:
        properties["Role"] = workflow.role
    elif named:
        properties["Policies"] = [
            {"LambdaInvokePolicy": {"FunctionName": {"Ref": ids.function(name)}}} for name in named
        ]
    own: dict[str, Any] = {"Name": workflow.name, "Title": workflow.title, "Keys": workflow.keys}
    own["UniqueReferences"] = workflow.unique_references
    if workflow.input_schema:
        own["InputSchema"] = f"./{workflow.name}.schema.json"
    return {"Type": MACHINE, "Metadata": {OWN: own}, "Properties": properties}


def _function_arn(name: str, ids: _Ids) -> dict[str, Any]:
    if name in ids.known:
        return {"Fn::GetAtt": [ids.function(name), "Arn"]}
    return {"Fn::Sub": HERE.format(service="lambda", name=f"function:${{{ids.function(name)}}}")}


def _texts(definition: FunctionDefinition) -> list[str]:
    resources = [text for one in definition.permissions for text in one.resources]
    return [*definition.environment.values(), *resources]


def _put(text: str, ids: _Ids) -> Any:
    """A text with the parameter of each named function in place of `${...}`."""
    if found := PLACEHOLDER.fullmatch(text):
        return {"Ref": ids.function(found[1])}
    if names_in(text):
        return {"Fn::Sub": VARIABLE.sub(lambda found: f"${{{ids.function(found[1])}}}" if found[1] else "${!", text)}
    return text


def _statement(permission: Permission, ids: _Ids) -> dict[str, Any]:
    resources: list[Any] = []
    for text in permission.resources:
        if found := PLACEHOLDER.fullmatch(text):
            arn = HERE.format(service="lambda", name=f"function:${{{ids.function(found[1])}}}")
            resources += [{"Fn::Sub": arn}, {"Fn::Sub": f"{arn}:*"}]
        else:
            resources.append(text)
    return {"Effect": "Allow", "Action": list(permission.actions), "Resource": resources}


# ---- triggers


def _event(trigger: TriggerDefinition, function: str) -> dict[str, Any]:
    type_, properties = _route(trigger, function) if trigger.type == "http" else _EVENTS[trigger.type](trigger)
    return {"Type": type_, "Properties": {name: value for name, value in properties.items() if value is not None}}


def _route(trigger: TriggerDefinition, function: str) -> tuple[str, dict[str, Any]]:
    given = trigger.settings
    return "HttpApi", {"ApiId": {"Ref": _api_id(trigger, function)}, "Method": given["method"], "Path": given["path"]}


def _objects(trigger: TriggerDefinition) -> tuple[str, dict[str, Any]]:
    given = trigger.settings
    rules = [{"Name": name, "Value": given[name]} for name in ("prefix", "suffix") if given.get(name)]
    # SAM takes only buckets of the same template.
    key = {"S3Key": {"Rules": rules}} if rules else None
    return "S3", {"Bucket": {"Ref": _source_id(trigger)}, "Events": given["events"], "Filter": key}


def _queue(trigger: TriggerDefinition) -> tuple[str, dict[str, Any]]:
    given = trigger.settings
    return "SQS", {
        "Queue": _arn(trigger, "sqs", given["queue"], "Arn"),
        "BatchSize": given["batch_size"],
        "MaximumBatchingWindowInSeconds": given["batch_window"] or None,
        "FilterCriteria": _filters(given),
    }


def _topic(trigger: TriggerDefinition) -> tuple[str, dict[str, Any]]:
    given = trigger.settings
    return "SNS", {"Topic": _arn(trigger, "sns", given["topic"], None), "FilterPolicy": given.get("filter_policy")}


def _stream(trigger: TriggerDefinition) -> tuple[str, dict[str, Any]]:
    given = trigger.settings
    if trigger.makes_source:
        stream: Any = {"Fn::GetAtt": [_source_id(trigger), "StreamArn"]}
    else:
        stream = {"Ref": f"{_source_id(trigger)}Stream"}
    return "DynamoDB", {
        "Stream": stream,
        "StartingPosition": given["start"],
        "BatchSize": given["batch_size"],
        "FilterCriteria": _filters(given),
    }


def _rule(trigger: TriggerDefinition) -> tuple[str, dict[str, Any]]:
    return "EventBridgeRule", {"Pattern": trigger.settings["pattern"], "EventBusName": trigger.settings.get("bus")}


def _schedule(trigger: TriggerDefinition) -> tuple[str, dict[str, Any]]:
    given = trigger.settings
    text = json.dumps(given["input"]) if "input" in given else None
    return "Schedule", {"Schedule": given["expression"], "Input": text}


_EVENTS = {
    "s3": _objects,
    "sqs": _queue,
    "sns": _topic,
    "dynamodb": _stream,
    "eventbridge": _rule,
    "schedule": _schedule,
}


def _filters(given: Mapping[str, Any]) -> dict[str, Any] | None:
    return {"Filters": [{"Pattern": json.dumps(given["filter"])}]} if given.get("filter") else None


def _arn(trigger: TriggerDefinition, service: str, name: str, attribute: str | None) -> dict[str, Any]:
    """Of a source of the template, or of one that exists."""
    if not trigger.makes_source:
        return {"Fn::Sub": HERE.format(service=service, name=name)}
    return {"Fn::GetAtt": [_source_id(trigger), attribute]} if attribute else {"Ref": _source_id(trigger)}


def _source_id(trigger: TriggerDefinition) -> str:
    given = trigger.settings
    name = given.get("queue") or given.get("topic") or given.get("table") or given.get("bucket") or ""
    return logical_id(f"{name}-{trigger.type}")


def _api_id(trigger: TriggerDefinition, function: str) -> str:
    return logical_id(f"{trigger.settings.get('api') or function}-api")


def _apis(functions: Iterable[FunctionDefinition]) -> dict[str, Any]:
    """An API for all routes that name it; what sites may call it is of the whole API in SAM."""
    origins: dict[str, set[str]] = {}
    for definition in functions:
        for one in definition.triggers:
            if one.type == "http":
                origins.setdefault(_api_id(one, definition.name), set()).update(one.settings.get("cors", ()))
    return {id_: {"Type": "AWS::Serverless::HttpApi", "Properties": _cors(sorted(of))} for id_, of in origins.items()}


def _cors(origins: list[str]) -> dict[str, Any]:
    return {"CorsConfiguration": cors_of(origins)} if origins else {}


def _asks(resource: Mapping[str, Any]) -> tuple[int, int]:
    """How much: of a source that several functions have, what asks for most does for all."""
    properties = resource.get("Properties", {})
    return len(resource) + len(properties), properties.get("VisibilityTimeout", 0)


def _made(trigger: TriggerDefinition, timeout_s: int) -> dict[str, Any]:
    """The resources of the template that a trigger's source needs, for a function that may take so long."""
    id_, given = _source_id(trigger), trigger.settings
    if trigger.type == "s3":
        return {id_: {"Type": "AWS::S3::Bucket"}}
    if not trigger.makes_source:
        return {}
    if trigger.type == "sns":
        return {id_: {"Type": "AWS::SNS::Topic"}}
    if trigger.type == "dynamodb":
        return {id_: {"Type": "AWS::DynamoDB::Table", "Properties": _TABLE}}
    ordered = {"FifoQueue": True} if given["queue"].endswith(".fifo") else {}
    queue = {"VisibilityTimeout": visibility_s(timeout_s), **ordered}
    if not given.get("dead_letter"):
        return {id_: {"Type": "AWS::SQS::Queue", "Properties": queue}}
    redrive = {"deadLetterTargetArn": {"Fn::GetAtt": [f"{id_}Dead", "Arn"]}, "maxReceiveCount": given["max_receives"]}
    dead = {"Properties": ordered} if ordered else {}
    return {
        id_: {"Type": "AWS::SQS::Queue", "Properties": {**queue, "RedrivePolicy": redrive}},
        f"{id_}Dead": {"Type": "AWS::SQS::Queue", **dead},
    }


_TABLE = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
}
