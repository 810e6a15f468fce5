"""PURE: a function with its triggers as an AWS SAM template: what others deploy from, with nothing of Signalbox in it.

Sources that are made here become resources of the template; those that exist are named by their ARNs.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from workflows.packaging import FunctionDefinition
from workflows.policies import PLACEHOLDER, VERSION, names_in
from workflows.triggers import TriggerDefinition

TRANSFORM = "AWS::Serverless-2016-10-31"
HERE = "arn:aws:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{name}"


def template(definition: FunctionDefinition, code_uri: str) -> dict[str, Any]:
    """The template of a function; `code_uri` is where its code is: a folder or zip beside the template, or in S3."""
    function = logical_id(definition.name)
    made = {name: resource for one in definition.triggers for name, resource in _made(one).items()}
    apis = {_api_id(one): _api(definition, one) for one in definition.triggers if one.type == "http"}
    named = sorted({name for text in _texts(definition) for name in names_in(text)})
    described: dict[str, Any] = {"AWSTemplateFormatVersion": "2010-09-09", "Transform": TRANSFORM}
    parameters = {logical_id(name): _parameter(f"Name of the function {name}.") for name in named}
    for one in definition.triggers:
        if one.type == "dynamodb" and not one.makes_source:
            parameters[f"{_source_id(one)}Stream"] = _parameter(f"ARN of the stream of {one.words}.")
    if parameters:
        described["Parameters"] = parameters
    resources = {function: _function(definition, code_uri), **made, **apis}
    return described | {"Resources": resources}


def logical_id(name: str) -> str:
    """A name as CloudFormation takes it: letters and digits."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name)) or "X"


def _parameter(description: str) -> dict[str, Any]:
    return {"Type": "String", "Description": description}


def _function(definition: FunctionDefinition, code_uri: str) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "CodeUri": code_uri,
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
    if definition.environment:
        values = {name: _put(value) for name, value in definition.environment.items()}
        properties["Environment"] = {"Variables": values}
    if definition.permissions:
        properties["Policies"] = [
            {"Version": VERSION, "Statement": [_statement(one) for one in definition.permissions]}
        ]
    if definition.triggers:
        properties["Events"] = {f"Trigger{n}": _event(one) for n, one in enumerate(definition.triggers, 1)}
    return {"Type": "AWS::Serverless::Function", "Properties": properties}


def _texts(definition: FunctionDefinition) -> list[str]:
    resources = [text for one in definition.permissions for text in one.resources]
    return [*definition.environment.values(), *resources]


def _put(text: str) -> Any:
    """A text with the parameter of each named function in place of `${...}`."""
    if found := PLACEHOLDER.fullmatch(text):
        return {"Ref": logical_id(found[1])}
    if names_in(text):
        return {"Fn::Sub": PLACEHOLDER.sub(lambda found: f"${{{logical_id(found[1])}}}", text)}
    return text


def _statement(permission: Any) -> dict[str, Any]:
    resources: list[Any] = []
    for text in permission.resources:
        if found := PLACEHOLDER.fullmatch(text):
            arn = HERE.format(service="lambda", name=f"function:${{{logical_id(found[1])}}}")
            resources += [{"Fn::Sub": arn}, {"Fn::Sub": f"{arn}:*"}]
        else:
            resources.append(text)
    return {"Effect": "Allow", "Action": list(permission.actions), "Resource": resources}


# ---- triggers


def _event(trigger: TriggerDefinition) -> dict[str, Any]:
    type_, properties = _EVENTS[trigger.type](trigger)
    return {"Type": type_, "Properties": {name: value for name, value in properties.items() if value is not None}}


def _route(trigger: TriggerDefinition) -> tuple[str, dict[str, Any]]:
    given = trigger.settings
    return "HttpApi", {"ApiId": {"Ref": _api_id(trigger)}, "Method": given["method"], "Path": given["path"]}


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
    "http": _route,
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


def _api_id(trigger: TriggerDefinition) -> str:
    return logical_id(f"{trigger.settings.get('api', '')}-api")


def _api(definition: FunctionDefinition, trigger: TriggerDefinition) -> dict[str, Any]:
    same = [one for one in definition.triggers if one.type == "http" and _api_id(one) == _api_id(trigger)]
    origins = sorted({origin for one in same for origin in one.settings.get("cors", ())})
    cors = {"CorsConfiguration": {"AllowOrigins": origins, "AllowMethods": ["*"]}} if origins else {}
    return {"Type": "AWS::Serverless::HttpApi", "Properties": cors}


def _made(trigger: TriggerDefinition) -> dict[str, Any]:
    """The resources of the template that a trigger's source needs."""
    id_, given = _source_id(trigger), trigger.settings
    if trigger.type == "s3":
        return {id_: {"Type": "AWS::S3::Bucket"}}
    if not trigger.makes_source:
        return {}
    if trigger.type == "sns":
        return {id_: {"Type": "AWS::SNS::Topic"}}
    if trigger.type == "dynamodb":
        return {id_: {"Type": "AWS::DynamoDB::Table", "Properties": _TABLE}}
    if not given.get("dead_letter"):
        return {id_: {"Type": "AWS::SQS::Queue"}}
    redrive = {"deadLetterTargetArn": {"Fn::GetAtt": [f"{id_}Dead", "Arn"]}, "maxReceiveCount": given["max_receives"]}
    return {
        id_: {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": redrive}},
        f"{id_}Dead": {"Type": "AWS::SQS::Queue"},
    }


_TABLE = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
}
