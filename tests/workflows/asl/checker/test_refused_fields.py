"""What AWS refuses in machines and fields: a definition and the code it gets, one row for each rule."""

from typing import Any

import pytest

from tests.workflows.asl.checker.machines import LAMBDA, choice, errors, inner, jsonata, machine, one, task

OTHER = {"Type": "Pass", "End": True}


def inside(kind: str, **fields: Any) -> dict[str, Any]:
    """A machine of one state, "I", to lie inside another."""
    return {"StartAt": "I", "States": {"I": {"Type": kind, "End": True, **fields}}}


def assigning(name: str) -> dict[str, Any]:
    """A machine to lie inside another, whose state assigns this variable."""
    return inside("Pass", Assign={f"{name}.$": "$.a"})


def catching(name: str) -> dict[str, Any]:
    """The same, whose state assigns it when it catches an error."""
    catch = {"ErrorEquals": ["E"], "Next": "J", "Assign": {name: 0}}
    return {
        "StartAt": "J",
        "States": {"J": {"Type": "Task", "Resource": LAMBDA, "Catch": [catch], "End": True}},
    }


MACHINES: dict[str, tuple[Any, str]] = {
    "an empty object": ({}, "MISSING_FIELD"),
    "a list": ([], "INVALID_TYPE"),
    "a text that is no JSON": ("{", "INVALID_JSON"),
    "a text that is a number": ("1", "INVALID_TYPE"),
    "null": (None, "INVALID_TYPE"),
    "bytes": (b"{}", "INVALID_JSON"),
    "no StartAt": ({"States": {"S": OTHER}}, "MISSING_FIELD"),
    "no States": ({"StartAt": "S"}, "MISSING_FIELD"),
    "empty States": ({"StartAt": "S", "States": {}}, "INVALID_VALUE"),
    "States in a list": ({"StartAt": "S", "States": []}, "INVALID_TYPE"),
    "StartAt that is no text": ({"StartAt": 1, "States": {"S": OTHER}}, "INVALID_TYPE"),
    "StartAt that names no state": ({"StartAt": "T", "States": {"S": OTHER}}, "MISSING_START_TARGET"),
    "a field AWS does not know": (machine(OTHER, Colour="red"), "UNKNOWN_FIELD"),
    "a field in the wrong case": (machine(OTHER, comment="no"), "UNKNOWN_FIELD"),
    "another version": (machine(OTHER, Version="2.0"), "INVALID_VALUE"),
    "a timeout of less than nothing": (machine(OTHER, TimeoutSeconds=-1), "INVALID_VALUE"),
    "a timeout beyond AWS's limit": (machine(OTHER, TimeoutSeconds=100_000_000), "INVALID_VALUE"),
    "a timeout in a text": (machine(OTHER, TimeoutSeconds="5"), "INVALID_TYPE"),
    "a query language that does not exist": (machine(OTHER, QueryLanguage="SQL"), "INVALID_VALUE"),
    "JSONPath inside JSONata": (jsonata("Pass", QueryLanguage="JSONPath"), "WRONG_QUERY_LANGUAGE"),
    "the same key twice": ('{"StartAt": "S", "StartAt": "S", "States": {}}', "REPEATED_KEY"),
    "a state that is no object": (machine([]), "INVALID_TYPE"),  # type: ignore[arg-type]
    "a state without a type": (machine({"End": True}), "MISSING_FIELD"),
    "a state of no type there is": (machine({"Type": "Loop", "End": True}), "INVALID_VALUE"),
    "a type that is no text": (machine({"Type": {}, "End": True}), "INVALID_VALUE"),
    "a name of 81 characters": ({"StartAt": "S" * 81, "States": {"S" * 81: OTHER}}, "NAME_TOO_LONG"),
    "Next that names no state": (one("Pass", Next="Nowhere"), "MISSING_TRANSITION_TARGET"),
    "Catch that names no state": (
        task(Catch=[{"ErrorEquals": ["E"], "Next": "Nowhere"}]),
        "MISSING_TRANSITION_TARGET",
    ),
    "Default that names no state": (choice(Default="Nowhere"), "MISSING_TRANSITION_TARGET"),
    "Next and End": (machine({"Type": "Pass", "Next": "Done", "End": True}), "EXCLUSIVE_FIELDS"),
    "neither Next nor End": (machine({"Type": "Pass"}), "MISSING_FIELD"),
    "End that is false": (machine({"Type": "Pass", "End": False}), "MISSING_FIELD"),
    "End in a text": (machine({"Type": "Pass", "End": "true"}), "INVALID_TYPE"),
    "a state nothing leads to": ({"StartAt": "S", "States": {"S": OTHER, "T": OTHER}}, "UNREACHABLE_STATE"),
    "two states that lead to each other only": (
        {
            "StartAt": "S",
            "States": {"S": OTHER, "T": {"Type": "Pass", "Next": "U"}, "U": {"Type": "Pass", "Next": "T"}},
        },
        "UNREACHABLE_STATE",
    ),
    "a machine without an end": (one("Pass", Next="S"), "NO_TERMINAL_STATE"),
    "a name given twice, at two depths": (
        one("Parallel", Branches=[{"StartAt": "S", "States": {"S": OTHER}}]),
        "DUPLICATE_STATE_NAME",
    ),
    "Next out of a branch": (
        one("Parallel", Branches=[{"StartAt": "I", "States": {"I": {"Type": "Pass", "Next": "S"}}}]),
        "MISSING_TRANSITION_TARGET",
    ),
}

