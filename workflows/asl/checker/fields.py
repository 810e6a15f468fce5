"""Which fields an object of the language has, of which kind, in which query language. Tables only, no walking.

After AWS's answers to ValidateStateMachineDefinition: a field that is in no table here is one that AWS refuses.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from workflows.asl.checker import expressions as ex
from workflows.asl.checker import values as va
from workflows.asl.checker.values import Kind
from workflows.asl.model import QueryLanguage


@dataclass(frozen=True, slots=True)
class Field:
    """The kind of a field for each query language; None where AWS refuses the field in that language."""

    jsonpath: Kind | None
    jsonata: Kind | None

    def kind(self, language: QueryLanguage) -> Kind | None:
        """The kind it is of in a query language."""
        return self.jsonpath if language == "JSONPath" else self.jsonata


@dataclass(frozen=True, slots=True)
class Shape:
    """An object's fields, those it must have, and the groups of which it has one at most."""

    fields: Mapping[str, Field]
    required: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()


def _both(kind: Kind) -> Field:
    return Field(kind, kind)


def _path_only(kind: Kind) -> Field:
    return Field(kind, None)


def _jsonata_only(kind: Kind) -> Field:
    return Field(None, kind)


def _or_expression(kind: Kind) -> Field:
    return Field(kind, ex.or_expression(kind))


LANGUAGES = va.one_of("JSONPath", "JSONata")
_TIME = va.whole(1, va.LONGEST_TIME)
_TIME_OR_NONE = va.whole(0, va.LONGEST_TIME)  # AWS takes 0 for a wait, for a Retry, and for a whole machine
_COUNT = va.whole(0)

_COMMON = {"Type": _both(va.text), "Comment": _both(va.text), "QueryLanguage": _both(LANGUAGES)}
_LEAVING = {"Next": _both(va.text), "End": _both(va.boolean)}
_INPUT_OUTPUT = {
    "InputPath": _path_only(ex.path_or_null),
    "OutputPath": _path_only(ex.path_or_null),
    "Output": _jsonata_only(ex.jsonata),
}
_ASSIGN = {"Assign": Field(ex.assigned_template, ex.assigned_jsonata)}
_RESULT_PATH = {"ResultPath": _path_only(ex.result_path)}
_PARAMETERS = {"Parameters": _path_only(ex.template)}
_WORK = {
    **_COMMON,
    **_LEAVING,
    **_INPUT_OUTPUT,
    **_ASSIGN,
    **_RESULT_PATH,
    **_PARAMETERS,
    "ResultSelector": _path_only(ex.template),
    "Retry": _both(va.objects),
    "Catch": _both(va.objects),
}
_ARGUMENTS = {"Arguments": _jsonata_only(ex.jsonata)}

