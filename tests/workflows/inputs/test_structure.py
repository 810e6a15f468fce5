"""Fields that a schema describes by variants, conditions and layers: what is shown when, and what text that makes."""

import json
from typing import Any

import pytest

from workflows.inputs import Field, check, fields, read
from workflows.inputs.composing import compose, present
from workflows.inputs.spreading import spread

TEXT = {"type": "string"}
CARD = {"title": "Card", "properties": {"method": {"const": "card"}, "number": TEXT}, "required": ["method", "number"]}
CASH = {"properties": {"method": {"const": "cash"}}, "required": ["method"]}


def of(**schema: Any) -> tuple[Field, ...]:
    return fields(json.dumps({"type": "object", **schema}))


def shown(found: tuple[Field, ...], **typed: str) -> list[str]:
    there = present(found, "", {f"/{name}": text for name, text in typed.items()})
    return [field.name for field in there if not field.is_inline]


# ---- variants


PAYMENT = of(properties={"payment": {"type": "object", "oneOf": [CARD, CASH]}}, required=["payment"])


def test_a_choice_has_a_variant_for_every_alternative_named_by_title_or_constant() -> None:
    (payment,) = PAYMENT
    assert payment.kind == "choice"
    assert [variant.label for variant in payment.variants] == ["Card", "cash"]


def test_only_the_variant_chosen_is_written_with_its_constant() -> None:
    typed = {"?/payment": "0", "/payment/number": "4711"}
    assert json.loads(compose(PAYMENT, typed)) == {"payment": {"method": "card", "number": "4711"}}
    assert json.loads(compose(PAYMENT, typed | {"?/payment": "1"})) == {"payment": {"method": "cash"}}


@pytest.mark.parametrize("number", ["", "2", "-1", "x", "9999"])
def test_without_a_variant_that_exists_nothing_is_written(number: str) -> None:
    assert compose(PAYMENT, {"?/payment": number, "/payment/number": "1"}) == "{}"


def test_alternatives_beside_properties_add_their_fields_once_chosen() -> None:
    found = of(properties={"id": TEXT, "method": {"enum": ["card", "cash"]}}, oneOf=[CARD, CASH])
    assert [field.name for field in found] == ["id", "#0"]
    typed = {"/id": "7", "?#0": "0", "/number": "1"}
    assert json.loads(compose(found, typed)) == {"id": "7", "method": "card", "number": "1"}


def test_alternatives_that_only_require_other_fields_are_no_choice() -> None:
    found = of(properties={"mail": TEXT, "phone": TEXT}, anyOf=[{"required": ["mail"]}, {"required": ["phone"]}])
    assert [field.kind for field in found] == ["text", "text"]


def test_alternatives_of_constants_are_choices_with_titles() -> None:
    (level,) = of(properties={"level": {"oneOf": [{"const": 1, "title": "Low"}, {"const": 2}]}})
    assert (level.kind, level.choices, level.labels) == ("enum", (1, 2), ("Low", "2"))


def test_a_type_or_null_is_that_type() -> None:
    (name,) = of(properties={"name": {"anyOf": [TEXT, {"type": "null"}]}})
    assert name.kind == "text"


# ---- conditions


COUNTRY = of(
    properties={"country": {"enum": ["DE", "US"]}, "note": TEXT},
    **{
        "if": {"properties": {"country": {"const": "US"}}, "required": ["country"]},
        "then": {"properties": {"state": TEXT}, "required": ["state"]},
        "else": {"properties": {"note": False}},
    },
)


def test_fields_are_there_when_their_condition_holds() -> None:
    assert shown(COUNTRY, country='"US"') == ["country", "note", "state"]
    assert shown(COUNTRY, country='"DE"') == ["country"]


def test_what_was_typed_into_a_field_that_is_not_there_is_not_written() -> None:
    assert json.loads(compose(COUNTRY, {"/country": '"DE"', "/state": "NY"})) == {"country": "DE"}


def test_a_field_is_required_once_what_it_depends_on_is_typed() -> None:
    found = of(properties={"card": TEXT, "address": TEXT}, dependentRequired={"card": ["address"]})
    assert [field.required for field in present(found, "", {})] == [False, False]
    assert [field.required for field in present(found, "", {"/card": "1"})] == [False, True]


WAIT, MAP, EITHER = (
    {"properties": {"mode": {"const": name}}, "required": ["mode"]} for name in ("wait", "map", "either")
)
IF_MAP = {"if": MAP, "then": {"required": ["items"]}}


