"""Predictions beside what AWS recorded: the same way, with the same data."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.workflows.asl.machines import PATIENT
from workflows.asl.documents import DocumentError, read_value
from workflows.asl.history import trace
from workflows.asl.history.results import Visit
from workflows.asl.model import ABSENT
from workflows.asl.predict import Step, predict

pytestmark = pytest.mark.usefixtures("patience")

CASES = os.environ.get("SIGNALBOX_ASL_CASES")


def _recorded() -> Iterator[dict[str, Any]]:
    for file in sorted(Path(CASES or "", "histories").glob("*.json")):
        yield from (record for record in read_value(file.read_text(), 1 << 27) if record["definition"])


def _samples(record: dict[str, Any], visits: list[Visit]) -> dict[str, Any]:
    """What every Task visited once gave: the output of its one event of success."""
    samples = {}
    for visit in visits:
        if visit.type != "Task" or [other.state for other in visits].count(visit.state) > 1:
            continue
        for event in record["events"]:
            if visit.entered_event < event["id"] <= (visit.exited_event or 0) and event["type"].endswith("Succeeded"):
                details = next(value for key, value in event.items() if key.endswith("EventDetails"))
                samples[visit.state] = read_value(details.get("output", "null"))
    return samples


def _same(text: str | None, value: Any) -> bool:
    """Whether a recorded text is this value; records have words in place of what differs in every run."""
    try:
        return text is None or "<" in text or read_value(text) == value
    except DocumentError:
        return True


@pytest.mark.skipif(not CASES, reason="SIGNALBOX_ASL_CASES does not name the folder of recorded cases")
def test_predictions_go_the_way_and_carry_the_data_that_aws_recorded() -> None:
    followed, wrong = 0, []
    for record in _recorded():
        traced = trace(record["definition"], record["events"], PATIENT)
        visits = [visit for visit in traced.visits if not visit.path]
        told = predict(record["definition"], read_value(traced.input or "{}"), PATIENT, _samples(record, visits))
        for step, visit in zip(told.steps, visits, strict=False):
            if not _agree(step, visit):
                wrong.append(f"{record['id']}: {step.state}")
                break
            followed += 1
    assert followed > 150
    # Times that were made up after recording are no times any more, so a Wait cannot be followed past them.
    assert [name for name in wrong if "Wait" not in name and "wait" not in name] == []


def _agree(step: Step, visit: Visit) -> bool:
    if step.state != visit.state or not _same(visit.input, step.input):
        return False
    return step.output is ABSENT or visit.next != step.next or _same(visit.output, step.output)
