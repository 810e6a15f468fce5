"""Every keyword a form can meet is told in a sentence that says what is wanted."""

import json
from typing import Any

import pytest

from workflows.inputs import schemas

SAID: list[tuple[dict[str, Any], Any, str]] = [
    ({"type": "number"}, "5", "This must be a number."),
    ({"type": ["string", "null"]}, 5, "This must be null or text."),
    ({"exclusiveMinimum": 0}, 0, "This must be more than 0."),
    ({"exclusiveMaximum": 1.5}, 2, "This must be less than 1.5."),
    ({"minimum": 1}, 0, "This must be at least 1."),
    ({"maximum": 10}, 11, "This must be at most 10."),
    ({"multipleOf": 0.01}, 0.001, "This must be a multiple of 0.01."),
    ({"minLength": 1}, "", "This must have at least 1 character."),
    ({"maxLength": 3}, "abcd", "This must have at most 3 characters."),
    ({"pattern": "^[A-Z]+$"}, "a", "This must match the pattern ^[A-Z]+$"),
    ({"pattern": "^[A-Z]+$", "errorMessage": "Capitals, such as EUR."}, "a", "Capitals, such as EUR."),
    ({"pattern": "^[A-Z]+$", "errorMessage": {"pattern": "Capitals."}}, "a", "Capitals."),
    ({"pattern": "^[A-Z]+$", "errorMessage": {"type": "Text."}}, "a", "This must match the pattern ^[A-Z]+$"),
    ({"items": {"pattern": "^[A-Z]+$", "errorMessage": "Capitals."}}, ["a"], "Capitals."),
    ({"allOf": [{"pattern": "^[A-Z]+$", "errorMessage": "Capitals."}]}, "a", "Capitals."),
    ({"format": "date"}, "x", "This must be a date, such as 2026-11-27."),
    ({"format": "hostname"}, "-", "This must be of the format “hostname”."),
    ({"minItems": 1}, [], "This must have at least 1 entry."),
    ({"maxItems": 2}, [1, 2, 3], "This must have at most 2 entries."),
    ({"minProperties": 2}, {"a": 1}, "This must have at least 2 fields."),
    ({"uniqueItems": True}, [1, 1], "No entry may be there twice."),
    ({"enum": ["a", 1]}, "q", 'This must be one of "a", 1.'),
    ({"const": "a"}, "q", 'This must be "a".'),
    ({"anyOf": [{"type": "string"}]}, 1, "This fits none of the forms that it may have."),
    ({"oneOf": [{"type": "string"}]}, 1, "This has to fit exactly one of the forms that it may have."),
    ({"oneOf": [{}, {}]}, 1, "This has to fit exactly one of the forms that it may have."),
    ({"not": {"type": "string"}}, "s", "This is of a form that is not allowed."),
    ({"properties": {"a": False}}, {"a": 1}, "Nothing may stand here."),
    ({"contains": {"const": 1}}, [2], "An entry of the kind that is asked for is missing."),
]


@pytest.mark.parametrize(("schema", "value", "said"), SAID)
def test_what_is_wrong_is_said_as_what_is_wanted(schema: dict[str, Any], value: Any, said: str) -> None:
    assert [problem.message for problem in schemas.check(value, json.dumps(schema))] == [said]


def test_a_long_list_of_choices_is_cut() -> None:
    (problem,) = schemas.check("q", json.dumps({"enum": [f"choice {number}" for number in range(200)]}))
    assert len(problem.message) == schemas.LONGEST_SENTENCE + 1
