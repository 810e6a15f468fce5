"""What a text may be that is evaluated at run time: a JSONPath, a payload template, a JSONata expression.

Only JSONPath is read here; the syntax of JSONata needs an evaluator (see `jsonata_syntax`), its delimiters do not.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from workflows.asl import intrinsics, paths
from workflows.asl.checker.values import NOTHING, Kind, an_object, error, has_placeholder, name_of, warning
from workflows.asl.intrinsics import Call, IntrinsicSyntaxError, Literal
from workflows.asl.paths import PathSyntaxError
from workflows.asl.problems import Place, Problem

LONGEST_VARIABLE = 80  # characters, AWS's own limit
RESERVED_VARIABLE = "states"
MOST_SEARCHED = 50_000  # characters of costly paths in one definition

_CONTAINERS = (dict, list)

_left: ContextVar[int] = ContextVar("characters of costly paths left", default=MOST_SEARCHED)

_ESCAPED = re.compile(r"(?:[^\\]|\\[\\'{}])*", re.DOTALL)
_FUNCTION = re.compile(r"\.(min|max|avg|stddev|length|sum|concat|keys|append|first|last|index)\([^()]*\)$")
# What the reader of paths knows at a glance; any other path costs it a millisecond for some hundred characters.
_PLAIN = re.compile(r"\$\$?[\w.\-]*(\[\d+\][\w.\-]*)*")
_NAMES = re.compile(r"\$\$?(\.[A-Za-z]\w*)*")
_SEARCHING = re.compile(r"\[(?!\d+\])|\.\.|\*")
_OPERATOR = re.compile(
    r"=~|\s(nin|subsetof|anyof|noneof|size|empty|contains)\s|\.(length|size|keys|min|max|sum|avg)\(\)"
    r"|@(\.[\w:@$-]+)*\.[\w-]*[:@$]"  # a name with signs, as `$.a:b` is one
)
_IN_BRACKETS = re.compile(r"\[[^\]]*\]")
_SIGN = re.compile(r"[:@]")
_VARIABLE = re.compile(r"[^\W\d]\w*")


def start_counting() -> None:
    """Allow a definition its whole share of costly paths."""
    _left.set(MOST_SEARCHED)


def is_used_up() -> bool:
    """Whether some paths stayed unread, because those before them had used up the share."""
    return _left.get() < 0


def _is_right(value: Any) -> bool:
    """Whether a path consists of plain names only, as most do, so that nobody needs to read it."""
    return isinstance(value, str) and len(value) <= paths.LONGEST and _NAMES.fullmatch(value) is not None


def _is_open(value: Any) -> bool:
    """Whether a path is left unread: a placeholder stands in it, or the share of costly paths is used up."""
    if not isinstance(value, str) or _PLAIN.fullmatch(value):
        return False
    return has_placeholder(value) or not _may_read(value, is_costly=True)


def _may_read(text: str, *, is_costly: bool) -> bool:
    if is_costly:
        _left.set(_left.get() - len(text))
    return not is_costly or not is_used_up()


# -- JSONPath ---------------------------------------------------------------------------------------------------------


def path(value: Any, at: Place) -> Iterable[Problem]:
    """A JSONPath into the input, the context object or a variable."""
    if _is_right(value) or _is_open(value):
        return NOTHING
    if not isinstance(value, str):
        return (error("INVALID_TYPE", at, f"{name_of(at)} is a JSONPath; write it like $.order.id."),)
    try:
        paths.parse(_FUNCTION.sub("", value))  # AWS takes a function at the end of a path, our reader does not
    except PathSyntaxError as wrong:
        if wrong.is_beyond_us or _filters_beyond_us(value):
            return (_unread(at),)
        message = f"{name_of(at)} is not a JSONPath: {_said(wrong)} Write it like $.order.id."
        return (error("INVALID_PATH", at, message),)
    return NOTHING


def _unread(at: Place) -> Problem:
    return warning("CHECK_INCOMPLETE", at, f"{name_of(at)} has a path that only AWS can read; try it there.")


def _filters_beyond_us(value: str) -> bool:
    """Whether a path has a filter with what AWS's reader takes and ours does not, and is whole."""
    filters = value.partition("[?(")[2]
    is_whole = value.count("[") == value.count("]") and value.count("(") == value.count(")")
    return is_whole and _OPERATOR.search(filters) is not None


def path_or_null(value: Any, at: Place) -> Iterable[Problem]:
    """A JSONPath, or null for nothing at all."""
    return NOTHING if value is None else path(value, at)


def reference(value: Any, at: Place) -> Iterable[Problem]:
    """A reference path: one that names a single place, without wildcards, slices or filters."""
    if _is_right(value) or _is_open(value):
        return NOTHING
    if not isinstance(value, str):
        return (error("INVALID_TYPE", at, f"{name_of(at)} is a JSONPath; write it like $.order.id."),)
    try:
        paths.parse_reference(value)
    except PathSyntaxError as wrong:
        message = f"{name_of(at)} must name one place: {_said(wrong)} Write it like $.result."
        return (error("INVALID_PATH", at, message),)
    if _SIGN.search(_IN_BRACKETS.sub("", value)):
        message = f"{name_of(at)} has a sign that the language keeps from such paths; write the name like ['a:b']."
        return (warning("CHECK_INCOMPLETE", at, message),)
    return NOTHING


