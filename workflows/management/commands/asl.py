"""`manage.py asl`: what Signalbox says of definitions, for people (files) and for programs (JSON Lines).

Each subcommand imports what it needs when it runs. Answers go to standard output, everything else to standard error.
"""

import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from django.core.management.base import BaseCommand, CommandError

from workflows.asl import documents
from workflows.asl.documents import DocumentError
from workflows.asl.memory import uncollected
from workflows.asl.words import in_line

if TYPE_CHECKING:
    from workflows.asl.model import QueryLanguage, StateMachine

MAX_LINE = 64 * 1_048_576  # characters: a history of 25,000 events is far smaller
Answer = dict[str, Any]

_HOW_GIVEN = "JSON, @FILE, or - for standard input"
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
        predict.add_argument("--input", default="{}", help=f"The input: {_HOW_GIVEN}.")
        predict.add_argument(
            "--results", default="{}", help=f"What tasks would give, an object by state name: {_HOW_GIVEN}."
        )
        predict.add_argument("--json", action="store_true", help="All that is known of the way, as one line of JSON.")
        graph = kinds.add_parser("graph", help="Draw a definition as SVG.")
        graph.add_argument("file", type=Path)

    def handle(self, **options: Any) -> None:
        asked = Namespace(**options)
        if asked.kind == "check" and asked.files:
            self._check_files(asked.files, asked.type)
        elif asked.kind in ANSWERERS:
            answer_lines(ANSWERERS[asked.kind]())
        elif asked.kind == "predict":
            for line in predict_file(asked.file, asked.input, asked.results, as_json=asked.json):
                self.stdout.write(in_line(line))
        else:
            self.stdout.write(draw_file(asked.file))

    def _check_files(self, files: list[Path], machine_type: str) -> None:
        from workflows.asl.checker import check
        from workflows.evaluation import evaluator

        errors = 0
        for file in files:
            try:
                text = read_file(file)
            except CommandError as unread:
                errors += 1
                self.stderr.write(in_line(f"{unread}"))
                continue
            problems = check(text, machine_type, evaluator())
            errors += sum(problem.is_error for problem in problems)
            for problem in problems:
                place = f"{file}:{problem.line}:{problem.column}" if problem.line else f"{file}"
                where = f" ({problem.path})" if problem.path else ""
                self.stdout.write(in_line(f"{place}: {problem.severity} {problem.code}{where}: {problem.message}"))
        if errors:
            raise SystemExit(1)


def read_file(file: Path) -> str:
    """The text of a file. Raises CommandError."""
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not text in UTF-8.") from error


# -- for people -------------------------------------------------------------------------------------------------------


def parse_file(file: Path) -> "StateMachine":
    """The machine of a definition that has one. Raises CommandError."""
    from workflows.asl import parser

    parsed = parser.parse(read_file(file))
    if parsed.machine is None:
        problem = parsed.problems[0]
        place = f"{file}:{problem.line}:{problem.column}" if problem.line else f"{file}"
        raise CommandError(f"{place}: {problem.message}")
    return parsed.machine


def predict_file(file: Path, input_text: str, results_text: str = "{}", *, as_json: bool = False) -> list[str]:
    """The way of an input through a definition: in sentences, or as a line of JSON. Raises CommandError."""
    from workflows.asl import narration
    from workflows.asl.predict import predict, why_no_state
    from workflows.evaluation import evaluator

    machine = parse_file(file)
    if machine.start_at not in machine.states:
        raise CommandError(in_line(f"{file}: {why_no_state(machine, machine.start_at)}"))
    given, results = _option("--input", input_text), _option("--results", results_text)
    if not isinstance(results, dict):
        raise CommandError("--results: This is an object: each state's name with what it would give.")
    if unknown := sorted(results.keys() - machine.states.keys()):
        raise CommandError(in_line(f"--results: There is no state {unknown[0]}."))
    prediction = predict(machine, given, evaluator(), results)
    if as_json:
        return [documents.write(prediction.as_dict())]
    told = [*narration.narrate(prediction, machine, results.keys())]
    last = prediction.steps[-1] if prediction.status == "unknown" and prediction.steps else None
    if last and last.type in ("Task", "Map", "Parallel") and last.state not in results:
        told.append(f"To follow it further, say what it would give: --results '{documents.write({last.state: {}})}'")
    return told


def _option(name: str, text: str) -> Any:
    if text == "-":
        text = sys.stdin.buffer.read(MAX_LINE).decode("utf-8", "replace")
    elif text.startswith("@"):
        text = read_file(Path(text[1:]))
    try:
        return documents.read_value(text)
    except DocumentError as error:
        raise CommandError(f"{name}: {error}") from error


def draw_file(file: Path) -> str:
    """A definition as an SVG that carries its own colours."""
    from workflows import drawing, layout
    from workflows.asl import graph

    built = graph.build(parse_file(file))
    laid = layout.lay_out(built)
    if laid is None:
        raise CommandError(f"{file}: It is too large to be drawn in time.")
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
        with uncollected(len(line)):
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


def _one_of(question: Answer, name: str, usual: str, other: str) -> str:
    value = question.get(name)
    if value is None:
        return usual
    if value not in (usual, other):
        raise Unanswerable(f'"{name}" is {usual} or {other}; absent, it is {usual}.')
    return str(value)


def checking() -> Callable[[Answer], Answer]:
    """Answers `{"definition" | "definition_text", "type"}` with `{"problems"}`."""
    from workflows.asl.checker import check
    from workflows.evaluation import evaluator

    syntax = evaluator()

    def answer(question: Answer) -> Answer:
        if "definition_text" in question or "definition" in question:
            subject = question.get("definition_text", question.get("definition"))
            machine_type = _one_of(question, "type", "STANDARD", "EXPRESS")
            return {"problems": [problem.as_dict() for problem in check(subject, machine_type, syntax)]}
        raise Unanswerable('"definition" (an object) or "definition_text" (a text) is missing.')

    return answer


def choosing() -> Callable[[Answer], Answer]:
    """Answers `{"state", "query_language", "input", "variables", "context"}` with where the state leads to, and why."""
    from workflows.asl import bounds, choice, parser
    from workflows.asl.checker.rules import untaken
    from workflows.asl.model import Choice
    from workflows.evaluation import evaluator

    expressions = evaluator()

    def answer(question: Answer) -> Answer:
        inherited = cast("QueryLanguage", _one_of(question, "query_language", "JSONPath", "JSONata"))
        name = question.get("state_name")
        try:
            state = parser.parse_state(name if isinstance(name, str) else "", _mapping(question, "state"), inherited)
        except bounds.TooMuch:
            raise Unanswerable(parser.TOO_MANY_PARTS) from None
        if not isinstance(state, Choice):
            raise Unanswerable('"state" is a state of type Choice.')
        if not state.rules or len(state.rules) != _count_of(state.fields.get("Choices")):
            raise Unanswerable('"Choices" is a list of at least one rule, each a JSON object.')
        if refused := untaken(state):
            raise Unanswerable(f"AWS does not take {refused.path[1:]}: {refused.message}")
        given, variables = question.get("input", {}), _mapping(question, "variables")
        # Without a context object the state is taken as the first of its run, whose input is the execution's.
        context = _mapping(question, "context") or {"Execution": {"Input": given}}
        told = choice.choose(state, given, variables, context, expressions)
        if unread := choice.unread_path(state, told):
            raise Unanswerable(f"{unread[:200]} cannot be read as a path.")
        return told.as_dict()

    return answer


def _count_of(rules: Any) -> int | None:
    return len(rules) if isinstance(rules, list) else None


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
