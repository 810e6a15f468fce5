"""Builds the model of a definition, as far as it goes: what is missing or of a wrong kind is left out, never raised.

Says only what cannot be read at all; everything else is the checker's to say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workflows.asl import bounds, documents
from workflows.asl.documents import Document, DocumentError
from workflows.asl.model import (
    ABSENT,
    And,
    Catcher,
    Choice,
    ChoiceRule,
    Comparison,
    Condition,
    Fail,
    Map,
    Not,
    Or,
    Parallel,
    Pass,
    QueryLanguage,
    Retrier,
    State,
    StateMachine,
    Succeed,
    Task,
    Test,
    Wait,
)
from workflows.asl.problems import TOP, Place, Problem

MOST_PARTS = 60_000  # branches, rules, tests, Retry and Catch rules; a valid one takes 20 of AWS's 1,048,576 characters
_TYPES = frozenset(["Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"])
COMPARED = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
_TOO_MANY_PARTS = (
    f"The definition has more than {MOST_PARTS:,} branches, rules, tests, Retry and Catch rules; most of them must be "
    "empty, for AWS takes no definition long enough to write out so many. Take out what is empty."
)
OPERATORS = frozenset(
    [
        f"{kind}{how}{ending}"
        for kind in ("String", "Numeric", "Timestamp")
        for how in COMPARED
        for ending in ("", "Path")
    ]
    + ["BooleanEquals", "BooleanEqualsPath", "StringMatches"]
    + ["IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp"]
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What came of reading a definition: no `machine` where there is none, no `document` where it was no text."""

    machine: StateMachine | None
    problems: tuple[Problem, ...] = ()
    document: Document | None = None
    value: Any = None


def parse(definition: str | Mapping[str, Any]) -> Parsed:
    """The model of a definition given as text or as the object itself (then its numbers are better Decimals)."""
    if not isinstance(definition, str):
        return _parse_value(definition, None)
    try:
        document = documents.read(definition)
    except DocumentError as problem:
        return Parsed(None, (Problem("error", "INVALID_JSON", "", problem.message, problem.line, problem.column),))
    return _parse_value(document.value, document)


def parse_state(name: str, raw: Mapping[str, Any], query_language: QueryLanguage = "JSONPath") -> State:
    """One state on its own; its QueryLanguage field goes before `query_language`. One of no known Type is a Pass."""
    return _state(name, raw, TOP, query_language) or Pass(name=name, fields=raw, query_language=query_language)


def _parse_value(value: Any, document: Document | None) -> Parsed:
    if not isinstance(value, Mapping):
        told = Problem("error", "INVALID_TYPE", "", "A definition is a JSON object with StartAt and States.")
        return Parsed(None, (told,), document, value)
    if document is None and documents.depth(value) > documents.MAX_DEPTH:
        told = Problem("error", "INVALID_JSON", "", f"At most {documents.MAX_DEPTH} levels of nesting are allowed.")
        return Parsed(None, (told,), document, None)
    try:
        with bounds.bounded(MOST_PARTS):
            return Parsed(_machine(value, TOP, "JSONPath"), (), document, value)
    except bounds.TooMuch:
        told = Problem("error", "TOO_MANY_PARTS", "", _TOO_MANY_PARTS)
        return Parsed(None, (told,), document, value)


def each_state(definition: Mapping[str, Any]) -> Iterator[State]:
    """The states of a definition known to be within the bounds, as `StateMachine.every_state` gives them.

    Those of the outermost machine are made one at a time, so that thousands of them are never there together.
    """
    for state in _states(definition, TOP, _query_language(definition, "JSONPath")):
        yield state
        for machine in state.inner:
            yield from machine.every_state()


def _machine(raw: Mapping[str, Any], path: Place, inherited: QueryLanguage) -> StateMachine:
    language = _query_language(raw, inherited)
    return StateMachine(
        place=path,
        start_at=_text(raw.get("StartAt")) or "",
        states={state.name: state for state in _states(raw, path, language)},
        query_language=language,
        comment=_text(raw.get("Comment")),
        version=_text(raw.get("Version")),
        timeout_seconds=raw.get("TimeoutSeconds"),
        fields=raw,
    )