FIELDS: dict[str, tuple[Any, str]] = {
    "Parameters of a Succeed": (one("Succeed", Parameters={}), "UNKNOWN_FIELD"),
    "Assign of a Succeed": (one("Succeed", Assign={}), "UNKNOWN_FIELD"),
    "ResultPath of a Wait": (one("Wait", Seconds=1, ResultPath="$.a"), "UNKNOWN_FIELD"),
    "ResultSelector of a Fail": (one("Fail", ResultSelector={}), "UNKNOWN_FIELD"),
    "End of a Choice": (choice(End=True), "UNKNOWN_FIELD"),
    "Catch of a Pass": (one("Pass", Catch=[]), "UNKNOWN_FIELD"),
    "TimeoutSeconds of a Map": (one("Map", ItemProcessor=inner(), TimeoutSeconds=5), "UNKNOWN_FIELD"),
    "Error and ErrorPath": (one("Fail", Error="E", ErrorPath="$.e"), "EXCLUSIVE_FIELDS"),
    "Cause and CausePath": (one("Fail", Cause="c", CausePath="$.c"), "EXCLUSIVE_FIELDS"),
    "a Wait without a time": (one("Wait"), "MISSING_FIELD"),
    "a Wait with two times": (one("Wait", Seconds=1, SecondsPath="$.s"), "EXCLUSIVE_FIELDS"),
    "a Wait of less than nothing": (one("Wait", Seconds=-1), "INVALID_VALUE"),
    "a Wait of half a second": (one("Wait", Seconds=0.5), "INVALID_TYPE"),
    "a timestamp without T": (one("Wait", Timestamp="2016-12-05 21:29:29Z"), "INVALID_TIMESTAMP"),
    "a timestamp with the day first": (one("Wait", Timestamp="05-12-2016T21:29:29Z"), "INVALID_TIMESTAMP"),
    "a timestamp of the 30th of February": (one("Wait", Timestamp="2016-02-30T21:29:29Z"), "INVALID_TIMESTAMP"),
    "JSONata for a timestamp of JSONPath": (one("Wait", Timestamp="{% $t %}"), "INVALID_TIMESTAMP"),
    "a filter without its end": (one("Pass", InputPath="$.a[?(@.b =~ /x/"), "INVALID_PATH"),
    "a path without its dollar": (one("Pass", InputPath="bug$.a"), "INVALID_PATH"),
    "a path that is a number": (one("Pass", InputPath=1), "INVALID_TYPE"),
    "ResultPath with a wildcard": (one("Pass", ResultPath="$.a[*]"), "INVALID_PATH"),
    "ResultPath that ends in dots": (one("Pass", ResultPath="$..."), "INVALID_PATH"),
    "ResultPath into the context object": (one("Pass", ResultPath="$$.a"), "INVALID_PATH"),
    "a template's path that is a number": (one("Pass", Parameters={"a.$": 23}), "INVALID_TYPE"),
    "a template's path that is a text": (one("Pass", Parameters={"f": [{"a.$": "23"}]}), "INVALID_PATH"),
    "a field twice, once by its path": (one("Pass", Parameters={"a": 1, "a.$": "$.a"}), "DUPLICATE_FIELD"),
    "a function there is not": (one("Pass", Parameters={"a.$": "States.Xyz($.a)"}), "INVALID_INTRINSIC"),
    "a function with a blank before it": (one("Pass", Parameters={"a.$": " States.UUID()"}), "INVALID_PATH"),
    "a function with too many arguments": (one("Pass", Parameters={"a.$": "States.UUID(1)"}), "INVALID_INTRINSIC"),
    "a function with an illegal escape": (
        one("Pass", Parameters={"a.$": 'States.StringToJson(\'{"a":"\\"b\\""}\')'}),
        "INVALID_INTRINSIC",
    ),
    "a variable that begins with a digit": (one("Pass", Assign={"1a": 1}), "INVALID_VARIABLE_NAME"),
    "variables in a list": (one("Pass", Assign=[]), "INVALID_TYPE"),
    "the variable that is AWS's own": (one("Pass", Assign={"states.$": "$.a"}), "RESERVED_VARIABLE_NAME"),
    "a variable with the name of one outside": (
        one("Parallel", Assign={"total": 1}, Branches=[assigning("total")]),
        "VARIABLE_OF_OUTER_SCOPE",
    ),
    "a variable with the name of one far outside, in a Catch": (
        one("Map", Assign={"total": 1}, ItemProcessor=inside("Parallel", Branches=[catching("total")])),
        "VARIABLE_OF_OUTER_SCOPE",
    ),
    "InputPath in JSONata": (jsonata("Pass", InputPath="$.a"), "WRONG_QUERY_LANGUAGE"),
    "Arguments in JSONPath": (task(Arguments={}), "WRONG_QUERY_LANGUAGE"),
    "JSONata without its end": (jsonata("Pass", Output="{% 10"), "INVALID_JSONATA"),
    "JSONata without its beginning": (jsonata("Pass", Output={"a": ["10 %}"]}), "INVALID_JSONATA"),
    "Items that are a plain text": (jsonata("Map", ItemProcessor=inner(), Items="items"), "INVALID_TYPE"),
}

REFUSED = {**MACHINES, **FIELDS}


@pytest.mark.parametrize("name", REFUSED)
def test_aws_refuses(name: str) -> None:
    definition, code = REFUSED[name]
    assert code in errors(definition)
