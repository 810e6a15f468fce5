"""Builds the model of a definition, as far as it goes: what is missing or of a wrong kind is left out, never raised.

Says only what cannot be read at all; everything else is the checker's to say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from workflows.asl import bounds, documents
from workflows.asl.documents import Document, DocumentError
from workflows.asl.memory import uncollected
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
COMPARED = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
TOO_MANY_PARTS = (
    f"There are more than {MOST_PARTS:,} branches, rules, tests, Retry and Catch rules; most of them must be "
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


def _written_in(kind: type) -> Mapping[str, str]:
    """The fields of a part of the model that hold any JSON value, by the language's names: MaxDelaySeconds."""
    held = (one.name for one in fields(kind) if one.type is Any)
    return {"".join(map(str.capitalize, name.split("_"))): name for name in held}


_KINDS: Mapping[str, type[State]] = {
    kind.type: kind for kind in (Task, Pass, Choice, Wait, Succeed, Fail, Parallel, Map)
}
_OF_STATE = {kind: _written_in(kind) for kind in _KINDS.values()}
_OF_RULE, _OF_RETRIER, _OF_CATCHER = _written_in(ChoiceRule), _written_in(Retrier), _written_in(Catcher)


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
    with uncollected(len(definition)):
        try:
            document = documents.read(definition)
        except DocumentError as problem:
            return Parsed(None, (Problem("error", "INVALID_JSON", "", problem.message, problem.line, problem.column),))
        return _parse_value(document.value, document)


def parse_state(name: str, raw: Mapping[str, Any], query_language: QueryLanguage = "JSONPath") -> State:
    """One state on its own; its QueryLanguage field goes before `query_language`. One of no known Type is a Pass.

    Raises bounds.TooMuch for one of more parts than a definition may have.
    """
    with bounds.bounded(MOST_PARTS):
        state = _state(name, raw, TOP, query_language)
    return state or Pass(name=name, fields=raw, query_language=query_language)


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
        told = Problem("error", "TOO_MANY_PARTS", "", TOO_MANY_PARTS)
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
    kind = _kind_of(raw)
    if kind is None:
        return None
    # AWS does not hand a state's own language on to the machines inside it: they get the one from outside.
    language = _query_language(raw, inherited)
    given = _as_written(raw, _OF_STATE[kind])
    if kind is Choice:
        rules = (_rule(one, at, language) for one, at in _objects(raw.get("Choices"), (path, "Choices")))
        given.update(rules=tuple(rules), default=_text(raw.get("Default")))
    elif kind is Parallel:
        branches = _objects(raw.get("Branches"), (path, "Branches"))
        given.update(branches=tuple(_machine(one, at, inherited) for one, at in branches))
    elif kind is Map:
        given = _of_map(raw, path, inherited, given)
    return kind(
        name=name,
        place=path,
        fields=raw,
        query_language=language,
        comment=_text(raw.get("Comment")),
        next=_text(raw.get("Next")),
        is_end=raw.get("End") is True,
        retry=tuple(_retrier(one, at) for one, at in _objects(raw["Retry"], (path, "Retry"))) if "Retry" in raw else (),
        catch=tuple(_catcher(one, at) for one, at in _objects(raw["Catch"], (path, "Catch"))) if "Catch" in raw else (),
        **given,
    )


def _kind_of(raw: Mapping[str, Any]) -> type[State] | None:
    named = raw.get("Type")
    return _KINDS.get(named) if isinstance(named, str) else None


def _of_map(raw: Mapping[str, Any], path: Place, inherited: QueryLanguage, given: dict[str, Any]) -> dict[str, Any]:
    place = "ItemProcessor" if "ItemProcessor" in raw else "Iterator"
    processor = _object(raw.get(place))
    config = _object(processor.get("ProcessorConfig"))
    selector = given.pop("parameters", ABSENT)
    return {
        "item_selector": selector,
        **given,
        "processor": _machine(processor, (path, place), inherited) if processor else None,
        "is_distributed": config.get("Mode") == "DISTRIBUTED",
        "execution_type": _text(config.get("ExecutionType")),
    }


def _rule(raw: Mapping[str, Any], path: Place, language: QueryLanguage) -> ChoiceRule:
    return ChoiceRule(
        place=path,
        test=parse_test(raw, path, language),
        next=_text(raw.get("Next")),
        comment=_text(raw.get("Comment")),
        **_as_written(raw, _OF_RULE),
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
    return Retrier(place=path, errors=_texts(raw.get("ErrorEquals")), **_as_written(raw, _OF_RETRIER))


def _catcher(raw: Mapping[str, Any], path: Place) -> Catcher:
    errors, following = _texts(raw.get("ErrorEquals")), _text(raw.get("Next"))
    return Catcher(place=path, errors=errors, next=following, **_as_written(raw, _OF_CATCHER))


def _as_written(raw: Mapping[str, Any], written: Mapping[str, str]) -> dict[str, Any]:
    """The fields of the model that keep what is written as it is; one that is not there has the model's default."""
    return {written[name]: value for name, value in raw.items() if name in written}


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
