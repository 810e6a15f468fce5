"""Fidelity: definitions that ran on real AWS run here, and leave the same events in the same order.

The records are not part of this repository: SIGNALBOX_ASL_CASES names their folder.
"""

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..conftest import Bench

CASES = os.environ.get("SIGNALBOX_ASL_CASES", "")
# Measured: all of 125 on the day the records' times were made up; later a Wait that AWS found too long to begin with
# (2^31 seconds from then) is short enough, and a timer may slip on a busy machine.
LOWEST_SHARE = 0.98
SECONDS_FOR_ALL = 60
HIDDEN = re.compile(r"<[^>]+>|^(date|RandomNumberGenerated|snf_role_arn)$")
LONGEST_SECONDS = 10  # all are started before the first is waited for


@pytest.mark.skipif(not CASES, reason="SIGNALBOX_ASL_CASES does not name the folder of recorded cases")
def test_recorded_executions_leave_the_same_events(bench: Bench) -> None:
    started = [(case, start(bench, case)) for case in runnable_cases()]
    deadline = time.monotonic() + SECONDS_FOR_ALL
    differing = [case["id"] for case, arn in started if not leaves_same_events(bench, case, arn, deadline)]
    share = 1 - len(differing) / len(started)
    assert share >= LOWEST_SHARE, f"{share:.3f} of {len(started)} leave the same events; these do not: {differing}"


@pytest.mark.skipif(not CASES, reason="SIGNALBOX_ASL_CASES does not name the folder of recorded cases")
@pytest.mark.timeout(300)
def test_recorded_choices_go_where_they_went(bench: Bench) -> None:
    machines: dict[str, str] = {}
    started = []
    for record in (record for file in cases("choice_cases") for record in json.loads(file.read_text())):
        definition = alone(record)
        text = json.dumps(definition)
        machines[text] = machines.get(text) or bench.machine(definition)
        started.append((record, bench.start(machines[text], record["input"])))
    differing = [record["id"] for record, arn in started if not goes_as_recorded(bench.wait(arn), record["expected"])]
    assert len(started) > 200
    assert differing == []


def alone(record: dict[str, Any]) -> dict[str, Any]:
    """The Choice state, and an end for every state it can lead to, which gives that state's name as the output."""
    state = record["state"]
    targets = {rule["Next"] for rule in state["Choices"]} | {state.get("Default", state["Choices"][0]["Next"])}
    given = "Output" if record["query_language"] == "JSONata" else "Result"
    ends = {target: {"Type": "Pass", given: target, "End": True} for target in targets}
    states = {**ends, record["state_name"]: state}
    return {"QueryLanguage": record["query_language"], "StartAt": record["state_name"], "States": states}


def goes_as_recorded(described: dict[str, Any], wanted: dict[str, Any]) -> bool:
    output = described.get("output")
    went = (described.get("error"), output and json.loads(output))
    return bool(went == (wanted.get("error"), wanted["next"]))


def cases(folder: str) -> list[Path]:
    return sorted((Path(CASES) / folder).glob("*.json"))


def runnable_cases() -> Iterator[dict[str, Any]]:
    """The records whose definition is whole and calls no service."""
    for file in cases("histories"):
        for case in json.loads(file.read_text()):
            whole = not case["flags"]["definition_missing"] and case["status"] != "INCOMPLETE"
            if whole and not calls_services(case["definition"]):
                yield case


def calls_services(part: Any) -> bool:
    if isinstance(part, dict):
        return part.get("Type") == "Task" or "ItemReader" in part or any(map(calls_services, part.values()))
    return isinstance(part, list) and any(map(calls_services, part))


def start(bench: Bench, case: dict[str, Any]) -> str:
    machine = bench.machine(case["definition"])
    arn = bench.states.start_execution(stateMachineArn=machine, input=case["input"])["executionArn"]
    if case["status"] == "ABORTED":
        bench.states.stop_execution(executionArn=arn)
    return str(arn)


def leaves_same_events(bench: Bench, case: dict[str, Any], arn: str, deadline: float) -> bool:
    described = bench.end_of(arn, min(LONGEST_SECONDS, max(0.1, deadline - time.monotonic())))
    if described is None or described["status"] != case["status"] or described.get("error") != case["error"]:
        return False
    events = bench.events(arn)
    return story(events) == story(case["events"]) and is_same(output_of(events), output_of(case["events"]))


def output_of(events: list[dict[str, Any]]) -> Any:
    """The execution's output, read; None where it has none."""
    text = events[-1].get("executionSucceededEventDetails", {}).get("output")
    return text and json.loads(text)


def is_same(told: Any, recorded: Any) -> bool:
    """Equal, but for what the records hide: names, times, random numbers."""
    if isinstance(recorded, str) and HIDDEN.search(recorded):
        return True
    if isinstance(recorded, dict) and isinstance(told, dict):
        return recorded.keys() == told.keys() and all(is_same(told[key], recorded[key]) for key in recorded)
    if isinstance(recorded, list) and isinstance(told, list):
        return len(told) == len(recorded) and all(map(is_same, told, recorded))
    return bool(told == recorded)


def story(events: list[dict[str, Any]]) -> list[Any]:
    """Event types from the start, each with what follows it: branches side by side may mingle in any order."""
    followers: dict[int, list[dict[str, Any]]] = {}
    for event in events:
        followers.setdefault(event.get("previousEventId", 0), []).append(event)

    def follow(number: int) -> list[Any]:
        return sorted([event["type"], follow(event["id"])] for event in followers.get(number, []))

    return follow(0)
