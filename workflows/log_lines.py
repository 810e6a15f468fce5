"""PURE: which invocation a line of a function's log belongs to, and which lines somebody searches for.

One stream is one running copy of the function, which does one invocation after another: what it writes between START
and END of a request id belongs to that. Lines of another log format have no request id.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

_BEGIN = re.compile(r"START RequestId: ([0-9a-f-]{36})")
_OVER = re.compile(r"(?:END|REPORT) RequestId: ([0-9a-f-]{36})")
_REPORT = "REPORT RequestId:"
START = "START RequestId"
# What Lambda and its runtimes write of an error that the handler did not catch; a handler's own line has a tab there.
_FAILED = re.compile(
    r"\[ERROR\] |.*\tERROR\t(?:Invoke Error|Uncaught Exception|Unhandled Promise Rejection)\s"
    r"|.* Task timed out after |RequestId: [0-9a-f-]{36} (?:Error: |Process exited )|Error raised from handler method"
)
_STATUS = re.compile(r"\tStatus: (error|timeout)(?:\tError Type: (\S+))?")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line; no request id where none is known."""

    at: datetime
    stream: str
    text: str
    request_id: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As stored."""
        return {**asdict(self), "at": self.at.isoformat()}


def read(stored: Iterable[dict[str, Any]]) -> list[LogLine]:
    """Lines as they were stored."""
    return [LogLine(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in stored]


def newest_first(stored: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The latest moment first; what was written in one moment stays in its order: a stack trace is read downwards."""
    return sorted(stored, key=lambda one: str(one["at"]), reverse=True)


def attributed(lines: Iterable[LogLine]) -> list[LogLine]:
    """The same lines, in order of time, each with the request id of the invocation that wrote it."""
    running: dict[str, str] = {}
    found = []
    for line in lines:
        if begin := _BEGIN.match(line.text):
            running[line.stream] = begin[1]
        over = _OVER.match(line.text)
        found.append(replace(line, request_id=over[1] if over else running.get(line.stream, "")))
        if over:
            running.pop(line.stream, None)
    return found


def matching(lines: Iterable[LogLine], text: str, request_id: str) -> list[LogLine]:
    """Those that hold the text, as it is written, and belong to a request id that begins so; either may be empty."""
    return [line for line in lines if text in line.text and line.request_id.startswith(request_id)]


def named(text: str) -> list[str]:
    """The request ids that whole lines of a log tell of, in order."""
    found = (_BEGIN.match(line) or _OVER.match(line) for line in text.splitlines())
    return list(dict.fromkeys(one[1] for one in found if one))


def is_over(lines: Iterable[LogLine]) -> bool:
    """Whether one of the lines is the report that an invocation ends with."""
    return any(line.text.startswith(_REPORT) for line in lines)


def failure(lines: Iterable[LogLine]) -> str:
    """What an invocation that wrote these lines failed with; empty where they tell of no failure."""
    found = list(lines)
    if told := next((line.text for line in found if _FAILED.match(line.text)), ""):
        return _message(told)
    statuses = (_STATUS.search(line.text) for line in found if line.text.startswith(_REPORT))
    return next((status[2] or f"Status: {status[1]}" for status in statuses if status), "")


def _message(text: str) -> str:
    """The error's type and message, without its stack trace: that is in the log."""
    first = text.splitlines()[0].removeprefix("[ERROR] ")
    try:
        told = json.loads(first[first.index("{") :])
        return f"{told['errorType']}: {told['errorMessage']}"
    except (ValueError, KeyError, TypeError):
        return first


def pattern(text: str) -> str:
    """For CloudWatch: lines with this text, and those that tell where an invocation begins. Empty: all lines."""
    if not text:
        return ""
    return f"?{quoted(text)} ?{quoted(START)}"


def quoted(text: str) -> str:
    """A text as one term of such a pattern."""
    inner = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'
