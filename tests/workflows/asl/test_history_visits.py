"""Visits, attempts and iterations out of hand-written histories: who was where, for how long, and how it ended."""

from typing import Any

import pytest

from tests.workflows.asl.histories import history, unlinked
from workflows.asl.history import trace

TASK_RETRIED_AND_CAUGHT = history(
    (0, "ExecutionStarted", {"input": "{}"}),
    (0, "TaskStateEntered", {"name": "Charge", "input": '{"amount":1}'}),
    (2, "TaskScheduled", {"resource": "invoke", "resourceType": "lambda"}),
    (3, "TaskStarted", {"resource": "invoke"}),
    (4, "TaskFailed", {"error": "Busy", "cause": "try again"}),
    (5, "TaskScheduled", {"resource": "invoke", "resourceType": "lambda"}),
    (6, "TaskStarted", {"resource": "invoke"}),
    (7, "TaskTimedOut", {"error": "States.Timeout"}),
    (8, "TaskStateExited", {"name": "Charge", "output": "{}"}),
    (9, "PassStateEntered", {"name": "Apologise", "input": "{}"}),
    (10, "PassStateExited", {"name": "Apologise", "output": '"sorry"'}),
    (11, "ExecutionSucceeded", {"output": '"sorry"'}),
)

MAP_OF_TWO = history(
    (0, "ExecutionStarted"),
    (0, "MapStateEntered", {"name": "Each", "input": "[1,2]"}),
    (2, "MapStateStarted", {"length": 2}),
    (3, "MapIterationStarted", {"name": "Each", "index": 0}),
    (3, "MapIterationStarted", {"name": "Each", "index": 1}),
    (4, "PassStateEntered", {"name": "Inner", "input": "1"}),
    (5, "PassStateEntered", {"name": "Inner", "input": "2"}),
    (7, "PassStateExited", {"name": "Inner", "output": "2"}),
    (8, "MapIterationSucceeded", {"name": "Each", "index": 1}),
    (6, "PassStateExited", {"name": "Inner", "output": "1"}),
    (10, "MapIterationSucceeded", {"name": "Each", "index": 0}),
    (11, "MapStateSucceeded"),
    (11, "MapStateExited", {"name": "Each", "output": "[1,2]"}),
    (13, "ExecutionSucceeded", {"output": "[1,2]"}),
)


def test_a_retried_task_is_one_visit_with_an_attempt_for_each_try() -> None:
    visit = trace(None, TASK_RETRIED_AND_CAUGHT).visits[0]
    assert [(a.event, a.outcome, a.error) for a in visit.attempts] == [
        (3, "failed", "Busy"),
        (6, "timed_out", "States.Timeout"),
    ]
    assert visit.retries == 1
    assert [a.started_at is not None and a.ended_at is not None for a in visit.attempts] == [True, True]


def test_a_state_left_after_a_failure_was_caught_and_says_by_what() -> None:
    caught, handler = trace(None, TASK_RETRIED_AND_CAUGHT).visits
    assert (caught.status, caught.error, caught.caught_by) == ("caught", "States.Timeout", "Apologise")
    assert (caught.entered_event, caught.exited_event, caught.input, caught.output) == (2, 9, '{"amount":1}', "{}")
    assert (handler.status, handler.caught_by, handler.next) == ("ok", None, None)


def test_iterations_that_interleave_are_told_apart_by_what_follows_what() -> None:
    each, first, second = trace(None, MAP_OF_TWO).visits
    assert [(i.index, i.status) for i in each.iterations] == [(0, "succeeded"), (1, "succeeded")]
    assert [(v.input, v.output, v.path[0].state, v.path[0].index) for v in (first, second)] == [
        ("1", "1", "Each", 0),
        ("2", "2", "Each", 1),
    ]
    assert each.status == "ok"
    assert each.path == ()


