"""What a form says of an input before it is submitted, for as long as a page may keep anybody waiting."""

import json

import pytest

from tests.factories import DEFINITION
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


def test_what_is_half_filled_in_is_asked_for_and_is_no_failure() -> None:
    told = foresee(WorkflowRevision(definition=DEFINITION), '{"Amount": 1}', ["Transaction type"])
    assert told.sentence == "Fill in Transaction type to see which branch it will take."
    assert (told.tone, told.choices) == ("info", [])
    told = foresee(WorkflowRevision(definition=DEFINITION), '{"Amount": 1}')
    assert told.sentence.startswith("Rule 1 of ProcessTransaction cannot be read")
    told = foresee(WorkflowRevision(definition=COSTLY), '{"a": 1}', ["n", "o", "p", "q"])
    assert told.sentence == "Fill in n, o, p and more to see which branch it will take."


def test_what_would_be_refused_is_said_beside_the_way_it_would_go() -> None:
    told = foresee(WorkflowRevision(definition=COSTLY), '{"n": 1}', ["Card"], ["Seconds: This must be a number."])
    assert told.sentence == "It will go A and succeed."
    assert told.refusal == "It would not be accepted. Card is required. Seconds: This must be a number."
    assert foresee(WorkflowRevision(definition=COSTLY), '{"n": 1}', list("abcde")).refusal.endswith(
        "a is required. b is required. c is required. And 2 more."
    )
    assert foresee(WorkflowRevision(definition=COSTLY), '{"n": 1}').refusal == ""
    # That it is asked for is said already where the way ends for want of it.
    assert foresee(WorkflowRevision(definition=COSTLY), '{"a": 1}', ["n"]).refusal == ""


def test_what_is_no_json_says_so_and_where() -> None:
    told = foresee(WorkflowRevision(definition=COSTLY), '{"n": 1,,')
    assert told.sentence.startswith("This is not JSON: ")
    assert told.sentence.endswith("at line 1, column 9.")
    assert foresee(WorkflowRevision(definition=COSTLY), " ").sentence.startswith("Fill in the input")


def test_a_form_says_that_aws_does_not_take_a_definition_whose_jsonata_cannot_be_read() -> None:
    told = foresee(WorkflowRevision(definition=UNREADABLE), '{"n": 1}')
    assert told.sentence.startswith("AWS does not take this definition: Output cannot be read as JSONata: ")
    assert "graph-node-unreached" not in told.figure  # no state stands back where there is no way
    assert "The states as text" in told.figure
