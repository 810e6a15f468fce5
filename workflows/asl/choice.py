"""Choosing: which rule of a Choice state is the first to be true, and what every test of every rule saw.

Rules after the one that matched are not tried, as on AWS; And and Or stop as soon as they are decided.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from workflows.asl import bounds, paths
from workflows.asl.jsonata import UNDEFINED, EvaluationError, Evaluator, Unread, expression_in
from workflows.asl.model import And, Choice, ChoiceRule, Comparison, Condition, Not, Or, Test
from workflows.asl.operators import OPERATORS, kept, shown
from workflows.asl.parser import TOO_MANY_PARTS, parse_state

NO_CHOICE_MATCHED = "States.NoChoiceMatched"
SECONDS = 1.0  # for all JSONata conditions of a state
SECONDS_OF_PATHS = 5.0  # for all comparisons of a state: thousands on a large value take that long
RUNTIME = "States.Runtime"
QUERY_ERROR = "States.QueryEvaluationError"
_TOO_LONG = "The rules take too long here."


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """One rule that was tried."""

    index: int
    next: str | None
    matched: bool
    test: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """JSON of it."""
        return {"index": self.index, "next": self.next, "matched": self.matched, "test": self.test}


@dataclass(frozen=True, slots=True)
class ChoiceAnswer:
    """Where a Choice goes: `rule` counts from 0, `error` is AWS's name for what ends it there.

    With neither a rule nor an error nobody can say: the rules take too long to try here. `cause` tells why in words.
    """

    next: str | None
    rule: int | Literal["default"] | None
    error: str | None = None
    cause: str | None = None
    rules: tuple[RuleAnswer, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether it is said where the Choice goes, or how it fails."""
        return self.rule is not None or self.error is not None

    @property
    def unread(self) -> int | None:
        """The rule that could not be read, where that ends it: the last one tried."""
        return self.rules[-1].index if self.rules and self.error not in (None, NO_CHOICE_MATCHED) else None

    def as_dict(self) -> dict[str, Any]:
        """JSON of it."""
        return {
            "next": self.next,
            "rule": self.rule,
            "error": self.error,
            "cause": self.cause,
            "rules": [rule.as_dict() for rule in self.rules],
        }


@dataclass(frozen=True, slots=True)
class Sight:
    """What tests may look at: the state's input, variables, the context object; and who evaluates JSONata."""

    input: Any
    variables: Mapping[str, Any] = field(default_factory=dict)
    context: Any = field(default_factory=dict)
    evaluator: Evaluator | None = None


class _Stop(Exception):
    """A test that cannot be decided ends the choice: AWS's error (None: nobody can say), and what was seen of it."""

    def __init__(self, error: str | None, cause: str, test: dict[str, Any]) -> None:
        super().__init__(cause)
        self.error, self.cause, self.test = error, cause, test


def choose(
    state: Choice | Mapping[str, Any],
    input: Any,
    variables: Mapping[str, Any] | None = None,
    context: Any = None,
    evaluator: Evaluator | None = None,
) -> ChoiceAnswer:
    """Where `state` goes for `input`. JSONata conditions need an `evaluator`."""
    try:
        choice = state if isinstance(state, Choice) else parse_state("", state)
    except bounds.TooMuch:
        return ChoiceAnswer(None, None, cause=TOO_MANY_PARTS)
    if not isinstance(choice, Choice):
        return ChoiceAnswer(None, None, RUNTIME, "This is not a Choice state.")
    is_jsonata = choice.query_language == "JSONata"
    if evaluator is not None and is_jsonata:
        evaluator.make_ready()
    with bounds.bounded(seconds=SECONDS if is_jsonata else SECONDS_OF_PATHS):
        try:
            selected = _selected(choice, input, variables or {}, context)
        except paths.TooMuch:
            return ChoiceAnswer(None, None, cause=_too_long(choice.input_path))
        except (paths.Missing, paths.PathSyntaxError, TypeError):
            return ChoiceAnswer(
                None, None, RUNTIME, f"Invalid path '{choice.input_path}': the input has no such value."
            )
        sight = Sight(selected, variables or {}, context or {}, evaluator)
        return _decide(choice, sight)