def test_an_iteration_that_goes_on_where_another_ended_is_not_inside_of_it() -> None:
    one_at_a_time = history(
        (0, "ExecutionStarted"),
        (0, "MapStateEntered", {"name": "Each", "input": "[1,2]"}),
        (2, "MapStateStarted", {"length": 2}),
        (3, "MapIterationStarted", {"name": "Each", "index": 0}),
        (4, "PassStateEntered", {"name": "Inner", "input": "1"}),
        (5, "PassStateExited", {"name": "Inner", "output": "1"}),
        (6, "MapIterationSucceeded", {"name": "Each", "index": 0}),
        (6, "MapIterationStarted", {"name": "Each", "index": 1}),
        (8, "PassStateEntered", {"name": "Inner", "input": "2"}),
    )
    told = trace(None, one_at_a_time)
    assert told.status == "running"
    assert [v.status for v in told.visits] == ["running", "ok", "running"]
    assert [[step.index for step in v.path] for v in told.visits] == [[], [0], [1]]


def test_a_map_that_is_retried_after_an_inner_map_failed_counts_the_outer_attempts() -> None:
    told = trace(
        None,
        history(
            (0, "ExecutionStarted"),
            (0, "MapStateEntered", {"name": "Outer", "input": "[[1]]"}),
            (2, "MapStateStarted", {"length": 1}),
            (3, "MapIterationStarted", {"name": "Outer", "index": 0}),
            (4, "MapStateEntered", {"name": "Inner", "input": "[1]"}),
            (5, "MapStateStarted", {"length": 1}),
            (6, "MapIterationStarted", {"name": "Inner", "index": 0}),
            (7, "FailStateEntered", {"name": "Broken", "input": "1"}),
            (8, "MapIterationFailed", {"name": "Inner", "index": 0}),
            (8, "MapStateFailed"),
            (10, "MapIterationFailed", {"name": "Outer", "index": 0}),
            (10, "MapStateStarted", {"length": 1}),
            (12, "MapIterationStarted", {"name": "Outer", "index": 0}),
        ),
    )
    assert told.facts["retries"] == [{"state": "Outer", "entered_event": 2, "retries": 1}]
    outer, inner, broken = told.visits
    assert [a.outcome for a in outer.attempts] == ["failed", "running"]
    assert [(v.status, len(v.attempts)) for v in (outer, inner, broken)] == [
        ("running", 2),
        ("failed", 1),
        ("failed", 0),
    ]
    assert [(i.index, i.status) for i in outer.iterations] == [(0, "failed"), (0, "running")]


def test_branches_of_a_parallel_are_numbered_and_the_ones_cut_short_are_aborted() -> None:
    told = trace(
        None,
        history(
            (0, "ExecutionStarted"),
            (0, "ParallelStateEntered", {"name": "Both", "input": "{}"}),
            (2, "ParallelStateStarted"),
            (3, "TaskStateEntered", {"name": "Left", "input": "{}"}),
            (3, "WaitStateEntered", {"name": "Right", "input": "{}"}),
            (4, "LambdaFunctionScheduled", {"resource": "arn"}),
            (6, "LambdaFunctionStarted"),
            (7, "LambdaFunctionFailed", {"error": "Boom", "cause": "why"}),
            (8, "ParallelStateFailed"),
            (9, "ParallelStateExited", {"name": "Both", "output": "{}"}),
            (10, "SucceedStateEntered", {"name": "Done", "input": "{}"}),
            (11, "SucceedStateExited", {"name": "Done", "output": "{}"}),
            (12, "ExecutionSucceeded", {"output": "{}"}),
        ),
    )
    both, left, right, done = told.visits
    assert [(v.status, [step.index for step in v.path]) for v in told.visits] == [
        ("caught", []),
        ("failed", [0]),
        ("aborted", [1]),
        ("ok", []),
    ]
    assert (both.error, both.cause, both.caught_by) == ("Boom", "why", "Done")
    assert (left.exited_event, left.exited_at, right.error, done.next) == (None, both.attempts[0].ended_at, None, None)


