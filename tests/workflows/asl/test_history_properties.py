"""Whatever list of events comes: a trace and no error; and a history read to the end tells what its parts told."""

import copy
import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.workflows.asl.histories import history, unlinked
from tests.workflows.asl.test_history_visits import MAP_OF_TWO, TASK_RETRIED_AND_CAUGHT
from workflows.asl.history import events as reading
from workflows.asl.history import shape, tokens, trace

NAMES = st.sampled_from(["A", "B", "C", "Each", "Both", ""])
TYPES = st.sampled_from(
    sorted(
        reading.SCHEDULED
        | reading.ATTEMPT_STARTED
        | reading.ATTEMPT_SUCCEEDED
        | reading.ATTEMPT_FAILED
        | reading.COMPOUND_STARTED
        | reading.COMPOUND_SUCCEEDED
        | reading.COMPOUND_FAILED
        | reading.STATE_ABORTED
        | reading.MAP_RUN
        | set(reading.ITERATION_ENDED)
        | set(reading.EXECUTION_ENDED)
        | {f"{kind}StateEntered" for kind in ("Task", "Map", "Parallel", "Choice", "Pass", "Wait", "Fail", "Succeed")}
        | {f"{kind}StateExited" for kind in ("Task", "Map", "Parallel", "Choice", "Pass", "Wait", "Succeed")}
        | {"ExecutionStarted", "ExecutionRedriven", "MapIterationStarted", "EvaluationFailed", "SomethingNew"}
    )
)
JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
DETAILS = st.fixed_dictionaries(
    {},
    optional={
        "name": NAMES | JUNK,
        "state": NAMES,
        "index": st.integers(-1, 3) | JUNK,
        "input": st.sampled_from(["{}", "1", "{"]) | JUNK,
        "output": st.sampled_from(["{}", "1", "{"]) | JUNK,
        "error": st.sampled_from(["E", "States.Timeout"]) | JUNK,
        "cause": st.sampled_from(["(entered at the event id #2)"]) | JUNK,
        "assignedVariables": st.dictionaries(NAMES, st.just("1") | JUNK, max_size=2) | JUNK,
        "inputDetails": st.just({"truncated": True}) | JUNK,
    },
)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {"type": TYPES, "id": st.integers(0, 40) | JUNK},
        optional={
            "previousEventId": st.integers(0, 40) | JUNK,
            "timestamp": st.datetimes() | st.floats() | JUNK,
            "stateEnteredEventDetails": DETAILS | JUNK,
        },
    )
    | JUNK,
    max_size=40,
)


@examples(37)  # `make test-long` fuzzes the same for minutes
@given(EVENTS | JUNK)
def test_any_list_gives_a_trace(events: Any) -> None:
    told = trace(None, events)
    assert told.as_dict()["status"] in {"running", "succeeded", "failed", "timed_out", "aborted"}
    assert len(told.facts["entered"]) == len(told.visits)


@examples(25)
@given(st.data())
def test_shuffled_and_thinned_histories_give_a_trace(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([TASK_RETRIED_AND_CAUGHT, MAP_OF_TWO, unlinked(MAP_OF_TWO)]))
    kept = data.draw(st.lists(st.sampled_from(whole), max_size=len(whole)))
    assert len(trace(None, kept).visits) <= len(whole)


@examples(30)
@given(st.sampled_from([TASK_RETRIED_AND_CAUGHT, MAP_OF_TWO]), st.integers(0, 20))
def test_what_was_over_in_a_part_of_a_history_is_the_same_in_the_whole(whole: list[dict[str, Any]], read: int) -> None:
    part, full = trace(None, whole[:read]), trace(None, whole)
    assert [v.state for v in part.visits] == [v.state for v in full.visits][: len(part.visits)]
    for early, late in zip(part.visits, full.visits, strict=False):
        if early.exited_event is not None:
            assert (early.status, early.attempts, early.iterations) == (late.status, late.attempts, late.iterations)
        else:
            assert early.status == "running"


@examples(20)
@given(EVENTS)
def test_masking_takes_any_events_and_changes_none_in_place(events: list[Any]) -> None:
    before = copy.deepcopy(events)
    found = tokens(events, {"A": {"token.$": "$$.Task.Token"}})
    masked = [shape(event, found) for event in events if isinstance(event, dict)]
    assert repr(events) == repr(before)
    assert len(masked) == sum(isinstance(event, dict) for event in events)


def _long_history(events: int) -> list[dict[str, Any]]:
    """A loop that assigns a variable each round, as long as AWS lets a history get."""
    lines: list[tuple[Any, ...]] = [(0, "ExecutionStarted")]
    while len(lines) < events:
        last = len(lines) if len(lines) > 1 else 0
        name = f"State{len(lines) % 50}"
        lines += [
            (last, "TaskStateEntered", {"name": name, "input": "{}"}),
            (len(lines) + 1, "TaskScheduled", {"resource": "invoke"}),
            (len(lines) + 2, "TaskStarted"),
            (len(lines) + 3, "TaskSucceeded"),
            (len(lines) + 4, "TaskStateExited", {"name": name, "assignedVariables": {f"v{len(lines)}": "1"}}),
        ]
    return history(*lines)


def _seconds(events: list[dict[str, Any]]) -> float:
    started = time.process_time()
    trace(None, events)
    return time.process_time() - started


def test_the_longest_history_takes_no_more_than_its_share_of_time() -> None:
    """Linear: ten times the events take about ten times as long, not a hundred times. What else runs may cost a try."""
    base = max(min(_seconds(_long_history(2_500)) for _ in range(3)), 0.01)
    long = _long_history(25_000)
    assert any(_seconds(long) < 40 * base for _ in range(3))
    assert any(_seconds(unlinked(long)) < 60 * base for _ in range(3))
