"""Choosing and tracing, held to what AWS recorded. The records are not in this repository."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workflows.asl import documents
from workflows.asl.choice import choose
from workflows.asl.dataflow import passed
from workflows.asl.history import trace
from workflows.asl.parser import parse_state
from workflows.asl.templates import DataError, Scope
from workflows.evaluation import evaluator

CASES = os.environ.get("SIGNALBOX_ASL_CASES", "")
pytestmark = pytest.mark.skipif(not CASES, reason="SIGNALBOX_ASL_CASES does not name the folder of recorded cases")


def records(folder: str) -> Iterator[dict[str, Any]]:
    """Every record of a folder, its numbers as Signalbox reads them."""
    for file in sorted(Path(CASES, folder).glob("*.json")):
        yield from documents.read_value(file.read_text("utf-8"), 1 << 26)


def test_choices_go_where_they_were_recorded_to_go() -> None:
    wrong = [record["id"] for record in records("choice_cases") if not goes_as_recorded(record)]
    assert wrong == []


def goes_as_recorded(record: dict[str, Any]) -> bool:
    """Whether the state is left for the recorded state, by the recorded rule, or fails as recorded."""
    wanted = record["expected"]
    state = parse_state(record["state_name"], record["state"], record["query_language"])
    context = record.get("context") or {"Execution": {"Input": record["input"]}}
    told = choose(state, record["input"], record.get("variables"), context, evaluator())  # type: ignore[arg-type]
    if wanted.get("error"):
        return (told.error, told.next) == (wanted["error"], None)
    return told.next == wanted["next"] and wanted.get("rule") in (None, told.rule)


def test_states_in_jsonata_hand_on_what_was_recorded() -> None:
    wrong = {record["id"]: told for record in records("jsonata_states") if (told := difference(record))}
    assert wrong == {}


def difference(record: dict[str, Any]) -> Any:
    """What a Pass state in JSONata gives where that is not what was recorded."""
    wanted = record["expected"]
    state = parse_state(record["state_name"], record["state"], "JSONata")
    context = {"Execution": {"Input": record["execution_input"]}, "State": {"Name": record["state_name"]}}
    try:
        left = passed(state, record["input"], Scope(record["variables"], context, evaluator=evaluator()))
    except DataError as problem:
        recorded = wanted.get("evaluation_failed", {})
        is_same = problem.error == recorded.get("error") and recorded.get("cause", "").endswith(str(problem))
        return None if is_same else [problem.error, str(problem)]
    told = {"output": left.output, "assigned": left.assigned}
    return None if told == wanted else told


def test_every_choice_in_a_history_is_explained_as_it_was_observed() -> None:
    explained, wrong = 0, []
    for record in records("histories"):
        if record.get("definition") is None:
            continue
        for result in trace(json.dumps(record["definition"], default=str), record["events"], evaluator()).choices:
            explained += 1
            if not result.agrees or (result.problem is None and result.explained_next != result.next):
                wrong.append(f"{record['id']}: {result.state}")
    assert explained > 20
    assert wrong == []