def test_a_failed_evaluation_belongs_to_the_visit_its_text_names() -> None:
    """AWS links EvaluationFailed to what came before the state was entered."""
    told = trace(
        None,
        history(
            (0, "ExecutionStarted"),
            (0, "PassStateEntered", {"name": "First", "input": "{}"}),
            (2, "PassStateExited", {"name": "First", "output": "{}"}),
            (3, "PassStateEntered", {"name": "Second", "input": "{}"}),
            (
                3,
                "EvaluationFailed",
                {
                    "error": "States.QueryEvaluationError",
                    "cause": "An error occurred while executing the state 'Second' (entered at the event id #4).",
                    "state": "Second",
                    "location": "Output",
                },
            ),
            (5, "ExecutionFailed", {"error": "States.QueryEvaluationError", "cause": "An error"}),
        ),
    )
    assert [(v.state, v.status, v.error) for v in told.visits] == [
        ("First", "ok", None),
        ("Second", "failed", "States.QueryEvaluationError"),
    ]
    assert [(f.event, f.state) for f in told.errors] == [("EvaluationFailed", "Second"), ("ExecutionFailed", "Second")]


def test_what_was_open_when_a_run_was_stopped_or_timed_out_is_aborted() -> None:
    for end, status in (("ExecutionAborted", "aborted"), ("ExecutionTimedOut", "timed_out")):
        told = trace(
            None,
            history((0, "ExecutionStarted"), (0, "WaitStateEntered", {"name": "Hold", "input": "{}"}), (0, end)),
        )
        assert (told.status, told.visits[0].status, told.visits[0].exited_at) == (status, "aborted", told.ended_at)


def test_a_state_that_fails_without_a_word_of_its_own_takes_the_error_of_the_run() -> None:
    told = trace(
        None,
        history(
            (0, "ExecutionStarted"),
            (0, "ChoiceStateEntered", {"name": "Decide", "input": "{}"}),
            (2, "ExecutionFailed", {"error": "States.NoChoiceMatched", "cause": "none"}),
        ),
    )
    assert (told.visits[0].status, told.visits[0].error) == ("failed", "States.NoChoiceMatched")


def test_a_redrive_goes_on_with_the_failed_visit_and_the_run_is_running_again() -> None:
    """On AWS the new attempt follows the state's own entry, not ExecutionRedriven."""
    lines = [
        (0, "ExecutionStarted"),
        (0, "TaskStateEntered", {"name": "Charge", "input": "{}"}),
        (2, "TaskScheduled", {"resource": "invoke"}),
        (3, "TaskStarted"),
        (4, "TaskFailed", {"error": "Boom"}),
        (5, "ExecutionFailed", {"error": "Boom"}),
        (0, "ExecutionRedriven", {"redriveCount": 1}),
        (2, "TaskScheduled", {"resource": "invoke"}),
    ]
    halfway = trace(None, history(*lines))
    assert (halfway.status, halfway.redrives, halfway.visits[0].status) == ("running", 1, "running")
    done = trace(
        None,
        history(
            *lines,
            (8, "TaskStarted"),
            (9, "TaskSucceeded", {"output": "{}"}),
            (10, "TaskStateExited", {"name": "Charge", "output": "{}"}),
            (11, "ExecutionSucceeded", {"output": "{}"}),
        ),
    )
    assert done.status == "succeeded"
    assert [(v.status, v.error, [a.outcome for a in v.attempts]) for v in done.visits] == [
        ("ok", None, ["failed", "succeeded"])
    ]


WAIT_STOPPED = (
    (0, "ExecutionStarted"),
    (0, "WaitStateEntered", {"name": "Cool down", "input": "{}"}),
    (0, "ExecutionAborted", {"error": "Stopped"}),
    (3, "ExecutionRedriven", {"redriveCount": 1}),
)