def looked_at(test: Test) -> Iterator[str]:
    """The paths and expressions of a test."""
    match test:
        case And(tests=tests) | Or(tests=tests):
            for inner in tests:
                yield from looked_at(inner)
        case Not(test=inner):
            yield from looked_at(inner)
        case Comparison():
            operands = (test.variable, test.expected if test.operator.endswith("Path") else None)
            yield from (text for text in operands if isinstance(text, str))
        case Condition(expression=str() as expression):
            yield expression


def unread_path(choice: Choice, answer: ChoiceAnswer) -> str | None:
    """The first path that cannot be read here of those an answer of States.Runtime rests on."""
    if answer.error != RUNTIME:
        return None
    texts = [choice.input_path] if choice.query_language == "JSONPath" else []
    if answer.unread is not None:
        texts += looked_at(choice.rules[answer.unread].test)
    return next((text for text in texts if isinstance(text, str) and not _is_path(text)), None)


def _is_path(text: str) -> bool:
    try:
        paths.parse(text)
    except paths.PathSyntaxError:
        return False
    return True


def _decide(choice: Choice, sight: Sight) -> ChoiceAnswer:
    tried: list[RuleAnswer] = []
    for index, rule in enumerate(choice.rules):
        if bounds.is_late():
            return ChoiceAnswer(None, None, cause=_TOO_LONG, rules=tuple(tried))
        try:
            test = _try(rule.test, sight, f"Choices[{index}]/Condition")
        except _Stop as stop:
            tried.append(_answer(index, rule, stop.test))
            return ChoiceAnswer(None, None, stop.error, stop.cause, tuple(tried))
        tried.append(_answer(index, rule, test))
        if test["matched"]:
            return ChoiceAnswer(rule.next, index, rules=tuple(tried))
    if choice.default is not None:
        return ChoiceAnswer(choice.default, "default", rules=tuple(tried))
    cause = f"Failed to transition out of the state '{choice.name}'. No rule matches, and there is no Default."
    return ChoiceAnswer(None, None, NO_CHOICE_MATCHED, cause, tuple(tried))


def _answer(index: int, rule: ChoiceRule, test: dict[str, Any]) -> RuleAnswer:
    return RuleAnswer(index, rule.next, test["matched"], test)


def _selected(choice: Choice, input: Any, variables: Mapping[str, Any], context: Any) -> Any:
    """What InputPath lets through: all of it but where a JSONPath state says otherwise. Raises what paths do."""
    if choice.query_language != "JSONPath" or choice.input_path == "$":
        return input
    if choice.input_path is None:
        return {}
    return paths.find(paths.parse(choice.input_path), input, variables, context or {})


# ---- tests


def _try(test: Test, sight: Sight, where: str) -> dict[str, Any]:
    if isinstance(test, And | Or):
        return _several(test, sight, where)
    if isinstance(test, Not):
        inner = _try(test.test, sight, where)
        return {"op": "not", "tests": [inner], "matched": not inner["matched"]}
    if isinstance(test, Condition):
        return _condition(test, sight, where)
    return _comparison(test, sight)


def _several(test: And | Or, sight: Sight, where: str) -> dict[str, Any]:
    wanted = isinstance(test, Or)  # the first test with this outcome decides
    op = "or" if wanted else "and"
    tried: list[dict[str, Any]] = []
    for one in test.tests:
        try:
            tried.append(_try(one, sight, where))
        except _Stop as stop:
            raise _Stop(stop.error, stop.cause, {"op": op, "tests": [*tried, stop.test], "matched": False}) from stop
        if tried[-1]["matched"] is wanted:
            return {"op": op, "tests": tried, "matched": wanted}
    return {"op": op, "tests": tried, "matched": not wanted}


