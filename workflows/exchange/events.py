"""PURE: the events of a function in a SAM template as triggers, or why they cannot be."""

from collections.abc import Callable, Mapping
from typing import Any

from workflows import inputs
from workflows.exchange.resolving import CannotTake, Resolver, strict

SOURCES = {
    "S3": "AWS::S3::Bucket",
    "SQS": "AWS::SQS::Queue",
    "SNS": "AWS::SNS::Topic",
    "DynamoDB": "AWS::DynamoDB::Table",
}
NAMED_BY = {"S3": "BucketName", "SQS": "QueueName", "SNS": "TopicName", "DynamoDB": "TableName"}
API = "AWS::Serverless::HttpApi"


def read_event(name: str, event: Mapping[str, Any], resolver: Resolver, function: str) -> dict[str, Any]:
    """A trigger as function.toml would say it. Raises CannotTake."""
    kind = str(event.get("Type"))
    if kind not in _READERS:
        raise CannotTake(f"the event {name} is of the type {kind}, which is not known here{_INSTEAD.get(kind, '')}")
    given = event.get("Properties")
    found = _READERS[kind](given if isinstance(given, Mapping) else {}, resolver, name)
    return {key: value for key, value in found.items() if value not in (None, "")}


def _route(given: Mapping[str, Any], resolver: Resolver, name: str) -> dict[str, Any]:
    strict(given, {"ApiId", "Method", "Path"}, f"property of the event {name}")
    method, path = given.get("Method", "ANY"), given.get("Path", "")
    trigger = {
        "type": "http",
        "method": "ANY" if method in ("any", "*") else str(method).upper(),
        "path": resolver.text(path),
    }
    api = given.get("ApiId")
    id_ = api.get("Ref") if isinstance(api, Mapping) else None
    if api is None:
        return trigger
    resource = resolver.resources.get(id_) if isinstance(id_, str) else None
    if resource is None or resource.get("Type") != API:
        raise CannotTake(f"the API of the event {name} is not an {API} of the template")
    return trigger | {"api": str(id_)[:40], "cors": origins_of(resource.get("Properties") or {})}


def origins_of(properties: Mapping[str, Any]) -> list[str] | None:
    """The sites that may call an API; None where its template says nothing of them."""
    cors = properties.get("CorsConfiguration")
    if isinstance(cors, Mapping):
        return list(cors.get("AllowOrigins", []))
    return ["*"] if cors is True else None


def _objects(given: Mapping[str, Any], resolver: Resolver, name: str) -> dict[str, Any]:
    strict(given, {"Bucket", "Events", "Filter"}, f"property of the event {name}")
    events = given.get("Events", [])
    found = {"type": "s3", "events": [events] if isinstance(events, str) else list(events)}
    rules = ((given.get("Filter") or {}).get("S3Key") or {}).get("Rules", [])
    return (
        found | _source("S3", given.get("Bucket"), resolver) | {str(one["Name"]).lower(): one["Value"] for one in rules}
    )


def _queue(given: Mapping[str, Any], resolver: Resolver, name: str) -> dict[str, Any]:
    known = {"Queue", "BatchSize", "MaximumBatchingWindowInSeconds", "FilterCriteria"}
    strict(given, known, f"property of the event {name}")
    found = {"type": "sqs", "batch_size": given.get("BatchSize"), "filter": _filter(given, name)}
    found["batch_window"] = given.get("MaximumBatchingWindowInSeconds")
    return found | _source("SQS", given.get("Queue"), resolver)


def _topic(given: Mapping[str, Any], resolver: Resolver, name: str) -> dict[str, Any]:
    strict(given, {"Topic", "FilterPolicy"}, f"property of the event {name}")
    found = {"type": "sns", "filter_policy": given.get("FilterPolicy")}
    return found | _source("SNS", given.get("Topic"), resolver)


def _stream(given: Mapping[str, Any], resolver: Resolver, name: str) -> dict[str, Any]:
    strict(given, {"Stream", "StartingPosition", "BatchSize", "FilterCriteria"}, f"property of the event {name}")
    found = {"type": "dynamodb", "start": given.get("StartingPosition"), "batch_size": given.get("BatchSize")}
    return found | {"filter": _filter(given, name)} | _source("DynamoDB", given.get("Stream"), resolver)


def _rule(given: Mapping[str, Any], resolver: Resolver, name: str) -> dict[str, Any]:
    strict(given, {"Pattern", "EventBusName", "RuleName"}, f"property of the event {name}")
    bus = given.get("EventBusName")
    found = {"type": "eventbridge", "name": given.get("RuleName", name), "pattern": given.get("Pattern")}
    return found | {"bus": None if bus is None else resolver.text(bus)}


def _schedule(given: Mapping[str, Any], resolver: Resolver, name: str) -> dict[str, Any]:
    strict(given, {"Schedule", "Input", "Name", "Description", "Enabled"}, f"property of the event {name}")
    if given.get("Enabled") is False:
        raise CannotTake(f"the event {name} is switched off; a schedule here is on: take it out of the template")
    found = {"type": "schedule", "name": given.get("Name", name), "expression": given.get("Schedule")}
    return found | {"input": None if "Input" not in given else _read(given["Input"], name)}


_READERS: Mapping[str, Callable[[Mapping[str, Any], Resolver, str], dict[str, Any]]] = {
    "HttpApi": _route,
    "S3": _objects,
    "SQS": _queue,
    "SNS": _topic,
    "DynamoDB": _stream,
    "EventBridgeRule": _rule,
    "CloudWatchEvent": _rule,
    "Schedule": _schedule,
}
_INSTEAD = {
    "Api": ": it passes requests on in another form than an HttpApi, which is",
    "ScheduleV2": ": Schedule is",
}


def _source(kind: str, value: Any, resolver: Resolver) -> dict[str, Any]:
    key = {"S3": "bucket", "SQS": "queue", "SNS": "topic", "DynamoDB": "table"}[kind]
    name, properties = resolver.source(value, SOURCES[kind])
    if properties is None:
        return {key: name}
    said = properties.get(NAMED_BY[kind], name)
    if not isinstance(said, str):
        raise CannotTake(f"the name of {name} cannot be told without deploying it")
    found: dict[str, Any] = {key: said.lower() if kind == "S3" else said, "create": True}
    if kind == "SQS" and isinstance(properties.get("RedrivePolicy"), Mapping):
        found["dead_letter"] = True
        found["max_receives"] = properties["RedrivePolicy"].get("maxReceiveCount")
    return found


def _filter(given: Mapping[str, Any], name: str) -> Any:
    filters = (given.get("FilterCriteria") or {}).get("Filters", [])
    if len(filters) > 1:
        raise CannotTake(f"the event {name} has {len(filters)} filters; one can be taken")
    return _read(filters[0].get("Pattern"), name) if filters else None


def _read(text: Any, name: str) -> Any:
    try:
        return inputs.read(str(text))
    except inputs.InputProblem as problem:
        raise CannotTake(f"the event {name}: {problem.message}") from problem