def test_a_wait_that_was_stopped_runs_again_from_its_redrive_until_it_is_left() -> None:
    (running,) = trace(None, history(*WAIT_STOPPED)).visits
    assert (running.status, running.exited_at, running.redrives) == ("running", None, 1)
    left = (4, "WaitStateExited", {"name": "Cool down", "output": "{}"})
    (over,) = trace(None, history(*WAIT_STOPPED, left, (5, "ExecutionSucceeded"))).visits
    assert (over.status, over.exited_event, over.redrives) == ("ok", 5, 1)


def test_a_wait_that_its_redrive_enters_again_is_a_second_visit() -> None:
    again = (4, "WaitStateEntered", {"name": "Cool down", "input": "{}"})
    first, second = trace(None, history(*WAIT_STOPPED, again)).visits
    assert (first.status, first.redrives, second.status) == ("aborted", 0, "running")
    assert first.exited_at is not None
    assert first.exited_at < second.entered_at  # type: ignore[operator]


@pytest.mark.parametrize("follows", ["ExecutionRedriven", "FailStateEntered"])
def test_a_fail_state_that_its_redrives_do_not_enter_again_lasts_until_the_last_of_them(follows: str) -> None:
    refused = {"error": "Refused", "cause": "no stock"}
    lines: list[tuple[Any, ...]] = [
        (0, "ExecutionStarted"),
        (1, "FailStateEntered", {"name": "No", "input": "{}"}),
        (2, "ExecutionFailed", refused),
    ]
    for number in (1, 2):
        redriven = len(lines) + 1
        before = {"ExecutionRedriven": redriven, "FailStateEntered": 2}[follows]
        lines += [
            (redriven - 1, "ExecutionRedriven", {"redriveCount": number}),
            (before, "ExecutionFailed", refused),
        ]
    told = trace(None, history(*lines))
    (visit,) = told.visits
    assert (told.status, visit.status, visit.redrives, visit.error) == ("failed", "failed", 2, "Refused")
    assert visit.exited_at == told.ended_at


def test_a_fail_state_that_its_redrive_enters_again_is_a_second_visit() -> None:
    lines = (
        (0, "ExecutionStarted"),
        (1, "FailStateEntered", {"name": "No", "input": "{}"}),
        (2, "ExecutionFailed", {"error": "Refused"}),
        (3, "ExecutionRedriven", {"redriveCount": 1}),
        (4, "FailStateEntered", {"name": "No", "input": "{}"}),
        (5, "ExecutionFailed", {"error": "Refused"}),
    )
    first, second = trace(None, history(*lines)).visits
    assert (first.redrives, second.redrives) == (0, 0)
    assert first.exited_at and second.entered_at and first.exited_at < second.entered_at


def test_what_a_redrive_sent_again_is_no_retry() -> None:
    visit = trace(
        None,
        history(
            (0, "ExecutionStarted"),
            (0, "TaskStateEntered", {"name": "Charge"}),
            (2, "TaskScheduled", {"resource": "invoke"}),
            (3, "TaskFailed", {"error": "Busy"}),
            (4, "TaskScheduled", {"resource": "invoke"}),
            (5, "TaskFailed", {"error": "Busy"}),
            (6, "ExecutionFailed", {"error": "Busy"}),
            (7, "ExecutionRedriven", {"redriveCount": 1}),
            (8, "TaskScheduled", {"resource": "invoke"}),
        ),
    ).visits[0]
    assert (len(visit.attempts), visit.retries, visit.redrives) == (3, 1, 1)


def test_a_redrive_inside_a_map_goes_on_with_the_map_as_well() -> None:
    told = trace(
        None,
        history(
            (0, "ExecutionStarted"),
            (0, "MapStateEntered", {"name": "Each", "input": "[1]"}),
            (2, "MapStateStarted", {"length": 1}),
            (3, "MapIterationStarted", {"name": "Each", "index": 0}),
            (4, "TaskStateEntered", {"name": "Inner", "input": "1"}),
            (5, "ActivityScheduled", {"resource": "arn"}),
            (6, "ActivityTimedOut", {"error": "States.Timeout"}),
            (7, "MapIterationFailed", {"name": "Each", "index": 0}),
            (7, "MapStateFailed"),
            (9, "ExecutionFailed", {"error": "States.Timeout"}),
            (10, "ExecutionRedriven", {"redriveCount": 1}),
            (5, "ActivityScheduled", {"resource": "arn"}),
        ),
    )
    assert [(v.state, v.status) for v in told.visits] == [("Each", "running"), ("Inner", "running")]


