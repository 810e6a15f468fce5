"""CloudWatch Logs: the lines of one log group between two moments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workflows.aws.clients import Target, calling, client
from workflows.aws.errors import NotFound

MOST_PAGES = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One line, and the stream (one running copy of a function) that wrote it."""

    at: datetime
    stream: str
    text: str


def lines(
    target: Target,
    group: str,
    begin: datetime,
    end: datetime,
    most: int,
    *,
    pattern: str = "",
    streams: Sequence[str] = (),
) -> list[Line]:
    """At most `most` lines of a group, oldest first; none where the group does not exist: nothing was ever logged.

    `pattern` is a filter pattern of CloudWatch; `streams` are those to read, empty for all.
    """
    found: list[Line] = []
    asked: dict[str, Any] = {
        "logGroupName": group,
        "startTime": _milliseconds(begin),
        "endTime": _milliseconds(end),
        "limit": most,
    }
    if pattern:
        asked["filterPattern"] = pattern
    if streams:
        asked["logStreamNames"] = list(streams)
    call = client(target, "logs").filter_log_events
    for _ in range(MOST_PAGES):
        try:
            with calling("logs:FilterLogEvents"):
                answer = call(**asked)
        except NotFound:
            return []
        found += [_line(event) for event in answer["events"]]
        if len(found) >= most or not answer.get("nextToken"):
            break
        asked["nextToken"] = answer["nextToken"]
    return sorted(found, key=lambda line: line.at)[:most]


def _line(event: dict[str, Any]) -> Line:
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return Line(at, event.get("logStreamName", ""), event["message"].rstrip("\n"))


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
