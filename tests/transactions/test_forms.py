"""Forms made from an input's schema, and the JSON text they make."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from transactions import forms
from workflows.inputs import FieldProblem, fields, parse_input
from workflows.inputs.composing import compose
from workflows.inputs.spreading import spread

SCHEMA = json.dumps(
    {
        "type": "object",
        "required": ["type", "amount"],
        "properties": {
            "type": {"type": "string", "examples": ["PURCHASE"]},
            "amount": {"type": "number"},
            "count": {"type": "integer", "default": 1},
            "urgent": {"type": "boolean"},
            "level": {"enum": ["low", 2, None]},
            "a/b~c": {"type": "string"},
            "customer": {"type": "object", "properties": {"id": {"type": "string"}, "vip": {"type": "boolean"}}},
            "tags": {"type": "array", "items": {"type": "string"}},
            "lines": {
                "type": "array",
                "items": {"type": "object", "properties": {"sku": {"type": "string"}, "n": {"type": "integer"}}},
            },
            "extra": {},
        },
    }
)
FIELDS = fields(SCHEMA)


def composed(**typed: str) -> Any:
    return json.loads(compose(FIELDS, {f"/{name}": text for name, text in typed.items()}))


def test_what_is_left_empty_is_left_out() -> None:
    assert compose(FIELDS, {"/type": "", "/customer/id": "", "/tags/0": ""}) == "{}"


def test_numbers_keep_every_digit() -> None:
    assert compose(FIELDS, {"/amount": "50.2500000000000000001"}) == '{"amount": 50.2500000000000000001}'


@pytest.mark.parametrize("text", ["1,50", "NaN", "0x10", "1.", "01", "--1"])
def test_what_is_no_number_is_passed_on_as_text_for_the_schema_to_judge(text: str) -> None:
    assert composed(amount=text) == {"amount": text}


def test_booleans_choices_and_free_json_become_values() -> None:
    made = composed(urgent="false", level="2", extra='{"a": [1]}')
    assert made == {"urgent": False, "level": 2, "extra": {"a": [1]}}


def test_names_with_slashes_and_tildes_are_kept() -> None:
    assert compose(FIELDS, {"/a~1b~0c": "x"}) == '{"a/b~c": "x"}'


def test_objects_and_arrays_are_nested() -> None:
    typed = {"/customer/id": "c1", "/tags/0": "a", "/tags/1": "b", "/lines/0/sku": "s", "/lines/0/n": "2"}
    assert json.loads(compose(FIELDS, typed)) == {
        "customer": {"id": "c1"},
        "tags": ["a", "b"],
        "lines": [{"sku": "s", "n": 2}],
    }


def test_a_value_spread_over_the_fields_composes_to_itself() -> None:
    text = (
        '{"type": "PURCHASE", "amount": 1.50, "level": null, "customer": {"id": "c1", "vip": true}, '
        '"tags": ["a", "b"], "lines": [{"sku": "s", "n": 2}], "extra": [0.10]}'
    )
    typed, left_over = spread(FIELDS, parse_input(text))
    assert left_over == []
    assert compose(FIELDS, typed) == text


def test_values_without_a_field_are_named() -> None:
    _, left_over = spread(FIELDS, {"unknown": 1, "amount": "text", "customer": {"x": 1}, "count": Decimal("1.5")})
    assert sorted(left_over) == ["/amount", "/customer/x", "/unknown"]


def test_a_form_switches_to_json_and_back_without_loss() -> None:
    draft = forms.of_post(FIELDS, {"mode": "form", "/type": "REFUND", "/amount": "7.10", "reference": "r", "key": "k"})
    as_json = draft.as_json()
    assert json.loads(as_json.text) == {"type": "REFUND", "amount": 7.1}
    back = as_json.as_form()
    assert (back.mode, back.input, back.reference, back.key) == ("form", draft.input, "r", "k")


def test_json_the_form_cannot_hold_stays_json_and_says_why() -> None:
    draft = forms.of_post(FIELDS, {"mode": "json", "input": '{"surprise": 1}'}).as_form()
    assert draft.mode == "json"
    assert [problem.path for problem in draft.other_problems] == ["/input/surprise"]


def test_problems_stand_at_their_fields_and_the_rest_above() -> None:
    draft = forms.of_post(FIELDS, {"mode": "form", "/lines/0/n": "x"})
    problems = (
        FieldProblem("/input/lines/0/n", "no number"),
        FieldProblem("/input/nowhere", "odd"),
        FieldProblem("/reference", "long"),
    )
    shown = replace(draft, problems=problems)
    lines = next(control for control in shown.controls if control.name == "/lines")
    assert next(inner for inner in lines.controls[0].controls if inner.name == "/lines/0/n").error == "no number"
    assert [problem.message for problem in shown.other_problems] == ["odd"]
    assert shown.reference_problem == "long"


def test_an_array_that_a_choice_brings_has_the_rows_that_hold_something() -> None:
    draft = forms.of_post(FIELDS, {"mode": "form", "/tags/0": "a"})
    tags = next(control for control in draft.controls if control.name == "/tags")
    assert [control.value for control in tags.controls] == ["a"]
    assert ("#/lines", 0) in draft.counts


def test_a_constant_deep_within_is_written_by_itself() -> None:
    ink = {"title": "Ink", "properties": {"kind": {"const": "ink"}, "colour": {"type": "string"}}, "required": ["kind"]}
    mark = {"type": "object", "properties": {"how": {"oneOf": [ink, {"title": "Engraved", "type": "object"}]}}}
    part = {"type": "object", "properties": {"marks": {"type": "array", "items": mark}}}
    found = fields(json.dumps({"properties": {"parts": {"type": "array", "items": part}}}))
    typed = {"?/parts/0/marks/0/how": "0", "/parts/0/marks/0/how/colour": "red"}
    draft = forms.of_post(found, {"mode": "form", **typed})
    assert json.loads(draft.input) == {"parts": [{"marks": [{"how": {"kind": "ink", "colour": "red"}}]}]}


def rows_of(draft: forms.Draft, name: str) -> list[str]:
    return [inner.name for inner in next(one for one in draft.controls if one.name == name).controls]


def test_an_array_that_need_not_be_begins_without_a_row_and_one_that_must_with_its_defaults() -> None:
    item = {"type": "object", "properties": {"n": {"type": "integer", "default": 5}}}
    array = {"type": "array", "items": item}
    draft = forms.blank(fields(json.dumps({"properties": {"a": array, "b": array}, "required": ["a"]})))
    assert (rows_of(draft, "/a"), rows_of(draft, "/b")) == (["/a/0"], [])
    assert json.loads(draft.input) == {"a": [{"n": 5}]}


def test_an_input_that_is_run_again_has_the_rows_it_had() -> None:
    draft = forms.of_text(FIELDS, '{"type": "x", "amount": 1, "tags": ["a", "b"]}')
    assert (rows_of(draft, "/tags"), rows_of(draft, "/lines")) == (["/tags/0", "/tags/1"], [])


def test_arrays_within_arrays_have_the_rows_they_had_and_a_new_row_begins_without_one() -> None:
    item = {"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string"}}}}
    found = fields(json.dumps({"properties": {"lines": {"type": "array", "items": item}}}))
    draft = forms.of_text(found, '{"lines": [{"tags": ["a"]}]}')
    assert draft.counts == [("#/lines", 1), ("#/lines/0/tags", 1)]
    assert draft.with_row("/lines").counts == [("#/lines", 2), ("#/lines/0/tags", 1), ("#/lines/1/tags", 0)]


def test_what_was_typed_where_it_does_not_apply_now_is_kept_and_not_sent() -> None:
    variants = [
        {"title": title, "properties": {"kind": {"const": title}, title: {"type": "string"}}}
        for title in ("card", "bill")
    ]
    found = fields(json.dumps({"properties": {"payment": {"oneOf": variants}}}))
    draft = forms.of_post(found, {"mode": "form", "?/payment": "1", "/payment/card": "4711", "/payment/bill": ""})
    assert draft.kept == [("/payment/card", "4711")]
    assert json.loads(draft.input) == {"payment": {"kind": "bill"}}


def test_a_blank_form_holds_the_schemas_defaults() -> None:
    assert forms.blank(FIELDS).input == '{"count": 1}'


def test_without_fields_there_is_json_only() -> None:
    assert forms.blank(()).mode == "json"


def test_ids_of_elements_are_safe_for_any_name() -> None:
    names = [control.element_id for control in forms.blank(FIELDS).controls]
    assert all(name.replace("_", "").replace("-", "").isalnum() for name in names)
    assert len(set(names)) == len(names)


def test_a_row_more_is_shown_and_a_row_taken_away_lets_the_later_ones_move_up() -> None:
    draft = forms.of_post(FIELDS, {"mode": "form", "/tags/0": "a", "/tags/1": "b", "/tags/2": "c", "#/tags": "3"})
    more = draft.with_row("/tags")
    assert ("#/tags", 4) in more.counts
    assert json.loads(more.without_row("/tags/1").input) == {"tags": ["a", "c"]}
    assert ("#/tags", 3) in more.without_row("/tags/1").counts


@pytest.mark.parametrize("name", ["", "/type", "/nowhere", "/tags/9", "/tags/x"])
def test_rows_that_are_not_there_are_neither_added_nor_taken_away(name: str) -> None:
    draft = forms.of_post(FIELDS, {"mode": "form", "/type": "a", "/tags/0": "b"})
    assert draft.with_row(name).input == draft.without_row(name).input == draft.input


def test_defaults_within_a_required_object_are_filled_in_and_elsewhere_not() -> None:
    inner = {"type": "object", "properties": {"n": {"type": "integer", "default": 1}}}
    found = fields(json.dumps({"type": "object", "properties": {"a": inner, "b": inner}, "required": ["a"]}))
    assert json.loads(forms.blank(found).input) == {"a": {"n": 1}}


def test_a_row_that_is_added_holds_its_defaults() -> None:
    item = {"type": "object", "properties": {"sku": {"type": "string"}, "n": {"type": "integer", "default": 1}}}
    found = fields(json.dumps({"properties": {"lines": {"type": "array", "items": item}}}))
    draft = forms.of_post(found, {"mode": "form", "/lines/0/sku": "a", "#/lines": "1"}).with_row("/lines")
    assert json.loads(draft.input) == {"lines": [{"sku": "a"}, {"n": 1}]}


def test_a_problem_is_told_at_the_row_it_is_in_though_rows_before_it_are_left_out() -> None:
    draft = forms.of_post(FIELDS, {"mode": "form", "/lines/1/n": "x", "#/lines": "2"})
    assert json.loads(draft.input) == {"lines": [{"n": "x"}]}
    draft = replace(draft, problems=(FieldProblem("/input/lines/0/n", "This must be a whole number."),))
    (lines,) = (one for one in draft.controls if one.name == "/lines")
    assert [row.controls[1].error for row in lines.controls] == ["", "This must be a whole number."]


ITEMS = json.dumps(
    {
        "required": ["items"],
        "properties": {
            "items": {
                "type": "array",
                "minItems": 2,
                "items": {"required": ["amount"], "properties": {"amount": {"type": "number"}, "note": {}}},
            }
        },
    }
)


def test_rows_that_must_be_there_are_not_optional_and_name_what_they_miss() -> None:
    draft = forms.blank(fields(ITEMS))
    (items,) = draft.controls
    assert [row.field.required for row in items.controls] == [True, True]
    assert json.loads(draft.input) == {"items": [{}, {}]}
    assert draft.missing(ITEMS) == ["amount", "amount"]
    with_third = draft.with_row("/items").controls[0]
    assert [row.field.required for row in with_third.controls] == [True, True, False]


def test_an_empty_row_makes_up_only_for_those_that_are_too_few() -> None:
    two = {"mode": "form", "/items/1/amount": "1", "/items/2/amount": "2", "#/items": "3"}
    assert json.loads(forms.of_post(fields(ITEMS), two).input) == {"items": [{"amount": 1}, {"amount": 2}]}
    one = {"mode": "form", "/items/1/amount": "1", "#/items": "3"}
    draft = forms.of_post(fields(ITEMS), one)
    assert json.loads(draft.input) == {"items": [{}, {"amount": 1}]}
    draft = replace(draft, problems=(FieldProblem("/input/items/0/amount", "This is required."),))
    assert [row.controls[0].error for row in draft.controls[0].controls] == ["This is required.", "", ""]


def test_rows_taken_away_are_missing_from_the_array_itself() -> None:
    draft = forms.blank(fields(ITEMS)).without_row("/items/1").without_row("/items/0")
    assert json.loads(draft.input) == {"items": []}


def test_what_is_required_and_missing_is_told_by_its_label() -> None:
    assert forms.of_post(FIELDS, {"mode": "form", "/type": "a"}).missing(SCHEMA) == ["amount"]
    assert forms.of_post(FIELDS, {"mode": "json", "input": '{"amount": 1}'}).missing(SCHEMA) == ["type"]
    assert forms.of_post(FIELDS, {"mode": "json", "input": "{"}).missing(SCHEMA) == []


def test_what_is_wrong_is_told_by_its_label_too() -> None:
    assert forms.of_post(FIELDS, {"mode": "form", "/type": "a", "/amount": "b"}).wrong(SCHEMA) == [
        "amount: This must be a number."
    ]
    assert forms.of_post(FIELDS, {"mode": "json", "input": "[]"}).wrong(SCHEMA) == [
        "The input: This must be an object."
    ]


def test_a_field_that_another_makes_required_is_another_form() -> None:
    schema = {"properties": {"country": {"type": "string"}, "mail": {"type": "string"}}}
    known = fields(json.dumps(schema | {"dependentRequired": {"country": ["mail"]}}))
    before, after = forms.of_post(known, {}), forms.of_post(known, {"/country": "FR"})
    assert [one.field.required for one in after.controls] == [False, True]
    assert before.shape != after.shape


def test_what_the_check_asks_for_is_not_called_optional_where_the_fields_know_no_better() -> None:
    either = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    schema = json.dumps(either | {"allOf": [{"not": {"not": {"required": ["b"]}}}]})
    draft = forms.blank(fields(schema))
    assert [control.is_optional for control in draft.controls] == [True, True]
    draft = replace(draft, problems=(FieldProblem("/input/b", "This is required."),))
    assert [control.is_optional for control in draft.controls] == [True, False]
    draft = replace(draft, problems=(FieldProblem("/input/b", "Too short."),))
    assert [control.is_optional for control in draft.controls] == [True, True]
