"""Evaluates JSONata for `workflows.asl`, in a child process that is killed after half a second.

Expressions of users never run in the asking process: the interpreter's own bounds stop neither a regular expression
nor a padding of 200 MB.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from workflows.asl import documents
from workflows.asl.jsonata import UNDEFINED, EvaluationError, Evaluator, OutOfTime, Reading, Unread, Unsupported
from workflows.children import Child, Died, Late, Spent

SECONDS = 0.5
LEAST_SECONDS = 0.02  # with less left a question only kills the child, and the next one waits for another
PATIENCE = 1.0  # seconds that a page or an answer of the API is kept waiting for the way of an input
TOO_DEEP = "U1001"  # JSONata's code where the child itself ran out of stack
KEPT, LONGEST_KEPT = 2_000, 2_000  # readings kept, and characters of their expressions: a page asks at every key
LONGEST = 1 << 20  # characters of a question: AWS keeps states and variables well below


class ChildEvaluator:
    """The `Evaluator` that asks a child process: for `seconds` at most, and so many of the processor."""

    def __init__(self, seconds: float = SECONDS, processor_seconds: float | None = None) -> None:
        self._child, self._seconds = Child("workflows.jsonata_child", processor_seconds), seconds
        self._processor_seconds = processor_seconds
        self._readings: dict[str, Reading] = {}

    def evaluate(self, expression: str, bindings: Mapping[str, Any], seconds: float | None = None) -> Any:
        """See `Evaluator.evaluate`. A value comes back as JSON values with int and Decimal."""
        answer = self._ask({"expression": expression, "bindings": bindings}, seconds)
        if answer.get("unsupported"):
            raise Unsupported
        return answer.get("value", UNDEFINED)

    def make_ready(self) -> None:
        """See `Evaluator.make_ready`."""
        with suppress(Late, Died):  # then the first question fails too, and says so
            self._child.start()

    def read(self, expression: str, seconds: float | None = None) -> Reading:
        """See `Evaluator.read`."""
        kept = self._readings.get(expression)
        if kept is not None:
            return kept
        reading = self._read(expression, seconds)
        if len(expression) <= LONGEST_KEPT:
            if len(self._readings) >= KEPT:
                self._readings.clear()
            self._readings[expression] = reading
        return reading

    def _read(self, expression: str, seconds: float | None) -> Reading:
        try:
            answer = self._ask({"check": expression}, seconds)
        except Unread:
            raise
        except EvaluationError as error:
            return Reading(error.message)
        return Reading(looked_up=tuple(answer["looked_up"]))

    def _ask(self, question: Mapping[str, Any], seconds: float | None = None) -> dict[str, Any]:
        seconds = self._seconds if seconds is None else min(seconds, self._seconds)
        if seconds < LEAST_SECONDS:
            raise Unread("", "There was no time left for the expression.")
        if documents.is_larger(question, LONGEST) or len(line := documents.write(question)) > LONGEST:
            raise Unread("", "The expression and its values are too large.")
        try:
            answer: dict[str, Any] = documents.read_value(self._child.ask(line, seconds), 16 * LONGEST)
        except Late:
            raise OutOfTime(TOO_DEEP, f"The expression took longer than {seconds:.2g} s.") from None
        except Spent:
            text = f"The expression took more than {self._processor_seconds:.2g} s of processor time."
            raise OutOfTime(TOO_DEEP, text) from None
        except (Died, documents.DocumentError, json.JSONDecodeError):
            raise Unread("", "The expression needs too much memory.") from None
        if answer.get("code") == TOO_DEEP:
            raise Unread(TOO_DEEP, str(answer["error"]))
        if "error" in answer:
            raise EvaluationError(str(answer["code"]), str(answer["error"]))
        return answer


@cache
def evaluator() -> Evaluator:
    """The evaluator of this process; its child starts with the first question."""
    return ChildEvaluator()
