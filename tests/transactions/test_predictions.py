"""What a form says of an input before it is submitted, for as long as a page may keep anybody waiting."""

import json

import pytest

from transactions import predictions
from transactions.predictions import foresee
from workflows.models import WorkflowRevision

COSTLY = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"n.$": "$.n"}, "End": True}}})

UNREADABLE = json.dumps(
    {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "Output": "{% 1 + %}", "End": True}}}
)


def test_a_form_waits_for_the_way_of_an_input_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    revision = WorkflowRevision(definition=COSTLY)
    assert foresee(revision, '{"n": 1}').sentence == "It will go A and succeed."
    monkeypatch.setattr(predictions, "PATIENCE", 0.0)
    assert foresee(revision, '{"n": 1}').sentence.startswith("It will go A. There is too much to be followed")


def test_a_form_says_that_aws_does_not_take_a_definition_whose_jsonata_cannot_be_read() -> None:
    told = foresee(WorkflowRevision(definition=UNREADABLE), '{"n": 1}')
    assert told.sentence.startswith("AWS does not take this definition: Output cannot be read as JSONata: ")
    assert "graph-node-unreached" not in told.figure  # no state stands back where there is no way
    assert "The states as text" in told.figure