def _comparison(test: Comparison, sight: Sight) -> dict[str, Any]:
    told = {"variable": test.variable, "operator": test.operator, "expected": test.expected, "actual": None}
    _be_in_time(told)
    if test.operator == "IsPresent":
        return _presence(test, sight, told)
    actual = _look(test.variable, sight, told)
    told["actual"] = kept(actual)
    operator = OPERATORS.get(test.operator)
    if operator is None:
        why = f"{test.operator or 'what it has'} is no operator of the language"
        raise _Stop(RUNTIME, f"The rule cannot be read: {why}.", {**told, "matched": False, "why": why})
    expected = _look(test.expected, sight, told) if operator.takes_path else test.expected
    matched, why = operator.matches(actual, expected)
    return {**told, "matched": matched, "why": why}


def _be_in_time(told: dict[str, Any]) -> None:
    if bounds.is_late():
        raise _Stop(None, _TOO_LONG, {**told, "matched": False, "why": "there was no time left"})


def _presence(test: Comparison, sight: Sight, told: dict[str, Any]) -> dict[str, Any]:
    try:
        told["actual"] = kept(paths.find(paths.parse(test.variable), sight.input, sight.variables, sight.context))
        is_there = True
    except paths.TooMuch as error:
        raise _stop_search(test.variable, error, told) from error
    except paths.Missing:
        is_there = False
    except (paths.PathSyntaxError, TypeError) as error:
        raise _Stop(
            RUNTIME, f"Invalid path '{test.variable}'.", {**told, "matched": False, "why": str(error)}
        ) from error
    why = f"there is {'a value' if is_there else 'no value'} at {test.variable}"
    return {**told, "matched": is_there is test.expected, "why": why}


def _look(path: Any, sight: Sight, told: dict[str, Any]) -> Any:
    try:
        return paths.find(paths.parse(path), sight.input, sight.variables, sight.context)
    except paths.TooMuch as error:
        raise _stop_search(path, error, told) from error
    except (paths.Missing, paths.PathSyntaxError, TypeError) as error:
        cause = f"Invalid path '{path}': The choice state's condition path references an invalid value."
        raise _Stop(RUNTIME, cause, {**told, "matched": False, "why": f"there is no value at {path}"}) from error


def _stop_search(path: str, error: paths.TooMuch, told: dict[str, Any]) -> _Stop:
    return _Stop(None, _too_long(path), {**told, "matched": False, "why": str(error)})


def _too_long(path: Any) -> str:
    return f"'{path}' would take too long here."


def _condition(test: Condition, sight: Sight, where: str) -> dict[str, Any]:
    told = {"condition": test.expression, "result": None}
    _be_in_time(told)
    if isinstance(test.expression, bool):
        return {
            **told,
            "result": test.expression,
            "matched": test.expression,
            "why": f"it is always {shown(test.expression)}",
        }
    expression = expression_in(test.expression) if isinstance(test.expression, str) else None
    if expression is None or sight.evaluator is None:
        why = "it is not a JSONata expression" if expression is None else "nothing here evaluates JSONata"
        raise _Stop(QUERY_ERROR if expression is None else None, why, {**told, "matched": False, "why": why})
    named = f"The JSONata expression '{expression}' specified for the field '{where}'"
    bindings = {**sight.variables, "states": {"input": sight.input, "context": sight.context}}
    try:
        result = sight.evaluator.evaluate(expression, bindings, bounds.seconds_left())
    except EvaluationError as error:
        is_read = not isinstance(error, Unread)
        said = error.outcome if is_read else f"was not evaluated here. {error.message}"
        seen = {**told, "matched": False, "why": str(error)}
        raise _Stop(QUERY_ERROR if is_read else None, f"{named} {said}", seen) from error
    if not isinstance(result, bool):
        gave = "nothing (undefined)" if result is UNDEFINED else shown(result)
        cause = f"{named} returned {gave}, not a boolean."
        told["result"] = None if result is UNDEFINED else kept(result)
        raise _Stop(QUERY_ERROR, cause, {**told, "matched": False, "why": f"it gave {gave}, not true or false"})
    return {**told, "result": result, "matched": result, "why": f"it is {shown(result)} for this input"}
