"""The Amazon States Language as frozen dataclasses, one for each thing of the specification. No behaviour, no checks.

Fields hold what the definition says, as plain JSON values (numbers int or Decimal): a value of a wrong type is kept as
it is, since a reader wants to see it. A field that is not there is `ABSENT` where null or a default would mean else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, Final, Literal

from workflows.asl.problems import TOP, Place

QueryLanguage = Literal["JSONPath", "JSONata"]


class Absent(Enum):
    """The type of `ABSENT`: the definition does not have the field at all."""

    ABSENT = "absent"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Comparison:
    """A data-test expression of JSONPath: `operator` with its Path ending, e.g. `NumericEqualsPath`."""

    place: Place
    variable: Any
    operator: str
    expected: Any


@dataclass(frozen=True, slots=True)
class Condition:
    """A JSONata condition, as written: a text with its delimiters, or a plain boolean."""

    place: Place
    expression: Any


@dataclass(frozen=True, slots=True)
class And:
    """All of `tests`."""

    place: Place
    tests: tuple["Test", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of `tests`."""

    place: Place
    tests: tuple["Test", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of `test`."""

    place: Place
    test: "Test"


Test = And | Or | Not | Comparison | Condition


@dataclass(frozen=True, slots=True)
class ChoiceRule:
    """One of a Choice state's rules, in order. `place` is where it stands."""

    place: Place
    test: Test
    next: str | None
    assign: Any = ABSENT
    output: Any = ABSENT
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Retrier:
    """One of a state's Retry rules. Defaults are AWS's own: 1 s, 3 attempts, rate 2, no jitter."""

    place: Place
    errors: tuple[str, ...]
    interval_seconds: Any = 1
    max_attempts: Any = 3
    backoff_rate: Any = 2
    max_delay_seconds: Any = None
    jitter_strategy: Any = "NONE"


@dataclass(frozen=True, slots=True)
class Catcher:
    """One of a state's Catch rules. `result_path` None discards the error output."""

    place: Place
    errors: tuple[str, ...]
    next: str | None
    result_path: Any = "$"
    assign: Any = ABSENT
    output: Any = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What all states share. `place` is where the state stands, `fields` the object as written.

    `input_path`, `output_path`, `result_path` are "$" when absent and None when the definition says null.
    """

    type: ClassVar[str] = ""

    name: str
    place: Place = TOP
    fields: Mapping[str, Any] = field(default_factory=dict)
    query_language: QueryLanguage = "JSONPath"
    comment: str | None = None
    next: str | None = None
    is_end: bool = False
    input_path: Any = "$"
    output_path: Any = "$"
    result_path: Any = "$"
    parameters: Any = ABSENT
    result_selector: Any = ABSENT
    arguments: Any = ABSENT
    assign: Any = ABSENT
    output: Any = ABSENT
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()

    @property
    def inner(self) -> tuple["StateMachine", ...]:
        """The machines inside: a Parallel's branches, a Map's processor."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(State):
    """Work done by a service, function or activity."""

    type: ClassVar[str] = "Task"

    resource: Any = ABSENT
    timeout_seconds: Any = None
    timeout_seconds_path: Any = None
    heartbeat_seconds: Any = None
    heartbeat_seconds_path: Any = None
    credentials: Any = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass(State):
    """Hands its input on, or a fixed result."""

    type: ClassVar[str] = "Pass"

    result: Any = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(State):
    """The first of `rules` whose test is true says where to go; else `default`."""

    type: ClassVar[str] = "Choice"

    rules: tuple[ChoiceRule, ...] = ()
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(State):
    """Waits a time or until a time."""

    type: ClassVar[str] = "Wait"

    seconds: Any = None
    seconds_path: Any = None
    timestamp: Any = None
    timestamp_path: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeed(State):
    """Ends the machine, branch or iteration with success."""

    type: ClassVar[str] = "Succeed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail(State):
    """Ends the machine with an error."""

    type: ClassVar[str] = "Fail"

    error: Any = None
    error_path: Any = None
    cause: Any = None
    cause_path: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel(State):
    """Runs every branch on the same input."""

    type: ClassVar[str] = "Parallel"

    branches: tuple["StateMachine", ...] = ()

    @property
    def inner(self) -> tuple["StateMachine", ...]:
        """Its branches."""
        return self.branches


@dataclass(frozen=True, slots=True, kw_only=True)
class Map(State):
    """Runs `processor` (ItemProcessor, or Iterator of old) once for every item.

    `item_selector` is Parameters where the definition still says so; then `parameters` is ABSENT.
    """

    type: ClassVar[str] = "Map"

    processor: "StateMachine | None" = None
    is_distributed: bool = False
    execution_type: str | None = None
    items: Any = ABSENT
    items_path: Any = "$"
    item_selector: Any = ABSENT
    item_reader: Any = ABSENT
    item_batcher: Any = ABSENT
    result_writer: Any = ABSENT
    max_concurrency: Any = None
    max_concurrency_path: Any = None
    tolerated_failure_count: Any = None
    tolerated_failure_count_path: Any = None
    tolerated_failure_percentage: Any = None
    tolerated_failure_percentage_path: Any = None
    label: Any = None

    @property
    def inner(self) -> tuple["StateMachine", ...]:
        """Its processor, where it has one."""
        return (self.processor,) if self.processor else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMachine:
    """A machine, or the one inside a Parallel branch or a Map. `states` keeps the order of the definition."""

    place: Place = TOP
    start_at: str
    states: Mapping[str, State] = field(default_factory=dict)
    query_language: QueryLanguage = "JSONPath"
    comment: str | None = None
    version: str | None = None
    timeout_seconds: Any = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def every_state(self) -> Iterator[State]:
        """Its states and, behind each, those of the machines inside it."""
        for state in self.states.values():
            yield state
            for machine in state.inner:
                yield from machine.every_state()