def _states(raw: Mapping[str, Any], path: Place, language: QueryLanguage) -> Iterator[State]:
    for name, body in _object(raw.get("States")).items():
        if isinstance(body, Mapping) and (state := _state(name, body, ((path, "States"), name), language)):
            yield state


def _query_language(raw: Mapping[str, Any], inherited: QueryLanguage) -> QueryLanguage:
    named = raw.get("QueryLanguage")
    if named == "JSONata":
        return "JSONata"
    return "JSONPath" if named == "JSONPath" else inherited


def _state(name: str, raw: Mapping[str, Any], path: Place, inherited: QueryLanguage) -> State | None:
    kind = raw.get("Type")
    if not isinstance(kind, str) or kind not in _TYPES:
        return None
    # AWS does not hand a state's own language on to the machines inside it: they get the one from outside.
    language = _query_language(raw, inherited)
    shared: dict[str, Any] = {
        "name": name,
        "place": path,
        "fields": raw,
        "query_language": language,
        "comment": _text(raw.get("Comment")),
        "next": _text(raw.get("Next")),
        "is_end": raw.get("End") is True,
        "input_path": raw.get("InputPath", "$"),
        "output_path": raw.get("OutputPath", "$"),
        "result_path": raw.get("ResultPath", "$"),
        "parameters": raw.get("Parameters", ABSENT),
        "result_selector": raw.get("ResultSelector", ABSENT),
        "arguments": raw.get("Arguments", ABSENT),
        "assign": raw.get("Assign", ABSENT),
        "output": raw.get("Output", ABSENT),
        "retry": tuple(_retrier(one, at) for one, at in _objects(raw.get("Retry"), (path, "Retry"))),
        "catch": tuple(_catcher(one, at) for one, at in _objects(raw.get("Catch"), (path, "Catch"))),
    }
    match kind:
        case "Task":
            return _task(raw, shared)
        case "Pass":
            return Pass(**shared, result=raw.get("Result", ABSENT))
        case "Choice":
            return _choice(raw, path, language, shared)
        case "Wait":
            return _wait(raw, shared)
        case "Succeed":
            return Succeed(**shared)
        case "Fail":
            return _fail(raw, shared)
        case "Parallel":
            branches = _objects(raw.get("Branches"), (path, "Branches"))
            return Parallel(**shared, branches=tuple(_machine(one, at, inherited) for one, at in branches))
        case "Map":
            return _map(raw, path, inherited, shared)
    return None


def _task(raw: Mapping[str, Any], shared: dict[str, Any]) -> Task:
    return Task(
        **shared,
        resource=raw.get("Resource", ABSENT),
        timeout_seconds=raw.get("TimeoutSeconds"),
        timeout_seconds_path=raw.get("TimeoutSecondsPath"),
        heartbeat_seconds=raw.get("HeartbeatSeconds"),
        heartbeat_seconds_path=raw.get("HeartbeatSecondsPath"),
        credentials=raw.get("Credentials", ABSENT),
    )


def _wait(raw: Mapping[str, Any], shared: dict[str, Any]) -> Wait:
    return Wait(
        **shared,
        seconds=raw.get("Seconds"),
        seconds_path=raw.get("SecondsPath"),
        timestamp=raw.get("Timestamp"),
        timestamp_path=raw.get("TimestampPath"),
    )


def _fail(raw: Mapping[str, Any], shared: dict[str, Any]) -> Fail:
    return Fail(
        **shared,
        error=raw.get("Error"),
        error_path=raw.get("ErrorPath"),
        cause=raw.get("Cause"),
        cause_path=raw.get("CausePath"),
    )