@pytest.mark.parametrize(
    "rules",
    [
        {"if": WAIT, "then": {"required": ["seconds"]}, "else": IF_MAP},
        {"if": WAIT, "then": {"required": ["seconds"]}, "else": {"allOf": [IF_MAP, {"if": EITHER, "then": {}}]}},
        {"if": WAIT, "then": {"required": ["seconds"]}, "else": {"if": EITHER, "then": {}, "else": IF_MAP}},
        {
            "if": WAIT,
            "then": {"required": ["seconds"]},
            "else": {"anyOf": [{"title": "Any", "properties": {"more": TEXT}, **IF_MAP}]},
        },
    ],
)
def test_a_field_is_required_by_a_condition_within_another_though_that_describes_no_properties(
    rules: dict[str, Any],
) -> None:
    asked = {"mode": {"enum": ["wait", "map", "either"]}, "seconds": TEXT, "items": TEXT}
    found = of(properties=asked, required=["mode"], **rules)

    def required(mode: str) -> list[str]:
        there = present(found, "", {"/mode": f'"{mode}"', "?#0": "0"})
        return [field.name for field in there if field.required and not field.is_inline]

    assert required("wait") == ["mode", "seconds"]
    assert required("map") == ["mode", "items"]
    assert required("either") == ["mode"]


def test_dependent_schemas_bring_fields_and_these_may_bring_more() -> None:
    found = of(
        properties={"a": TEXT},
        dependentSchemas={"a": {"properties": {"b": TEXT}, "dependentSchemas": {"b": {"properties": {"c": TEXT}}}}},
    )
    assert shown(found) == ["a"]
    assert shown(found, a="1") == ["a", "b"]
    assert shown(found, a="1", b="2") == ["a", "b", "c"]


def test_conditions_may_refer_to_definitions() -> None:
    found = fields(
        json.dumps(
            {
                "$defs": {"us": {"properties": {"country": {"const": "US"}}, "required": ["country"]}},
                "properties": {"country": TEXT},
                "allOf": [{"if": {"$ref": "#/$defs/us"}, "then": {"properties": {"state": TEXT}}}],
            }
        )
    )
    assert shown(found, country="US") == ["country", "state"]
    assert shown(found, country="DE") == ["country"]


# ---- layers, constants, bounds


def test_the_parts_of_all_of_are_one_object() -> None:
    found = fields(
        json.dumps(
            {
                "$defs": {"base": {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}},
                "allOf": [{"$ref": "#/$defs/base"}, {"properties": {"name": TEXT}}],
            }
        )
    )
    assert [(field.name, field.kind, field.required) for field in found] == [
        ("id", "integer", True),
        ("name", "text", False),
    ]


def test_a_required_constant_is_written_and_an_optional_one_is_chosen() -> None:
    found = of(properties={"v": {"const": 2}, "flag": {"const": "on"}}, required=["v"])
    assert [field.kind for field in found] == ["const", "enum"]
    assert compose(found, {}) == '{"v": 2}'


def test_what_tells_the_variants_apart_is_written_whether_it_is_asked_for_or_not() -> None:
    forms = [{"properties": {"method": {"const": name}, "number": TEXT}} for name in ("card", "bank")]
    for found in (of(properties={"pay": {"oneOf": forms}}), of(oneOf=forms)):
        assert [one.fields[0].kind for one in found[0].variants] == ["const", "const"]


def test_a_constant_alone_does_not_make_an_optional_object_be_there() -> None:
    inner = {"type": "object", "properties": {"k": {"const": 1}, "name": TEXT}, "required": ["k"]}
    found = of(properties={"inner": inner})
    assert compose(found, {}) == "{}"
    assert json.loads(compose(found, {"/inner/name": "x"})) == {"inner": {"k": 1, "name": "x"}}


def test_bounds_are_told_in_words() -> None:
    (amount,) = of(properties={"amount": {"type": "number", "exclusiveMinimum": 0, "maximum": 9.5}})
    assert amount.limits == "More than 0, at most 9.5."