def test_a_redrive_that_starts_the_lanes_of_a_map_anew_goes_on_with_what_each_had_come_to() -> None:
    """As the embedded AWS tells it: the state in a lane is not entered again."""
    told = trace(
        None,
        history(
            (0, "ExecutionStarted"),
            (0, "MapStateEntered", {"name": "Each", "input": "[1, 2]"}),
            (2, "MapStateStarted", {"length": 2}),
            (3, "MapIterationStarted", {"name": "Each", "index": 0}),
            (4, "TaskStateEntered", {"name": "Inner", "input": "1"}),
            (3, "MapIterationStarted", {"name": "Each", "index": 1}),
            (6, "TaskStateEntered", {"name": "Inner", "input": "2"}),
            (5, "LambdaFunctionScheduled", {"resource": "arn"}),
            (7, "LambdaFunctionScheduled", {"resource": "arn"}),
            (8, "LambdaFunctionFailed", {"error": "Boom"}),
            (10, "MapIterationFailed", {"name": "Each", "index": 0}),
            (10, "MapStateFailed"),
            (12, "ExecutionFailed", {"error": "Boom"}),
            (13, "ExecutionRedriven", {"redriveCount": 1}),
            (14, "MapStateStarted", {"length": 2}),
            (15, "MapIterationStarted", {"name": "Each", "index": 0}),
            (15, "MapIterationStarted", {"name": "Each", "index": 1}),
            (16, "LambdaFunctionScheduled", {"resource": "arn"}),
            (17, "LambdaFunctionScheduled", {"resource": "arn"}),
            (18, "LambdaFunctionSucceeded", {"output": "1"}),
            (20, "TaskStateExited", {"name": "Inner", "output": "1"}),
            (21, "MapIterationSucceeded", {"name": "Each", "index": 0}),
            (19, "LambdaFunctionFailed", {"error": "Late"}),
            (23, "MapIterationFailed", {"name": "Each", "index": 1}),
            (23, "MapStateFailed"),
            (25, "ExecutionFailed", {"error": "Late"}),
        ),
    )
    assert [(v.state, v.status, v.error, [a.outcome for a in v.attempts]) for v in told.visits] == [
        ("Each", "failed", "Late", ["failed", "failed"]),
        ("Inner", "ok", None, ["failed", "succeeded"]),
        ("Inner", "failed", "Late", ["aborted", "failed"]),
    ]


def test_a_map_that_was_stopped_while_it_waited_has_a_second_attempt_and_each_wait_its_own_end() -> None:
    """As the embedded AWS tells it: nothing links the new start to the Map, nor is a Wait entered again."""
    told = trace(
        None,
        history(
            (0, "ExecutionStarted"),
            (0, "MapStateEntered", {"name": "Each", "input": "[1, 2]"}),
            (2, "MapStateStarted", {"length": 2}),
            (3, "MapIterationStarted", {"name": "Each", "index": 0}),
            (4, "WaitStateEntered", {"name": "Hold", "input": "1"}),
            (3, "MapIterationStarted", {"name": "Each", "index": 1}),
            (6, "WaitStateEntered", {"name": "Hold", "input": "2"}),
            (0, "ExecutionAborted"),
            (8, "ExecutionRedriven", {"redriveCount": 1}),
            (9, "MapStateStarted", {"length": 2}),
            (10, "MapIterationStarted", {"name": "Each", "index": 0}),
            (10, "MapIterationStarted", {"name": "Each", "index": 1}),
            (11, "WaitStateExited", {"name": "Hold", "output": "1"}),
            (13, "PassStateEntered", {"name": "Done", "input": "1"}),
            (14, "PassStateExited", {"name": "Done", "output": "1"}),
            (15, "MapIterationSucceeded", {"name": "Each", "index": 0}),
            (12, "WaitStateExited", {"name": "Hold", "output": "2"}),
            (17, "PassStateEntered", {"name": "Done", "input": "2"}),
            (18, "PassStateExited", {"name": "Done", "output": "2"}),
            (19, "MapIterationSucceeded", {"name": "Each", "index": 1}),
            (20, "MapStateSucceeded"),
            (20, "MapStateExited", {"name": "Each", "output": "[1, 2]"}),
            (22, "ExecutionSucceeded", {"output": "[1, 2]"}),
        ),
    )
    assert [(v.state, v.status, v.exited_event, [step.index for step in v.path]) for v in told.visits] == [
        ("Each", "ok", 22, []),
        ("Hold", "ok", 13, [0]),
        ("Hold", "ok", 17, [1]),
        ("Done", "ok", 15, [0]),
        ("Done", "ok", 19, [1]),
    ]
    each = told.visits[0]
    assert ([one.outcome for one in each.attempts], each.redrives, each.retries) == (["aborted", "succeeded"], 1, 0)


