"""The language as frozen dataclasses. A model is what a definition says, right or wrong; the checker says which."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

QueryLanguage = Literal["JSONPath", "JSONata"]
Number = int | Decimal


# ---- conditions


@dataclass(frozen=True, slots=True)
class Comparison:
    """One test of one variable: `operator` as written, `expected` the value (or, for a Path operator, the path)."""

    variable: str
    operator: str
    expected: Any


@dataclass(frozen=True, slots=True)
class And:
    """True when every test is."""

    tests: tuple["Test", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True when any test is."""

    tests: tuple["Test", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when its test is not."""

    test: "Test"


@dataclass(frozen=True, slots=True)
class Condition:
    """A JSONata condition: the text with its delimiters, or a plain boolean."""

    text: str | bool


Test = Comparison | And | Or | Not | Condition


@dataclass(frozen=True, slots=True)
class ChoiceRule:
    """A test, where it leads to, and what it assigns. `test` is None where the rule has none that can be read."""

    index: int
    test: Test | None
    next: str | None
    assign: Mapping[str, Any] = field(default_factory=dict)
    output: Any = None
    comment: str = ""


# ---- errors


@dataclass(frozen=True, slots=True)
class Retrier:
    """When and how often to try again."""

    error_equals: tuple[str, ...]
    interval_seconds: Number = 1
    max_attempts: Number = 3
    backoff_rate: Number = 2
    max_delay_seconds: Number | None = None
    jitter_strategy: str = "NONE"


@dataclass(frozen=True, slots=True)
class Catcher:
    """Where to go on an error."""

    error_equals: tuple[str, ...]
    next: str | None
    result_path: str | None = "$"
    assign: Mapping[str, Any] = field(default_factory=dict)
    output: Any = None


# ---- states


@dataclass(frozen=True, slots=True)
class State:
    """What every state has. `fields` is the state as written; `path` its JSON pointer in the definition."""

    name: str
    type: str
    path: str
    query_language: QueryLanguage
    fields: Mapping[str, Any]
    next: str | None = None
    end: bool = False
    comment: str = ""
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()

    @property
    def inner(self) -> tuple["StateMachine", ...]:
        """The machines inside: a Parallel's branches, a Map's processor."""
        return ()


@dataclass(frozen=True, slots=True)
class Pass(State):
    """Passes its input on, or makes an output."""


@dataclass(frozen=True, slots=True)
class Task(State):
    """Has work done by a resource."""

    resource: str = ""


@dataclass(frozen=True, slots=True)
class Choice(State):
    """Goes where the first rule that is true leads to, else to the default."""

    rules: tuple[ChoiceRule, ...] = ()
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Wait(State):
    """Waits for a time."""


@dataclass(frozen=True, slots=True)
class Succeed(State):
    """Ends well."""


@dataclass(frozen=True, slots=True)
class Fail(State):
    """Ends with an error."""


@dataclass(frozen=True, slots=True)
class Parallel(State):
    """Runs branches beside each other."""

    branches: tuple["StateMachine", ...] = ()

    @property
    def inner(self) -> tuple["StateMachine", ...]:
        """Its branches."""
        return self.branches


@dataclass(frozen=True, slots=True)
class Map(State):
    """Runs its processor for each item."""

    processor: "StateMachine | None" = None
    is_distributed: bool = False

    @property
    def inner(self) -> tuple["StateMachine", ...]:
        """Its processor, where it has one."""
        return (self.processor,) if self.processor else ()


# ---- machines


@dataclass(frozen=True, slots=True)
class StateMachine:
    """States by name, in the order written. Also a branch of a Parallel and the processor of a Map."""

    start_at: str
    states: Mapping[str, State]
    query_language: QueryLanguage = "JSONPath"
    comment: str = ""
    timeout_seconds: Number | None = None
    version: str = "1.0"
    path: str = ""

    def every_state(self) -> Iterator[State]:
        """Its states and, behind each, those of the machines inside it."""
        for state in self.states.values():
            yield state
            for machine in state.inner:
                yield from machine.every_state()
