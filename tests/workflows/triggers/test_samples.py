"""What a clock hands over, told by hand; the other samples are sent in `tests/flows/test_triggers.py`."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from workflows import triggers
from workflows.triggers import samples

AT = datetime(2026, 11, 24, 2, 5, 6, 700_000, tzinfo=UTC)
RULE = {"type": "schedule", "name": "daily", "expression": "rate(1 day)"}


@pytest.mark.parametrize("given", [{"by": "the clock"}, {}])
def test_a_clock_with_an_input_hands_over_that(given: dict[str, Any]) -> None:
    assert json.loads(samples.tick(triggers.read({**RULE, "input": given}), "123456789012", "eu-west-1", AT)) == given


def test_a_clock_without_one_hands_over_an_event_as_eventbridge_makes_it() -> None:
    told = json.loads(samples.tick(triggers.read(RULE), "123456789012", "eu-west-1", AT))
    assert (told["source"], told["detail-type"], told["detail"]) == ("aws.events", "Scheduled Event", {})
    assert (told["account"], told["region"], told["time"]) == ("123456789012", "eu-west-1", "2026-11-24T02:05:06Z")
