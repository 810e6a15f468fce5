"""atheris on the tracer: `python -m tests.fuzz.fuzz_trace -max_total_time=600`. Any list of events gives a trace."""

import json
import sys
from typing import Any

import atheris

with atheris.instrument_imports(include=["workflows.asl"]):
    from workflows.asl.history import shape, tokens, trace

TYPES = [
    f"{kind}State{end}"
    for kind in ("Task", "Map", "Parallel", "Choice", "Pass", "Wait", "Succeed", "Fail")
    for end in ("Entered", "Exited", "Started", "Succeeded", "Failed", "Aborted")
]
TYPES += [
    f"{family}{end}"
    for family in ("Task", "LambdaFunction", "Activity", "MapIteration", "MapRun", "Execution", "Evaluation")
    for end in ("Scheduled", "Started", "Succeeded", "Failed", "TimedOut", "Aborted", "Redriven", "StartFailed")
]
NAMES = ["A", "B", "C", "M", "P", "Nowhere"]
DEFINITION = json.dumps(
    {
        "StartAt": "C",
        "States": {
            "C": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.x", "NumericGreaterThan": 1, "Next": "M"}],
                "Default": "P",
            },
            "M": {
                "Type": "Map",
                "Next": "P",
                "ItemProcessor": {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:x", "End": True}}},
            },
            "P": {
                "Type": "Parallel",
                "End": True,
                "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}],
            },
        },
    }
)


def _events(data: atheris.FuzzedDataProvider) -> list[Any]:
    events = []
    for number in range(1, data.ConsumeIntInRange(0, 60)):
        event: dict[str, Any] = {"id": number, "type": TYPES[data.ConsumeIntInRange(0, len(TYPES) - 1)]}
        if data.ConsumeBool():
            event["previousEventId"] = data.ConsumeIntInRange(0, number)
        event["stateEnteredEventDetails"] = {
            "name": NAMES[data.ConsumeIntInRange(0, len(NAMES) - 1)],
            "index": data.ConsumeIntInRange(-1, 3),
            "input": data.ConsumeUnicode(12),
            "error": data.ConsumeUnicode(4),
            "cause": f"(entered at the event id #{data.ConsumeIntInRange(0, 70)})",
            "assignedVariables": {"v": data.ConsumeUnicode(6)},
        }
        events.append(event)
    return events


def one_input(data: bytes) -> None:
    """Trace a made history, or whatever JSON the bytes are."""
    try:
        events = json.loads(data)
    except (ValueError, RecursionError):
        events = _events(atheris.FuzzedDataProvider(data))
    told = trace(DEFINITION, events)
    json.dumps(told.as_dict(), default=str)
    if isinstance(events, list):
        found = tokens(events)
        for event in events:
            if isinstance(event, dict):
                shape(event, found)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
