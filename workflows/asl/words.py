"""What a state does and what a rule says, in a few words and short lines, for pictures and sentences."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from workflows.asl import documents
from workflows.asl.model import (
    And,
    Catcher,
    Comparison,
    Condition,
    Fail,
    Map,
    Not,
    Or,
    Parallel,
    State,
    Task,
    Test,
    Wait,
)


def errors(catcher: Catcher) -> str:
    """What a Catch catches, the first two names of it."""
    errors = ["any error" if error == "States.ALL" else error for error in catcher.errors]
    return ", ".join(errors[:2]) + (", …" if len(errors) > 2 else "")


def note(state: State) -> str:
    """The line under a state's name: its type and what it does in a few words."""
    detail = ""
    if isinstance(state, Task):
        detail = _resource(state)
    elif isinstance(state, Wait):
        detail = _wait(state)
    elif isinstance(state, Fail):
        detail = state.error if isinstance(state.error, str) else ""
    elif isinstance(state, Parallel):
        detail = f"{len(state.branches)} branches"
    elif isinstance(state, Map):
        detail = "distributed" if state.is_distributed else "for each item"
    return f"{state.type} · {detail}" if detail else state.type


_PLAIN = re.compile(r"\$\{(.+)\}|(?:.*:)?(?:function|activity|stateMachine):([^:]+)(?::.*)?$")


def _resource(task: Task) -> str:
    """A Task's resource in a few words: the function, activity or service call it names."""
    resource = task.resource if isinstance(task.resource, str) else ""
    named = _PLAIN.match(resource)
    if named:
        return named[1] or named[2]
    service = resource.partition(":states:::")[2].removeprefix("aws-sdk:")
    call, _, pattern = service.partition(".")
    manner = {"sync": ", waits", "sync:2": ", waits", "waitForTaskToken": ", callback"}
    return call.replace(":", " ") + manner.get(pattern, "")


def _wait(wait: Wait) -> str:
    if isinstance(wait.seconds, int | Decimal):
        return f"{wait.seconds} s"
    until = wait.timestamp or wait.timestamp_path
    return f"until {_path(until)}" if until else _path(wait.seconds or wait.seconds_path or "")


# -- rules in words ---------------------------------------------------------------------------------------------------

_COMPARED = re.compile(
    r"(?:String|Numeric|Boolean|Timestamp)(Equals|LessThanEquals|LessThan|GreaterThanEquals|GreaterThan)(Path)?$"
)
_SIGN = {"Equals": "=", "LessThan": "<", "GreaterThan": ">", "LessThanEquals": "≤", "GreaterThanEquals": "≥"}
_IS = {
    "IsPresent": "present",
    "IsNull": "null",
    "IsString": "a string",
    "IsNumeric": "a number",
    "IsBoolean": "a boolean",
    "IsTimestamp": "a timestamp",
}
_DEEPEST = 12


def rule_text(test: Test, depth: int = 0) -> str:
    """A Choice rule as people say it: `TransactionType = "PURCHASE"`, `amount > 20 and not (country = "CH")`."""
    if depth > _DEEPEST:
        return "…"
    if isinstance(test, And | Or):
        joint = " and " if isinstance(test, And) else " or "
        parts = [rule_text(inner, depth + 1) for inner in test.tests]
        grouped = [
            f"({part})" if isinstance(inner, And | Or) else part for inner, part in zip(test.tests, parts, strict=True)
        ]
        return joint.join(grouped if len(grouped) > 1 else parts)
    if isinstance(test, Not):
        return f"not ({rule_text(test.test, depth + 1)})"
    if isinstance(test, Condition):
        return _jsonata(test.expression)
    return _comparison(test)


def _comparison(test: Comparison) -> str:
    name = _path(test.variable)
    if test.operator in _IS:
        return f"{name} is {'' if test.expected is not False else 'not '}{_IS[test.operator]}"
    compared = _COMPARED.match(test.operator)
    if compared is None:
        return f"{name} matches {_value(test.expected)}"
    other = _path(test.expected) if compared[2] else _value(test.expected)
    return f"{name} {_SIGN[compared[1]]} {other}"


def _path(path: Any) -> str:
    """A path as people read it: the input's own fields without the `$.`; what is no path as it is."""
    if not isinstance(path, str):
        return _value(path)
    if path.startswith("$$."):
        return f"context {path[3:]}"
    return "the input" if path == "$" else path.removeprefix("$.")


def _jsonata(expression: Any) -> str:
    """A condition without its delimiters, the input's own fields without `$states.input.`."""
    if not isinstance(expression, str):
        return _value(expression)
    inner = expression.strip().removeprefix("{%").removesuffix("%}")
    return " ".join(inner.replace("$states.input.", "").split())


def _value(value: Any) -> str:
    return documents.write_compact(value)


# -- text on the picture ----------------------------------------------------------------------------------------------

# The pictures that Unicode has of them; line ends and tabs mean what they mean.
_CONTROLS = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"} | {0x7F: 0x2421}
_CONTROLS |= dict.fromkeys((*range(0x80, 0xA0), 0xFFFE, 0xFFFF), 0xFFFD)


def visible(text: str) -> str:
    """The text with pictures for control characters: no terminal obeys them, and XML has no place for them."""
    return text.translate(_CONTROLS)


_LINE_ENDS = {ord(end): 0x2400 + ord(end) for end in "\t\n\r"} | dict.fromkeys((0x2028, 0x2029), 0xFFFD)


def in_line(text: str) -> str:
    """The visible text as one line: a name with a line end in it must not look like a line of ours."""
    return visible(text).translate(_LINE_ENDS)


_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[\s_\-./:])")


def wrap(text: str, width: int, most: int = 2) -> tuple[str, ...]:
    """Break a text into at most so many lines, at spaces, dashes and capitals; an ellipsis for what is left over."""
    lines, line = list[str](), ""
    for piece in _pieces(text[: width * (most + 1)], width):
        if line and len(line) + len(piece.rstrip()) > width:
            lines.append(line.strip())
            line = ""
        line += piece
    lines.append(line.strip())
    kept = [line for line in lines if line]
    if len(kept) > most or len(text) > width * (most + 1):
        kept = [*kept[: most - 1], kept[most - 1][: width - 1].rstrip() + "…"] if len(kept) >= most else kept
    return tuple(kept)


def _pieces(text: str, width: int) -> Iterator[str]:
    for piece in _BOUNDARY.split(" ".join(text.split())):
        for at in range(0, len(piece), width):
            yield piece[at : at + width]