def _map(raw: Mapping[str, Any], path: Place, inherited: QueryLanguage, shared: dict[str, Any]) -> Map:
    place = "ItemProcessor" if "ItemProcessor" in raw else "Iterator"
    processor = _object(raw.get(place))
    config = _object(processor.get("ProcessorConfig"))
    selector = raw.get("ItemSelector", shared.pop("parameters"))
    return Map(
        **shared,
        processor=_machine(processor, (path, place), inherited) if processor else None,
        is_distributed=config.get("Mode") == "DISTRIBUTED",
        execution_type=_text(config.get("ExecutionType")),
        items=raw.get("Items", ABSENT),
        items_path=raw.get("ItemsPath", "$"),
        item_selector=selector,
        item_reader=raw.get("ItemReader", ABSENT),
        item_batcher=raw.get("ItemBatcher", ABSENT),
        result_writer=raw.get("ResultWriter", ABSENT),
        max_concurrency=raw.get("MaxConcurrency"),
        max_concurrency_path=raw.get("MaxConcurrencyPath"),
        tolerated_failure_count=raw.get("ToleratedFailureCount"),
        tolerated_failure_count_path=raw.get("ToleratedFailureCountPath"),
        tolerated_failure_percentage=raw.get("ToleratedFailurePercentage"),
        tolerated_failure_percentage_path=raw.get("ToleratedFailurePercentagePath"),
        label=raw.get("Label"),
    )


def _choice(raw: Mapping[str, Any], path: Place, language: QueryLanguage, shared: dict[str, Any]) -> Choice:
    rules = (_rule(one, at, language) for one, at in _objects(raw.get("Choices"), (path, "Choices")))
    return Choice(**shared, rules=tuple(rules), default=_text(raw.get("Default")))


def _rule(raw: Mapping[str, Any], path: Place, language: QueryLanguage) -> ChoiceRule:
    return ChoiceRule(
        place=path,
        test=parse_test(raw, path, language),
        next=_text(raw.get("Next")),
        assign=raw.get("Assign", ABSENT),
        output=raw.get("Output", ABSENT),
        comment=_text(raw.get("Comment")),
    )


def parse_test(raw: Mapping[str, Any], path: Place, language: QueryLanguage) -> Test:
    """The test of a Choice rule; one without any operator that is known is a Comparison with an empty operator."""
    if language == "JSONata" or "Condition" in raw:
        return Condition(path, raw.get("Condition"))
    if "And" in raw:
        return And(path, tuple(parse_test(one, at, language) for one, at in _objects(raw["And"], (path, "And"))))
    if "Or" in raw:
        return Or(path, tuple(parse_test(one, at, language) for one, at in _objects(raw["Or"], (path, "Or"))))
    if "Not" in raw:
        return Not(path, parse_test(_object(raw["Not"]), (path, "Not"), language))
    operator = next((name for name in raw if name in OPERATORS), "")
    return Comparison(path, raw.get("Variable"), operator, raw.get(operator))


def _retrier(raw: Mapping[str, Any], path: Place) -> Retrier:
    return Retrier(
        place=path,
        errors=_texts(raw.get("ErrorEquals")),
        interval_seconds=raw.get("IntervalSeconds", 1),
        max_attempts=raw.get("MaxAttempts", 3),
        backoff_rate=raw.get("BackoffRate", 2),
        max_delay_seconds=raw.get("MaxDelaySeconds"),
        jitter_strategy=raw.get("JitterStrategy", "NONE"),
    )


def _catcher(raw: Mapping[str, Any], path: Place) -> Catcher:
    return Catcher(
        place=path,
        errors=_texts(raw.get("ErrorEquals")),
        next=_text(raw.get("Next")),
        result_path=raw.get("ResultPath", "$"),
        assign=raw.get("Assign", ABSENT),
        output=raw.get("Output", ABSENT),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _objects(value: Any, path: Place) -> list[tuple[Mapping[str, Any], Place]]:
    if not isinstance(value, list):
        return []
    bounds.spend(len(value))
    return [(item, (path, index)) for index, item in enumerate(value) if isinstance(item, Mapping)]
