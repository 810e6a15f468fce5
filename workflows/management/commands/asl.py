"""`manage.py asl`: what Signalbox says of definitions, for people (files) and for programs (JSON Lines).

Each subcommand imports what it needs when it runs. Answers go to standard output, everything else to standard error.
"""

import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workflows.asl import documents
from workflows.asl.documents import DocumentError

MAX_LINE = 64 * 1_048_576  # characters: a history of 25,000 events is far smaller
Answer = dict[str, Any]

_ID = re.compile(r'\s*\{\s*"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)')


class Command(BaseCommand):
    help = "Check, predict and draw definitions; answer check, choose and trace as JSON Lines."

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = parser.add_subparsers(dest="kind", required=True)
        check = kinds.add_parser("check", help="Say what is wrong with definitions; without files: JSON Lines.")
        check.add_argument("files", nargs="*", type=Path)
        check.add_argument("--type", choices=["STANDARD", "EXPRESS"], default="STANDARD")
        kinds.add_parser("choose", help="JSON Lines: where Choice states lead to, and why.")
        kinds.add_parser("trace", help="JSON Lines: what histories tell.")
        predict = kinds.add_parser("predict", help="Follow an input through a definition.")
        predict.add_argument("file", type=Path)
        predict.add_argument("--input", default="{}", help="The input, as JSON.")
        graph = kinds.add_parser("graph", help="Draw a definition as SVG.")
        graph.add_argument("file", type=Path)

    def handle(self, **options: Any) -> None:
        asked = Namespace(**options)
        if asked.kind == "check" and asked.files:
            self._check_files(asked.files, asked.type)
        elif asked.kind in ANSWERERS:
            answer_lines(ANSWERERS[asked.kind]())
        elif asked.kind == "predict":
            self.stdout.write(predict_file(asked.file, asked.input))
        else:
            self.stdout.write(draw_file(asked.file))

    def _check_files(self, files: list[Path], machine_type: str) -> None:
        from workflows.asl.checker import check

        errors = 0
        for file in files:
            problems = check(read_file(file), machine_type)
            errors += sum(problem.is_error for problem in problems)
            for problem in problems:
                place = f"{file}:{problem.line}:{problem.column}" if problem.line else f"{file}"
                where = f" ({problem.path})" if problem.path else ""
                self.stdout.write(f"{place}: {problem.severity} {problem.code}{where}: {problem.message}")
        if errors:
            raise SystemExit(1)


def read_file(file: Path) -> str:
    """A definition's text. Raises CommandError."""
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not text in UTF-8.") from error


# -- for people -------------------------------------------------------------------------------------------------------


def predict_file(file: Path, input_text: str) -> str:
    """The way of an input through a definition, as JSON."""
    from workflows.asl.predict import predict
    from workflows.evaluation import evaluator

    try:
        prediction = predict(read_file(file), documents.read_value(input_text), evaluator=evaluator())
    except DocumentError as error:
        raise CommandError(f"--input: {error}") from error
    return documents.write(prediction.as_dict())


def draw_file(file: Path) -> str:
    """A definition as an SVG that carries its own colours."""
    from workflows import drawing, layout
    from workflows.asl import graph, parser

    parsed = parser.parse(read_file(file))
    if parsed.machine is None:
        raise CommandError(f"{file}: {parsed.problems[0].message}")
    built = graph.build(parsed.machine)
    laid = layout.lay_out(built)
    if laid is None:
        raise CommandError(f"{file}: no layout was found in time.")
    return drawing.draw(built, laid, alone=True)


# -- for programs: a question and its answer a line -------------------------------------------------------------------


def answer_lines(answer: Callable[[Answer], Answer]) -> None:
    """Answer every line of standard input in order; one that cannot be answered gets a problem, the rest goes on."""
    for line in lines():
        sys.stdout.write(documents.write(answer_line(line, answer)) + "\n")
        sys.stdout.flush()


def lines() -> Iterator[str]:
    """The lines of standard input that are not blank; bytes that are not UTF-8 become replacement characters."""
    for line in sys.stdin.buffer:
        text = line.decode("utf-8", "replace")
        if text.strip():
            yield text


def answer_line(line: str, answer: Callable[[Answer], Answer]) -> Answer:
    """The answer to one line, with its id in front."""
    try:
        question = documents.read_value(line, MAX_LINE)
    except DocumentError as error:
        return {"id": _id_of(line), "problem": str(error)}
    if not isinstance(question, dict):
        return {"id": None, "problem": "A line is a JSON object."}
    try:
        return {"id": question.get("id"), **answer(question)}
    except Unanswerable as error:
        return {"id": question.get("id"), "problem": str(error)}


def _id_of(line: str) -> Any:
    found = _ID.match(line[:1_000])
    return documents.read_value(found[1]) if found else None


class Unanswerable(Exception):
    """The question lacks its subject, or has it in a form that nothing can be said of."""


def _mapping(question: Answer, name: str) -> Answer:
    value = question.get(name)
    if value is not None and not isinstance(value, dict):
        raise Unanswerable(f'"{name}" is a JSON object.')
    return value or {}


def checking() -> Callable[[Answer], Answer]:
    """Answers `{"definition" | "definition_text", "type"}` with `{"problems"}`."""
    from workflows.asl.checker import check
    from workflows.evaluation import evaluator

    syntax = evaluator()

    def answer(question: Answer) -> Answer:
        if "definition_text" in question or "definition" in question:
            subject = question.get("definition_text", question.get("definition"))
            machine_type = "EXPRESS" if question.get("type") == "EXPRESS" else "STANDARD"
            return {"problems": [problem.as_dict() for problem in check(subject, machine_type, syntax)]}
        raise Unanswerable('"definition" (an object) or "definition_text" (a text) is missing.')

    return answer


def choosing() -> Callable[[Answer], Answer]:
    """Answers `{"state", "query_language", "input", "variables", "context"}` with where the state leads to, and why."""
    from workflows.asl import choice, parser
    from workflows.asl.model import Choice, QueryLanguage
    from workflows.evaluation import evaluator

    expressions = evaluator()

    def answer(question: Answer) -> Answer:
        language = question.get("query_language")
        inherited: QueryLanguage = "JSONata" if language == "JSONata" else "JSONPath"
        name = question.get("state_name")
        state = parser.parse_state(name if isinstance(name, str) else "", _mapping(question, "state"), inherited)
        if not isinstance(state, Choice):
            raise Unanswerable('"state" is a state of type Choice.')
        given, variables = question.get("input", {}), _mapping(question, "variables")
        # Without a context object the state is taken as the first of its run, whose input is the execution's.
        context = _mapping(question, "context") or {"Execution": {"Input": given}}
        return choice.choose(state, given, variables, context, expressions).as_dict()

    return answer


def tracing() -> Callable[[Answer], Answer]:
    """Answers `{"definition", "events"}` with status, visits, choices and facts."""
    from workflows.asl.history import trace
    from workflows.evaluation import evaluator

    expressions = evaluator()

    def answer(question: Answer) -> Answer:
        if not isinstance(question.get("events"), list):
            raise Unanswerable('"events" is a list of events as GetExecutionHistory gives them.')
        return trace(question.get("definition"), question["events"], expressions).as_dict()

    return answer


ANSWERERS: dict[str, Callable[[], Callable[[Answer], Answer]]] = {
    "check": checking,
    "choose": choosing,
    "trace": tracing,
}