def test_a_distributed_map_run_that_fails_fails_its_map() -> None:
    told = trace(
        None,
        history(
            (0, "ExecutionStarted"),
            (0, "MapStateEntered", {"name": "Lines", "input": "{}"}),
            (2, "MapStateStarted", {"length": 0}),
            (3, "MapRunStarted", {"mapRunArn": "arn:aws:states:eu-west-1:1:mapRun:m/x:y"}),
            (4, "MapRunFailed", {"error": "States.ItemReaderFailed", "cause": "no file"}),
            (5, "MapStateFailed"),
            (6, "ExecutionFailed", {"error": "States.ItemReaderFailed", "cause": "no file"}),
        ),
    )
    assert (told.visits[0].status, told.visits[0].error) == ("failed", "States.ItemReaderFailed")
    assert told.facts["map_runs"] == ["arn:aws:states:eu-west-1:1:mapRun:m/x:y"]


def test_a_task_that_could_not_be_scheduled_fails_its_attempt() -> None:
    told = trace(
        None,
        history(
            (0, "ExecutionStarted"),
            (0, "TaskStateEntered", {"name": "Call", "input": "{}"}),
            (2, "LambdaFunctionScheduled", {"resource": "arn"}),
            (3, "LambdaFunctionScheduleFailed", {"error": "States.Runtime"}),
            (4, "ExecutionFailed", {"error": "States.Runtime"}),
        ),
    )
    assert [(a.outcome, a.error) for a in told.visits[0].attempts] == [("failed", "States.Runtime")]


def test_without_recorded_links_the_same_visits_are_found_and_it_says_so() -> None:
    for events in (TASK_RETRIED_AND_CAUGHT, MAP_OF_TWO[:4] + MAP_OF_TWO[5:6] + MAP_OF_TWO[9:]):
        recorded, inferred = trace(None, events), trace(None, unlinked(events))
        assert (recorded.links, inferred.links) == ("recorded", "inferred")
        assert [(v.state, v.status, v.exited_event, v.next) for v in inferred.visits] == [
            (v.state, v.status, v.exited_event, v.next) for v in recorded.visits
        ]


def test_data_that_was_cut_off_is_marked() -> None:
    told = trace(
        None,
        history(
            (0, "ExecutionStarted"),
            (0, "PassStateEntered", {"name": "Big", "inputDetails": {"truncated": True}}),
            (2, "PassStateExited", {"name": "Big", "output": "{}", "outputDetails": {"truncated": False}}),
        ),
    )
    assert (told.visits[0].input, told.visits[0].truncated) == (None, True)


def test_events_come_in_any_order_and_twice() -> None:
    events = TASK_RETRIED_AND_CAUGHT
    assert trace(None, [*reversed(events), *events[:4]]) == trace(None, events)