STATES: Mapping[str, Shape] = {
    "Pass": Shape(
        {
            **_COMMON,
            **_LEAVING,
            **_INPUT_OUTPUT,
            **_ASSIGN,
            **_RESULT_PATH,
            **_PARAMETERS,
            "Result": _path_only(va.anything),
        }
    ),
    "Task": Shape(
        {
            **_WORK,
            **_ARGUMENTS,
            "Resource": _both(va.text),
            "Credentials": Field(ex.template, ex.jsonata),
            "TimeoutSeconds": _or_expression(_TIME),
            "TimeoutSecondsPath": _path_only(ex.reference),
            "HeartbeatSeconds": _or_expression(_TIME),
            "HeartbeatSecondsPath": _path_only(ex.reference),
        },
        required=("Resource",),
        alternatives=(("TimeoutSeconds", "TimeoutSecondsPath"), ("HeartbeatSeconds", "HeartbeatSecondsPath")),
    ),
    "Choice": Shape(
        {
            **_COMMON,
            **_INPUT_OUTPUT,
            **_ASSIGN,
            "Choices": _both(va.filled_objects),
            "Default": _both(va.text),
        },
        required=("Choices",),
    ),
    "Wait": Shape(
        {
            **_COMMON,
            **_LEAVING,
            **_INPUT_OUTPUT,
            **_ASSIGN,
            "Seconds": _or_expression(_TIME_OR_NONE),
            "SecondsPath": _path_only(ex.reference),
            "Timestamp": _or_expression(va.timestamp),
            "TimestampPath": _path_only(ex.reference),
        },
        alternatives=(("Seconds", "SecondsPath", "Timestamp", "TimestampPath"),),
    ),
    "Succeed": Shape({**_COMMON, **_INPUT_OUTPUT}),
    "Fail": Shape(
        {
            **_COMMON,
            "Error": _or_expression(va.text),
            "ErrorPath": _path_only(ex.path_or_intrinsic),
            "Cause": _or_expression(va.text),
            "CausePath": _path_only(ex.path_or_intrinsic),
        },
        alternatives=(("Error", "ErrorPath"), ("Cause", "CausePath")),
    ),
    "Parallel": Shape({**_WORK, **_ARGUMENTS, "Branches": _both(va.filled_objects)}, required=("Branches",)),
    "Map": Shape(
        {
            **_WORK,
            "ItemProcessor": _both(va.an_object),
            "Iterator": _both(va.an_object),
            "Items": _jsonata_only(ex.or_expression(ex.listed)),
            "ItemsPath": _path_only(ex.reference),
            "ItemSelector": Field(ex.template, ex.jsonata),
            "ItemReader": _both(va.an_object),
            "ItemBatcher": _both(va.an_object),
            "ResultWriter": _both(va.an_object),
            "MaxConcurrency": _or_expression(_COUNT),
            "MaxConcurrencyPath": _path_only(ex.reference),
            "ToleratedFailureCount": _or_expression(_COUNT),
            "ToleratedFailureCountPath": _path_only(ex.reference),
            "ToleratedFailurePercentage": _or_expression(va.between(0, 100)),
            "ToleratedFailurePercentagePath": _path_only(ex.reference),
            "Label": _both(va.text),
        },
        alternatives=(
            ("ItemProcessor", "Iterator"),
            ("Parameters", "ItemSelector"),
            ("MaxConcurrency", "MaxConcurrencyPath"),
            ("ToleratedFailureCount", "ToleratedFailureCountPath"),
            ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
        ),
    ),
}

_MACHINE_FIELDS = {"Comment": _both(va.text), "StartAt": _both(va.text), "States": _both(va.an_object)}
MACHINE = Shape(
    {
        **_MACHINE_FIELDS,
        "Version": _both(va.one_of("1.0")),
        "TimeoutSeconds": _both(_TIME_OR_NONE),
        "QueryLanguage": _both(LANGUAGES),
    },
    required=("StartAt", "States"),
)
BRANCH = Shape({**_MACHINE_FIELDS, "QueryLanguage": _both(LANGUAGES)}, required=("StartAt", "States"))
PROCESSOR = Shape({**_MACHINE_FIELDS, "ProcessorConfig": _both(va.an_object)}, required=("StartAt", "States"))

RETRIER = Shape(
    {
        "Comment": _both(va.text),
        "ErrorEquals": _both(va.texts),
        "IntervalSeconds": _both(_TIME_OR_NONE),
        "MaxAttempts": _both(va.whole(0, va.LONGEST_TIME)),
        "BackoffRate": _both(va.between(1, None)),
        "MaxDelaySeconds": _both(va.whole(1, 31_622_400)),
        "JitterStrategy": _both(va.one_of("NONE", "FULL")),
    },
    required=("ErrorEquals",),
)
CATCHER = Shape(
    {
        "Comment": _both(va.text),
        "ErrorEquals": _both(va.texts),
        "Next": _both(va.text),
        **_RESULT_PATH,
        **_ASSIGN,
        "Output": _jsonata_only(ex.jsonata),
    },
    required=("ErrorEquals", "Next"),
)
