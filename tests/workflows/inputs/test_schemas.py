"""Checking values against a JSON Schema: problems in words and at their place; schemas that cannot be used."""

import json
from typing import Any

import pytest

from tests.timing import takes_less_than
from workflows.inputs import check, check_schema, read

SCHEMA = json.dumps(
    {
        "type": "object",
        "required": ["id", "lines"],
        "additionalProperties": False,
        "properties": {
            "id": {"type": "integer", "maximum": 9007199254740993},
            "price": {"type": "number", "multipleOf": 0.01},
            "mail": {"type": "string", "format": "email"},
            "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}, "minItems": 1},
            "a/b": {"type": "string"},
        },
        "$defs": {"line": {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}}}},
    }
)


def paths(text: str, schema: str = SCHEMA) -> dict[str, str]:
    return {problem.path: problem.message for problem in check(read(text), schema)}


def test_a_value_that_fits_has_no_problem() -> None:
    assert check(read('{"id": 7, "price": 0.10, "lines": [{"sku": "x"}]}'), SCHEMA) == []
    assert check(read("[1]"), "") == []


def test_every_problem_is_named_at_its_place() -> None:
    found = paths('{"price": "1", "mail": "x", "lines": [{"sku": "x"}, {}, {"sku": 7}], "a/b": 1, "extra": 1}')
    assert found["/id"] == "This is required."
    assert found["/lines/1/sku"] == "This is required."
    assert {"/price", "/mail", "/lines/2/sku", "/a~1b"} <= found.keys()
    assert found[""] == "Not known here: “extra”."


def test_numbers_are_compared_digit_for_digit() -> None:
    assert paths('{"id": 9007199254740993, "lines": [{"sku": "x"}]}') == {}
    assert set(paths('{"id": 9007199254740994, "lines": [{"sku": "x"}]}')) == {"/id"}


def test_what_is_no_object_is_told_of_the_whole() -> None:
    assert set(paths("[]")) == {""}


def test_a_value_wrong_in_many_places_is_told_of_some() -> None:
    schema = json.dumps({"items": {"type": "string"}})
    assert len(check(list(range(9_000)), schema)) == 50


def test_a_large_value_is_told_of_its_first_problem_at_once() -> None:
    schema = json.dumps({"items": {"type": "string"}})
    assert [problem.path for problem in check([*["x"] * 130_000, 7, 8], schema)] == ["/130000"]
    assert check(["x"] * 130_000, schema) == []
    assert takes_less_than(0.5, lambda: check([*["x"] * 130_000, 7, 8], schema))


def test_a_long_value_is_cut_in_the_message() -> None:
    (problem,) = check("x" * 100_000, json.dumps({"maxLength": 3}))
    assert len(problem.message) < 400


@pytest.mark.parametrize("schema", ["", "{}", "true", SCHEMA, '{"$schema": "http://json-schema.org/draft-07/schema#"}'])
def test_a_schema_that_can_be_used_has_no_problem(schema: str) -> None:
    assert check_schema(schema) == []


@pytest.mark.parametrize(
    "schema",
    [
        "{",
        "7",
        '{"type": "strng"}',
        '{"type": "object", "type": "array"}',
        '{"pattern": "("}',
        '{"$ref": "#/$defs/nobody"}',
        '{"$ref": "http://example.com/schema.json"}',
        '{"$ref": "file:///etc/passwd"}',
        '{"minimum": "1"}',
    ],
)
def test_a_schema_that_cannot_be_used_is_refused(schema: str) -> None:
    (problem,) = check_schema(schema)
    assert problem.message


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": "^(a+)+$"}, "a" * 50_000 + "b"),
        ({"pattern": "(.*a){30}"}, "a" * 50_000),
        ({"uniqueItems": True}, [{"n": n} for n in range(5_000)]),
    ],
)
def test_a_hostile_schema_ends_within_a_second(schema: dict[str, Any], value: Any) -> None:
    assert takes_less_than(1, lambda: check(value, json.dumps(schema)))


def test_of_several_forms_the_one_that_is_meant_says_what_is_wrong() -> None:
    iban = {"required": ["iban"], "properties": {"iban": {"type": "string", "minLength": 5}}}
    card = {"required": ["card"], "properties": {"card": {"type": "string"}}}
    schema = json.dumps({"properties": {"pay": {"oneOf": [iban, card]}}})
    assert [problem.path for problem in check({"pay": {"iban": "x"}}, schema)] == ["/pay/iban"]
    assert [problem.path for problem in check({"pay": {}}, schema)] == ["/pay"]
    for form in (iban, card):
        form["properties"]["method"] = {"const": form["required"][0]}  # type: ignore[index]
    schema = json.dumps({"properties": {"pay": {"oneOf": [iban, card]}}})
    assert [problem.path for problem in check({"pay": {"method": "card"}}, schema)] == ["/pay/card"]
