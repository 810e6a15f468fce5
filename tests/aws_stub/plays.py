"""What an execution does in the stub, which runs nothing: the states it visits and how it ends, told as a history."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

FINAL_EVENTS = {"SUCCEEDED": "ExecutionSucceeded", "FAILED": "ExecutionFailed", "ABORTED": "ExecutionAborted"}


@dataclass(frozen=True, slots=True)
class Play:
    """The states visited, each (type, name), and the end; a Task calls a function that echoes its input."""

    visits: tuple[tuple[str, str], ...]
    status: str = "SUCCEEDED"
    seconds: float = 0
    error: str = ""
    cause: str = ""


Playwright = Callable[[str], Play]


def guide(text: str) -> Play:
    """The guide's workflow: a Choice by TransactionType leads to the function of that type, or to none."""
    kind = json.loads(text).get("TransactionType")
    choice = ("Choice", "ProcessTransaction")
    functions = {"PURCHASE": "ProcessPurchase", "REFUND": "ProcessRefund"}
    if kind not in functions:
        return Play((choice,), "FAILED", error="States.NoChoiceMatched", cause="No choice rule matched.")
    return Play((choice, ("Task", functions[kind])))


@dataclass(slots=True)
class _Pen:
    """Writes events in AWS's shape, each linked to the one before."""

    at: float
    events: list[dict[str, Any]] = field(default_factory=list)

    def write(self, type_: str, field_: str, **details: Any) -> None:
        number = len(self.events) + 1
        event = {"id": number, "previousEventId": number - 1, "type": type_, "timestamp": self.at + number / 1000}
        self.events.append(event | ({field_: details} if field_ else {}))


def history(play: Play, text: str, role_arn: str, started_at: float, ended_at: float | None) -> list[dict[str, Any]]:
    """The events so far: of an execution that still runs, all but the end of its last state."""
    pen = _Pen(started_at)
    pen.write("ExecutionStarted", "executionStartedEventDetails", input=text, roleArn=role_arn)
    for position, (type_, name) in enumerate(play.visits):
        is_last = position == len(play.visits) - 1
        pen.write(f"{type_}StateEntered", "stateEnteredEventDetails", name=name, input=text)
        if is_last and (ended_at is None or play.status != "SUCCEEDED"):
            break
        if type_ == "Task":
            _call_function(pen, name, text)
        pen.write(f"{type_}StateExited", "stateExitedEventDetails", name=name, output=text)
    if ended_at is not None:
        pen.at = ended_at - (len(pen.events) + 1) / 1000
        _end(pen, play, text)
    return pen.events


def _call_function(pen: _Pen, name: str, text: str) -> None:
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    pen.write("LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails", resource=arn, input=text)
    pen.write("LambdaFunctionStarted", "")
    pen.write("LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails", output=text)


def _end(pen: _Pen, play: Play, text: str) -> None:
    type_ = FINAL_EVENTS[play.status]
    details = {"output": text} if play.status == "SUCCEEDED" else {"error": play.error, "cause": play.cause}
    pen.write(type_, f"{type_[0].lower()}{type_[1:]}EventDetails", **details)
