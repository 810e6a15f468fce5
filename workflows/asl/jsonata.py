"""What this package needs of a JSONata evaluator; it is given one, because evaluating needs a process of its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

ERROR_OUTPUT = "$states.errorOutput"
RESULT = "$states.result"
DELIMITED = re.compile(r"\{%(.*)%\}", re.DOTALL)


class Undefined:
    """The type of UNDEFINED: an expression that gave nothing."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = Undefined()


class EvaluationError(Exception):
    """The expression could not be evaluated: JSONata's own code (empty where it has none) and message.

    As a text it is what AWS puts into causes: `T1006: Attempted to invoke a non-function`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}" if code else message)
        self.code, self.message = code, message

    @property
    def outcome(self) -> str:
        """What AWS says the expression did."""
        return f"threw an error during evaluation. {self}"


class Unsupported(EvaluationError):
    """The expression gave a function, or something with one in it, which is no JSON."""

    def __init__(self) -> None:
        super().__init__("", "It gave a function, which is no JSON.")

    @property
    def outcome(self) -> str:
        """See `EvaluationError.outcome`."""
        return "returned an unsupported result type."


class Unread(EvaluationError):
    """Nobody can say: the expression took too long here, or too much memory."""


class OutOfTime(Unread):
    """It took longer than an expression is given here, of the clock or of the processor."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What can be said of an expression without evaluating it: what is wrong with its syntax, if anything is.

    `looked_up` are the names, `$`, `$$`, `$states.result` and `$states.errorOutput` that it refers to at its top level.
    """

    problem: str | None = None
    looked_up: tuple[str, ...] = ()


class Evaluator(Protocol):
    """Evaluates and reads expressions, bounded in time and memory."""

    def evaluate(self, expression: str, bindings: Mapping[str, Any], seconds: float | None = None) -> Any:
        """The value of an expression (without delimiters) with `$name` bound; UNDEFINED when it gives nothing.

        Raises EvaluationError, Unread where it takes longer than so many seconds.
        """

    def read(self, expression: str, seconds: float | None = None) -> Reading:
        """What an expression shows before it is evaluated, if that can be said in so many seconds. Raises Unread."""

    def make_ready(self) -> None:
        """Begin what has to be begun once, so that it takes nothing of the time for what is asked."""


def expression_in(text: str) -> str | None:
    """The expression between `{%` and `%}`; None where a text is not one."""
    found = DELIMITED.fullmatch(text)
    return found[1].strip() if found else None
