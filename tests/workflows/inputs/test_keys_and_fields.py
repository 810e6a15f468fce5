"""Business keys lifted out of an input, and the fields a schema describes."""

import json
from decimal import Decimal
from typing import Any

import pytest

from workflows.inputs import Field, extract_keys, fields, is_key_path, read
from workflows.inputs.keys import LONGEST_TEXT

INPUT = read(
    '{"customer": {"id": "c1", "first name": "Ann"}, "amount": 50.250, "lines": [{"sku": "a"}], "vip": true,'
    ' "none": null, "big": 1e30, "many": 99999999999999999999999999, "odd": 10000000000000000.5,'
    ' "fine": 0.1234567890123, "long": "' + "x" * 300 + '"}'
)


def key_of(path: str) -> tuple[str, Decimal | None] | None:
    found = extract_keys(INPUT, {"k": path})
    return (found[0].text, found[0].number) if found else None


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("$.customer.id", ("c1", None)),
        ("$.customer['first name']", ("Ann", None)),
        ("$.lines[0].sku", ("a", None)),
        ("$.amount", ("50.250", Decimal("50.25"))),
        ("$.many", ("9" * 26, Decimal("9" * 26))),
        ("$.odd", ("10000000000000000.5", Decimal("10000000000000000.5"))),
        ("$.vip", ("true", None)),
        ("$.big", ("1" + "0" * 30, None)),  # found by its text: the index of numbers does not hold it
        ("$.fine", ("0.1234567890123", None)),
        ("$.long", ("x" * LONGEST_TEXT, None)),
    ],
)
def test_a_key_has_a_text_and_where_it_fits_a_number(path: str, key: tuple[str, Decimal | None]) -> None:
    assert key_of(path) == key


@pytest.mark.parametrize(
    "path", ["$.missing", "$.none", "$.customer", "$.lines", "$.lines[1].sku", "$.vip.x", "$.amount[0]"]
)
def test_what_is_missing_or_no_single_value_is_no_key(path: str) -> None:
    assert key_of(path) is None


@pytest.mark.parametrize("path", ["$.a", "$.a.b[0]", "$['a b'].c", "$.größe"])
def test_a_path_to_one_value_may_be_a_key(path: str) -> None:
    assert is_key_path(path)


@pytest.mark.parametrize("path", ["", "$", "a", "$.", "$..a", "$.a[*]", "$.a[?(@.b)]", "$.a[0:2]", "a$.b", "$.a b["])
def test_any_other_path_may_not(path: str) -> None:
    assert not is_key_path(path)


def of(schema: dict[str, Any]) -> dict[str, Field]:
    return {field.name: field for field in fields(json.dumps({"type": "object", **schema}))}


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "format": "date"}, "date"),
        ({"type": "string", "format": "date-time"}, "datetime"),
        ({"type": "string", "format": "nothing known"}, "text"),
        ({"type": "integer"}, "integer"),
        ({"type": "number"}, "number"),
        ({"type": ["number", "null"]}, "number"),
        ({"type": "boolean"}, "boolean"),
        ({"enum": ["a", 1, None]}, "enum"),
        ({"type": "object", "properties": {"a": {}}}, "object"),
        ({"type": "object"}, "json"),
        ({"type": "array", "items": {"type": "string"}}, "array"),
        ({"type": "array"}, "json"),
        ({"type": ["string", "number"]}, "json"),
        ({}, "json"),
        (True, "json"),
    ],
)
def test_each_kind_of_value_has_its_field(schema: Any, kind: str) -> None:
    assert of({"properties": {"x": schema}})["x"].kind == kind


def test_fields_keep_the_order_and_the_words_of_the_schema() -> None:
    found = of(
        {"required": ["b"], "properties": {"b": {"title": "Bee", "description": "Buzzes."}, "a": {"minimum": 1.50}}}
    )
    assert list(found) == ["b", "a"]
    assert (found["b"].label, found["b"].help, found["b"].required) == ("Bee", "Buzzes.", True)
    assert (found["a"].label, found["a"].minimum, found["a"].required) == ("a", Decimal("1.5"), False)


def test_a_field_is_found_by_its_pointer() -> None:
    found = of({"properties": {"a/b": {"type": "object", "properties": {"c~d": {"type": "string"}}}}})
    assert found["a/b"].pointer == "/a~1b"
    assert found["a/b"].fields[0].pointer == "/a~1b/c~0d"


def test_references_are_followed_and_one_without_end_ends() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}
    found = of({"$defs": {"node": node}, "properties": {"first": {"$ref": "#/$defs/node", "title": "First"}}})
    inner, depth = found["first"], 0
    assert inner.label == "First"
    while inner.fields:
        inner, depth = inner.fields[0], depth + 1
    assert inner.kind == "json"
    assert depth < 20
    looped = of({"$defs": {"a": {"$ref": "#/$defs/a"}}, "properties": {"x": {"$ref": "#/$defs/a"}}})
    assert looped["x"].kind == "json"


@pytest.mark.parametrize("schema", ["", "true", "{}", '{"type": "array"}'])
def test_a_schema_of_no_object_has_no_fields(schema: str) -> None:
    assert fields(schema) == ()