@pytest.mark.parametrize(
    ("help", "said"),
    [("In euros", "In euros. At least 1."), ("In euros!", "In euros! At least 1."), ("", "At least 1.")],
)
def test_the_bounds_are_a_sentence_of_their_own_behind_what_the_schema_says(help: str, said: str) -> None:
    (amount,) = of(properties={"amount": {"type": "number", "minimum": 1, "description": help}})
    assert amount.hint == said


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ({"minLength": 1, "maxLength": 64}, "At most 64 characters."),
        ({"minLength": 2, "maxLength": 2}, "At least 2 characters, at most 2 characters."),
        ({"maxLength": 1}, "At most 1 character."),
        ({"minLength": 1}, ""),
    ],
)
def test_how_long_a_text_may_be_is_told_in_few_words(bounds: dict[str, int], said: str) -> None:
    (name,) = of(properties={"name": {"type": "string", **bounds}})
    assert name.limits == said


def test_variants_within_variants_end_as_json() -> None:
    node = {"oneOf": [{"title": str(n), "properties": {"next": {"$ref": "#/$defs/node"}}} for n in range(8)]}
    found = fields(json.dumps({"$defs": {"node": node}, "properties": {"x": {"$ref": "#/$defs/node"}}}))
    assert found[0].kind == "choice"


# ---- there and back


HARD = json.dumps(
    {
        "$defs": {"pay": {"type": "object", "oneOf": [CARD, CASH]}},
        "type": "object",
        "properties": {
            "pay": {"$ref": "#/$defs/pay"},
            "all": {"type": "array", "items": {"$ref": "#/$defs/pay"}},
            "grid": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
            "any": {"anyOf": [{"type": "number"}, TEXT, {"type": "array", "items": TEXT}]},
            "gift": {"type": "boolean"},
            "v": {"const": 1},
        },
        "required": ["v"],
        "if": {"properties": {"gift": {"const": True}}, "required": ["gift"]},
        "then": {"properties": {"card": TEXT}},
        "anyOf": [
            {"properties": {"mode": {"const": "a"}, "deep": {"type": "object", "properties": {"x": TEXT}}}},
            {"properties": {"mode": {"const": "b"}, "when": {"type": "string", "format": "date"}}},
        ],
    }
)


@pytest.mark.parametrize(
    "text",
    [
        '{"v": 1}',
        '{"v": 1, "pay": {"method": "card", "number": "4711"}}',
        '{"v": 1, "all": [{"method": "cash"}, {"method": "card", "number": "1"}]}',
        '{"v": 1, "grid": [[1, 2], [3]]}',
        '{"v": 1, "any": 1.50}',
        '{"v": 1, "any": ["a", "b"]}',
        '{"v": 1, "gift": true, "card": "Happy birthday"}',
        '{"v": 1, "mode": "b", "when": "2026-12-31"}',
        '{"v": 1, "mode": "a", "deep": {"x": "y"}}',
    ],
)
def test_a_value_spread_over_the_form_composes_to_itself(text: str) -> None:
    assert check(read(text), HARD) == []
    typed, left_over = spread(fields(HARD), read(text))
    assert left_over == []
    assert json.loads(compose(fields(HARD), typed)) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"v": 2}',
        "{}",
        '{"v": 1, "pay": {"method": "cheque"}}',
        '{"v": 1, "pay": {"method": "cash", "more": 1}}',
        '{"v": 1, "all": []}',
        '{"v": 1, "grid": [[], [1]]}',
        '{"v": 1, "any": null}',
        '{"v": 1, "any": ""}',
        '{"v": 1, "gift": false, "card": "?"}',
        '{"v": 1, "unknown": {"a": [1]}}',
        "[1]",
    ],
)
def test_what_the_form_would_lose_is_told(text: str) -> None:
    assert spread(fields(HARD), read(text))[1] != []


def test_conditions_within_conditions_end_too() -> None:
    node = {"type": "object", "properties": {name: {"$ref": "#/$defs/node"} for name in "abcd"}}
    node |= {"dependentSchemas": {name: {"$ref": "#/$defs/node"} for name in "abcd"}}
    found = fields(json.dumps({"$defs": {"node": node}, "allOf": [{"$ref": "#/$defs/node"}]}))

    def count(some: tuple[Field, ...]) -> int:
        return sum(1 + count(one.fields) + count(one.variants) + count(one.otherwise) for one in some)

    assert count(found) < 1000


@pytest.mark.parametrize("given", [True, False, {}])
def test_anything_or_null_is_json(given: Any) -> None:
    (field,) = of(properties={"x": {"anyOf": [{"type": "null"}, given]}})
    assert field.kind == "json"
