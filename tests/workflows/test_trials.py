"""A definition tried out while it is written: the way of a sample, for as long as a page may keep anybody waiting."""

import json

import pytest

from workflows import trials
from workflows.trials import try_out

COSTLY = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"n.$": "$.n"}, "End": True}}})

UNREADABLE = json.dumps(
    {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "Output": "{% 1 + %}", "End": True}}}
)


def test_the_way_of_a_sample_is_told() -> None:
    assert try_out(COSTLY, '{"n": 1}', "").sentence == "It goes A and succeeds."


def test_a_page_waits_for_a_sample_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "PATIENCE", 0.0)
    assert try_out(COSTLY, '{"n": 1}', "").sentence.startswith(
        "It goes A. There is too much to be followed in the time"
    )


def test_a_page_says_that_aws_does_not_take_a_definition_whose_jsonata_cannot_be_read() -> None:
    told = try_out(UNREADABLE, '{"n": 1}', "")
    assert told.sentence.startswith("AWS does not take this definition: Output cannot be read as JSONata: ")
    assert "graph-node-unreached" not in told.figure  # no state stands back where there is no way
    assert "The states as text" in told.figure


def test_the_preview_of_a_form_holds_the_defaults_and_a_row_of_each_list_with_its_own() -> None:
    item = {"type": "object", "properties": {"n": {"type": "integer", "default": 5}}}
    schema = {"properties": {"note": {"type": "string", "default": "so"}, "lines": {"type": "array", "items": item}}}
    note, lines = trials.form_preview(json.dumps(schema))
    assert note.value == "so"
    assert [inner.value for row in lines.controls for inner in row.controls] == ["5"]