def result_path(value: Any, at: Place) -> Iterable[Problem]:
    """Where a result goes: a reference path into the input, or null to drop the result."""
    if value is None:
        return NOTHING
    if isinstance(value, str) and value.startswith("$$"):
        message = f"{name_of(at)} cannot write to the context object; write it like $.result."
        return (error("INVALID_PATH", at, message),)
    return reference(value, at)


def path_or_intrinsic(value: Any, at: Place) -> Iterable[Problem]:
    """A JSONPath or a call of an intrinsic function."""
    if isinstance(value, str) and value.startswith("States."):
        return _intrinsic(value, at)
    return path(value, at)


def template(value: Any, at: Place) -> Iterator[Problem]:
    """A payload template: any JSON in which names ending in `.$` hold a path or an intrinsic function."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name.endswith(".$"):
                yield from _evaluated(value, name, inner, (at, name))
            elif isinstance(inner, _CONTAINERS):
                yield from template(inner, (at, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, _CONTAINERS):
                yield from template(inner, (at, index))


def assigned_template(value: Any, at: Place) -> Iterator[Problem]:
    """Variables and their values, as a payload template."""
    yield from _variables(value, at)
    yield from template(value, at)


def _evaluated(around: Mapping[str, Any], name: str, value: Any, at: Place) -> Iterator[Problem]:
    if name[:-2] in around:
        message = f'"{name[:-2]}" and "{name}" are the same field; keep one of the two.'
        yield error("DUPLICATE_FIELD", at, message)
    if not isinstance(value, str):
        message = f'The value of "{name}" is a JSONPath or an intrinsic function, in quotation marks; or drop the ".$".'
        yield error("INVALID_TYPE", at, message)
        return
    yield from path_or_intrinsic(value, at)


def _intrinsic(value: str, at: Place) -> Iterator[Problem]:
    if has_placeholder(value) or not _may_read(value, is_costly=_SEARCHING.search(value) is not None):
        return
    try:
        call = intrinsics.parse(value)
    except PathSyntaxError as wrong:
        if wrong.is_beyond_us or _filters_beyond_us(value):
            yield _unread(at)
            return
        yield error("INVALID_INTRINSIC", at, f"{name_of(at)} has an argument that is no JSONPath: {_said(wrong)}")
        return
    except IntrinsicSyntaxError as wrong:
        message = f"{name_of(at)} is not a call of an intrinsic function: {_said(wrong)}"
        yield error("INVALID_INTRINSIC", at, message)
        return
    if "\\" in value and _has_illegal_escape(call):
        message = f"{name_of(at)} escapes a character that needs none; a text may have only \\', \\{{, \\}} and \\\\."
        yield error("INVALID_INTRINSIC", at, message)


def _has_illegal_escape(call: Call) -> bool:
    return any(
        _has_illegal_escape(one)
        if isinstance(one, Call)
        else isinstance(one, Literal) and isinstance(one.value, str) and _ESCAPED.fullmatch(one.value) is None
        for one in call.arguments
    )


def _said(wrong: Exception) -> str:
    return f"{str(wrong).rstrip('.')}."


# -- JSONata ----------------------------------------------------------------------------------------------------------


def is_expression(value: Any) -> bool:
    """Whether a text is written as JSONata; where the language is JSONPath it is a plain text."""
    return isinstance(value, str) and len(value) >= 4 and value.startswith("{%") and value.endswith("%}")


def jsonata(value: Any, at: Place) -> Iterator[Problem]:
    """Any JSON in which a text between `{%` and `%}` is an expression."""
    if isinstance(value, str):
        if not is_expression(value) and (value.startswith("{%") or value.endswith("%}")):
            message = f"{name_of(at)} has only one of the two delimiters; write it like {{% $states.input.id %}}."
            yield error("INVALID_JSONATA", at, message)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, str | dict | list):
                yield from jsonata(inner, (at, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, str | dict | list):
                yield from jsonata(inner, (at, index))


def assigned_jsonata(value: Any, at: Place) -> Iterator[Problem]:
    """Variables and their values, which may be expressions."""
    yield from _variables(value, at)
    yield from jsonata(value, at)


def or_expression(kind: Kind) -> Kind:
    """An expression, or a fixed value of another kind."""

    def check(value: Any, at: Place) -> Iterable[Problem]:
        if is_expression(value):
            return NOTHING
        is_torn = isinstance(value, str) and (value.startswith("{%") or value.endswith("%}"))
        return jsonata(value, at) if is_torn else kind(value, at)

    return check


def listed(value: Any, at: Place) -> Iterator[Problem]:
    """What a Map goes through: a list, an object, or an expression for one."""
    if not isinstance(value, list | dict) and not has_placeholder(value):
        yield error("INVALID_TYPE", at, f"{name_of(at)} is a list or a JSONata expression for one.")
    else:
        yield from jsonata(value, at)


def _variables(value: Any, at: Place) -> Iterator[Problem]:
    yield from an_object(value, at)
    for name in value if isinstance(value, dict) else ():
        plain = name.removesuffix(".$")
        if plain == RESERVED_VARIABLE:
            message = f'"{plain}" is the variable by which AWS gives the input and the context; choose another name.'
            yield error("RESERVED_VARIABLE_NAME", (at, name), message)
        if not has_placeholder(name) and (len(plain) > LONGEST_VARIABLE or _VARIABLE.fullmatch(plain) is None):
            message = f'"{plain}" cannot name a variable: a letter first, then letters, digits and _, 80 at most.'
            yield error("INVALID_VARIABLE_NAME", (at, name), message)
