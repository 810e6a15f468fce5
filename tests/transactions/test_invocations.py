"""Which log lines belong to a run."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from transactions.invocations import Invocation, Written, belonging, of_events
from transactions.models import Event

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ARN = "arn:aws:lambda:us-east-1:123456789012:function:signalbox-Pay:live"
ONE, OTHER = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def event(number: int, previous: int | None, kind: str, seconds: float, **details: Any) -> Event:
    return Event(number=number, previous=previous, type=kind, at=at(seconds), details=details)


def lines(*told: tuple[float, str, str]) -> list[Written]:
    return [Written(at(seconds), stream, text) for seconds, stream, text in told]


@pytest.mark.parametrize("previous", [(0, 1, 2), (None, None, None)])
def test_a_function_called_by_its_arn_is_found_with_its_time(previous: tuple[int | None, ...]) -> None:
    found = of_events(
        [
            event(1, previous[0], "LambdaFunctionScheduled", 1, resource=ARN),
            event(2, previous[1], "LambdaFunctionStarted", 2),
            event(3, previous[2], "LambdaFunctionSucceeded", 3, output="{}"),
        ]
    )
    assert found == [Invocation("signalbox-Pay", at(1), at(3))]


@pytest.mark.parametrize(
    "metadata",
    [{"SdkResponseMetadata": {"RequestId": ONE}}, {"SdkHttpMetadata": {"HttpHeaders": {"x-amzn-RequestId": ONE}}}],
    ids=["metadata", "headers"],
)
def test_the_lambda_integration_tells_the_request_id(metadata: dict[str, Any]) -> None:
    answer = json.dumps({"Payload": {}, **metadata})
    scheduled = {"resourceType": "lambda", "resource": "invoke", "parameters": json.dumps({"FunctionName": ARN})}
    found = of_events([event(1, 0, "TaskScheduled", 1, **scheduled), event(2, 1, "TaskSucceeded", 3, output=answer)])
    assert found == [Invocation("signalbox-Pay", at(1), at(3), ONE)]


@pytest.mark.parametrize("output", ["", "[", "[]", "1", '{"SdkResponseMetadata": 1}'])
def test_an_answer_without_metadata_has_no_request_id(output: str) -> None:
    events = [event(1, 0, "LambdaFunctionScheduled", 1, resource=ARN), event(2, 1, "TaskSucceeded", 3, output=output)]
    assert of_events(events)[0].request_id is None


def test_a_handler_that_failed_tells_the_request_id_in_its_cause() -> None:
    cause = json.dumps({"errorMessage": "no", "errorType": "Busy", "requestId": ONE, "stackTrace": []})
    scheduled = {"resourceType": "lambda", "resource": "invoke", "parameters": json.dumps({"FunctionName": ARN})}
    failed = event(2, 1, "TaskFailed", 3, error="Busy", cause=cause)
    assert of_events([event(1, 0, "TaskScheduled", 1, **scheduled), failed])[0].request_id == ONE


def test_by_time_all_that_was_written_for_a_request_has_to_fall_into_it() -> None:
    told = lines(
        (1, "a", f"START RequestId: {ONE} Version: 1"),
        (2, "b", f"START RequestId: {OTHER} Version: 1"),
        (2, "a", f"REPORT RequestId: {ONE}\tDuration: 1 ms"),
        (9, "b", f"REPORT RequestId: {OTHER}\tDuration: 7000 ms"),
    )
    found = belonging([Invocation("f", at(1), at(2))], "f", told)
    assert {(line.request_id, line.is_exact) for line in found} == {(ONE, False)}


def test_with_a_request_id_only_its_own_lines_are_taken() -> None:
    told = lines(
        (1, "a", f"START RequestId: {ONE} Version: 1"),
        (1, "b", f"START RequestId: {OTHER} Version: 1"),
        (1.5, "a", "mine"),
        (1.5, "b", "not mine"),
        (2, "a", f"END RequestId: {ONE}"),
        (2, "a", f"REPORT RequestId: {ONE}\tDuration: 1 ms"),
        (2.5, "a", "between two requests"),
    )
    found = belonging([Invocation("f", at(1), at(2), ONE)], "f", told)
    assert [line.text.split(" ")[0] for line in found] == ["START", "mine", "END", "REPORT"]
    assert all(line.is_exact and line.request_id == ONE for line in found)


def test_without_one_the_lines_of_its_time_are_taken_and_say_so() -> None:
    told = lines((-1, "a", "before"), (1.5, "a", "during"), (3, "a", "late report"), (9, "a", "after"))
    found = belonging([Invocation("f", at(1), at(2))], "f", told)
    assert [(line.text, line.is_exact) for line in found] == [("during", False), ("late report", False)]


def test_lines_of_another_function_are_not_taken() -> None:
    assert belonging([Invocation("f", at(1), at(2))], "g", lines((1, "a", "x"))) == []
