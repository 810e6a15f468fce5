"""Event source mappings: Lambda reads a queue or a stream and hands what it finds to a function."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workflows.aws.clients import Target, calling, client, pages
from workflows.aws.errors import NotFound


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a mapping can be set. `start` is for streams alone, and AWS never changes it."""

    batch_size: int
    window_s: int
    pattern: Mapping[str, Any] | None
    start: str = ""


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """A mapping as it is in AWS."""

    id: str
    state: str
    wanted: Wanted
    arn: str = ""
    source_arn: str = ""
    function_arn: str = ""
    filters: int = 0

    @property
    def is_enabled(self) -> bool:
        """Whether the source is being read."""
        return self.state == "Enabled"


def list_mappings(target: Target, source_arn: str, function_arn: str) -> list[SourceMapping]:
    """The mappings from one source to one function (or alias of one)."""
    found = (_mapping(row) for row in _list(target, EventSourceArn=source_arn, FunctionName=function_arn))
    return [one for one in found if one.function_arn == function_arn]


def list_all(target: Target, function_arn: str) -> list[SourceMapping]:
    """The mappings that hand a function, or one of its aliases, what is found in a queue, a stream or elsewhere."""
    return [_mapping(row) for row in _list(target, FunctionName=function_arn)]


def _list(target: Target, **which: str) -> Iterator[Mapping[str, Any]]:
    call = client(target, "lambda").list_event_source_mappings

    def ask(*, NextMarker: str | None = None, **arguments: Any) -> Any:  # noqa: N803 - AWS's own word
        return call(**arguments, **({"Marker": NextMarker} if NextMarker else {}))

    for page in pages("lambda:ListEventSourceMappings", ask, "EventSourceMappings", mark="NextMarker", **which):
        yield from page


def create_mapping(target: Target, source_arn: str, function_arn: str, wanted: Wanted, tags: Mapping[str, str]) -> None:
    """Begin to read a source. Invalid: also while the role may not read it yet."""
    start = {"StartingPosition": wanted.start} if wanted.start else {}
    with calling("lambda:CreateEventSourceMapping"):
        client(target, "lambda", "ONCE").create_event_source_mapping(
            EventSourceArn=source_arn, FunctionName=function_arn, Tags=dict(tags), **start, **_arguments(wanted)
        )


def update_mapping(target: Target, mapping_id: str, function_arn: str, wanted: Wanted) -> None:
    """Set how a source is read."""
    with calling("lambda:UpdateEventSourceMapping"):
        client(target, "lambda").update_event_source_mapping(
            UUID=mapping_id, FunctionName=function_arn, Enabled=True, **_arguments(wanted)
        )


def tag_mapping(target: Target, mapping_arn: str, tags: Mapping[str, str]) -> None:
    """Set tags of a mapping."""
    with calling("lambda:TagResource"):
        client(target, "lambda").tag_resource(Resource=mapping_arn, Tags=dict(tags))


def delete_mapping(target: Target, mapping_id: str) -> None:
    """Read a source no more; nothing where there is no such mapping."""
    try:
        with calling("lambda:DeleteEventSourceMapping"):
            client(target, "lambda").delete_event_source_mapping(UUID=mapping_id)
    except NotFound:
        return


def _arguments(wanted: Wanted) -> dict[str, Any]:
    filters = [{"Pattern": json.dumps(wanted.pattern)}] if wanted.pattern else []
    return {
        "BatchSize": wanted.batch_size,
        "MaximumBatchingWindowInSeconds": wanted.window_s,
        "FilterCriteria": {"Filters": filters},
    }


def _mapping(row: Mapping[str, Any]) -> SourceMapping:
    filters = row.get("FilterCriteria", {}).get("Filters") or []
    wanted = Wanted(
        batch_size=row.get("BatchSize", 0),
        window_s=row.get("MaximumBatchingWindowInSeconds") or 0,
        pattern=json.loads(filters[0]["Pattern"]) if filters else None,
        start=row.get("StartingPosition", ""),
    )
    return SourceMapping(
        row["UUID"],
        row.get("State", ""),
        wanted,
        arn=row.get("EventSourceMappingArn", ""),
        source_arn=row.get("EventSourceArn", ""),
        function_arn=row.get("FunctionArn", ""),
        filters=len(filters),
    )
