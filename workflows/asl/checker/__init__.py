"""The verdict of AWS on a definition, and advice beyond it. Pure: reads the definition and nothing else."""

import json
import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from workflows.asl import documents
from workflows.asl.checker import expressions
from workflows.asl.checker.advice import advise
from workflows.asl.checker.integrations import MachineType
from workflows.asl.checker.jsonata_syntax import check_syntax
from workflows.asl.checker.machines import check_machine
from workflows.asl.checker.values import error, name_of, warning
from workflows.asl.documents import Document, DocumentError
from workflows.asl.jsonata import Evaluator
from workflows.asl.memory import uncollected
from workflows.asl.problems import TOP, Problem

LONGEST_WHOLE = 300  # digits
LARGEST = sys.float_info.max  # stands for any number beyond it: none of the language's fields takes either
MOST_PROBLEMS = 500  # of errors and of warnings; nobody reads more
MOST_CHARACTERS = 500_000  # of their pointers and messages, of errors and of warnings

__all__ = ["MachineType", "check"]


def check(
    definition: object,
    machine_type: str = "STANDARD",
    evaluator: Evaluator | None = None,
    functions: Mapping[str, str] | None = None,
) -> tuple[Problem, ...]:
    """What AWS would refuse, and what it would let pass to somebody's regret; errors first. Never raises.

    A definition is a text or an object; problems of a text have their line and column. `machine_type` is STANDARD
    or EXPRESS. Without an evaluator the syntax of JSONata is not checked. `functions` holds what the functions that
    `${Name}` may stand for are called elsewhere, with that name of each.
    """
    try:
        text = _text(definition)
        with uncollected(len(text)):
            document = documents.read(text)
            return _checked(document, machine_type, evaluator, functions or {}, is_placed=text is definition)
    except DocumentError as wrong:
        return (error("INVALID_JSON", TOP, wrong.message).at(wrong.line, wrong.column),)


def _checked(
    document: Document,
    machine_type: str,
    evaluator: Evaluator | None,
    functions: Mapping[str, str],
    *,
    is_placed: bool,
) -> tuple[Problem, ...]:
    if not isinstance(document.value, dict):
        return (error("INVALID_TYPE", TOP, "A definition is a JSON object with StartAt and States; write one."),)
    known_type: MachineType = "EXPRESS" if machine_type == "EXPRESS" else "STANDARD"
    expressions.start_counting()
    problems, is_all = _some(_errors(document, known_type, evaluator))
    if is_all:  # whoever has more errors than that to mend is not helped by advice as well
        problems += _some(_warnings(document, functions))[0]
    return _placed(problems, document) if is_placed and problems else tuple(problems)


def _errors(document: Document, machine_type: MachineType, evaluator: Evaluator | None) -> Iterator[Problem]:
    for path in document.repeated:
        yield error("REPEATED_KEY", path, f"{name_of(path)} is there twice in the same object; remove one of the two.")
    yield from check_machine(document.value, machine_type)
    if evaluator is not None:
        yield from check_syntax(document.value, evaluator)


def _some(problems: Iterator[Problem]) -> tuple[list[Problem], bool]:
    """The first problems, and whether these are all: a long name is in the pointer of all that lies under it."""
    taken: list[Problem] = []
    characters = 0
    for problem in problems:
        taken.append(problem)
        characters += len(problem.path) + len(problem.message)
        if len(taken) == MOST_PROBLEMS or characters > MOST_CHARACTERS:
            return taken, False
    return taken, True


def _warnings(document: Document, functions: Mapping[str, str]) -> Iterator[Problem]:
    if expressions.is_used_up():
        message = "There are too many paths with filters and wildcards to read them all; some were not checked."
        yield warning("CHECK_INCOMPLETE", TOP, message)
    yield from advise(document.value, functions)


def _placed(problems: list[Problem], document: Document) -> tuple[Problem, ...]:
    """The problems with their places, in the order of the text."""
    places = document.places({problem.path for problem in problems})
    placed = (problem.at(*places[problem.path]) for problem in problems)
    return tuple(sorted(placed, key=lambda problem: (not problem.is_error, problem.line, problem.column)))


def _text(definition: object) -> str:
    """The definition's JSON, so that an object passes the same bounds as a text. Raises DocumentError."""
    if isinstance(definition, str):
        return definition
    try:
        return json.dumps(definition, default=_plain)
    except (TypeError, ValueError, RecursionError) as wrong:
        raise DocumentError(f"This cannot be written as JSON: {str(wrong)[:200]}.") from None


def _plain(value: Any) -> Any:
    """What the JSON writer does not know: a Decimal (its digits do not matter here) or a mapping that is no dict."""
    if isinstance(value, Decimal):
        is_whole = value.adjusted() < LONGEST_WHOLE and value == value.to_integral_value()
        return int(value) if is_whole else min(max(float(value), -LARGEST), LARGEST)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")
