"""Choice rules: Next at the top only, one test, one operator, and an operand of the operator's kind."""

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.asl.checker import expressions as ex
from workflows.asl.checker import values as va
from workflows.asl.checker.fields import Field, Shape
from workflows.asl.checker.objects import check_object, check_required
from workflows.asl.checker.values import Kind, error
from workflows.asl.model import Choice, QueryLanguage
from workflows.asl.parser import OPERATORS
from workflows.asl.problems import TOP, Place, Problem, below

_TESTS = ("And", "Or", "Not", "Variable", "Condition")


def _operand(operator: str) -> Kind:
    if operator.endswith("Path"):
        return ex.reference
    if operator.startswith("Numeric"):
        return va.number
    if operator.startswith("Timestamp"):
        return va.timestamp
    return va.text if operator.startswith("String") else va.boolean


_NESTED_FIELDS = {
    "Comment": Field(va.text, va.text),
    "Variable": Field(ex.reference, None),
    "And": Field(va.filled_objects, None),
    "Or": Field(va.filled_objects, None),
    "Not": Field(va.an_object, None),
    **{operator: Field(_operand(operator), None) for operator in sorted(OPERATORS)},
}
_NESTED = Shape(_NESTED_FIELDS)


def _condition(value: Any, path: Place) -> Iterator[Problem]:
    if not isinstance(value, bool) and not ex.is_expression(value) and not va.has_placeholder(value):
        message = "Condition is true, false or a JSONata expression; write it like {% $states.input.total > 10 %}."
        yield error("INVALID_CONDITION", path, message)


_RULE = Shape(
    {
        **_NESTED_FIELDS,
        "Condition": Field(None, _condition),
        "Next": Field(va.text, va.text),
        "Assign": Field(ex.assigned_template, ex.assigned_jsonata),
        "Output": Field(None, ex.jsonata),
    },
    required=("Next",),
)


def check_rules(state: Mapping[str, Any], path: Place, language: QueryLanguage) -> Iterator[Problem]:
    """What is wrong with the rules of a Choice state."""
    rules = state.get("Choices")
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, dict):
            place = below(path, "Choices", index)
            yield from check_object(rule, place, _RULE, language)
            yield from _check_test(rule, place, language)


def untaken(state: Choice) -> Problem | None:
    """Why nobody can say which of a Choice's tests count: a rule with several, with none, or of the other language."""
    problems = check_rules(state.fields, TOP, state.query_language)
    told = (("INVALID_RULE", ""), ("WRONG_QUERY_LANGUAGE", "/Condition"))
    return next((one for one in problems for code, end in told if one.code == code and one.path.endswith(end)), None)


def _check_test(rule: Mapping[str, Any], path: Place, language: QueryLanguage) -> Iterator[Problem]:
    if language == "JSONata":
        yield from check_required(rule, path, ("Condition",))
        return
    tests, operators = [name for name in _TESTS if name in rule], [name for name in rule if name in OPERATORS]
    if len(tests) != 1:
        message = "A rule has exactly one of Variable (with an operator), And, Or and Not; give it one."
        yield error("INVALID_RULE", path, message)
    if len(operators) > 1 or (operators and "Variable" not in rule):
        message = f"{', '.join(operators)}: a rule compares one Variable by one operator; join several by And."
        yield error("INVALID_RULE", (path, operators[-1]), message)
    if "Variable" in rule and not operators:
        message = "This rule compares by nothing; add one operator, for example StringEquals."
        yield error("INVALID_RULE", path, message)
    yield from _check_nested(rule, path, language)


def _check_nested(rule: Mapping[str, Any], path: Place, language: QueryLanguage) -> Iterator[Problem]:
    for name in ("And", "Or"):
        listed = rule.get(name)
        for index, nested in enumerate(listed if isinstance(listed, list) else ()):
            yield from _check_inner(nested, below(path, name, index), language)
    yield from _check_inner(rule.get("Not"), (path, "Not"), language)


def _check_inner(nested: Any, path: Place, language: QueryLanguage) -> Iterator[Problem]:
    if isinstance(nested, dict):
        yield from check_object(nested, path, _NESTED, language)
        yield from _check_test(nested, path, language)
