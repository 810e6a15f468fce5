"""What AWS would refuse of a trigger is refused when it is saved, at the setting and in words."""

from typing import Any

import pytest

from workflows import triggers
from workflows.triggers import TriggerProblem


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/{id", "“{id” is no part of a path"),
        ("/id}", "“id}” is no part of a path"),
        ("/a{id}", "a variable is a whole part"),
        ("/{}", "a variable is a whole part"),
        ("/{id}/{id}", "two variables {id}"),
        ("/{rest+}/more", "is the last part"),
    ],
)
def test_a_path_with_odd_braces_is_refused(path: str, said: str) -> None:
    with pytest.raises(TriggerProblem) as problem:
        triggers.check_accepted(triggers.read({"type": "http", "method": "GET", "path": path}))
    assert (problem.value.path, said in problem.value.message) == ("/path", True), problem.value.message


@pytest.mark.parametrize("path", ["/", "/orders", "/orders/{id}", "/{shop}/orders/{id}/", "/files/{rest+}", "/a+b"])
def test_a_path_of_whole_variables_is_taken(path: str) -> None:
    triggers.check_accepted(triggers.read({"type": "http", "method": "GET", "path": path}))


@pytest.mark.parametrize(
    "given",
    [
        {"type": "http", "method": "GET", "path": "orders"},
        {"type": "http", "method": "GET", "path": "/", "api": "a b"},
        {"type": "http", "method": "GET", "path": "/", "cors": ["shop.example"]},
        {"type": "s3", "bucket": "UPPER"},
        {"type": "sqs", "queue": "a queue"},
        {"type": "sns", "topic": "a topic"},
        {"type": "dynamodb", "table": "t"},
        {"type": "eventbridge", "name": "a rule", "pattern": {"source": ["a"]}},
        {"type": "eventbridge", "name": "r", "pattern": {"source": ["a"]}, "bus": "a bus"},
        {"type": "schedule", "name": "r", "expression": "every day"},
    ],
)
def test_what_does_not_fit_is_told_in_words_with_an_example(given: dict[str, Any]) -> None:
    with pytest.raises(TriggerProblem) as problem:
        triggers.read(given)
    assert "such as " in problem.value.message and "pattern" not in problem.value.message


CRONS = [
    "0 8 ? * MON-FRI *",
    "0/15 * * * ? *",
    "0 12 L * ? 2027",
    "0 12 15W JAN,jul ? 2027-2030",
    "0 0 ? * 6#3 *",
    "5,35 0-23/2 1 1-12 ? *",
]
ODD_CRONS = {
    "99 8 ? * MON-FRI *": "“99” is no minutes",
    "0 24 ? * MON *": "“24” is no hours",
    "0 8 0 * ? *": "“0” is no day of month",
    "0 8 ? 13 1 *": "“13” is no month of a cron expression: 1 to 12 or JAN to DEC",
    "0 8 ? * MONDAY *": "“MONDAY” is no day of week",
    "0 8 ? * 1 1969": "“1969” is no year",
    "0/0 8 ? * 1 *": "“0/0” is no minutes",
    "0 8 * * * *": "exactly one of them",
    "0 8 ? * MON": "This has 5",
}


@pytest.mark.parametrize("expression", CRONS)
def test_a_cron_expression_of_eventbridge_is_taken(expression: str) -> None:
    triggers.check_accepted(triggers.read({"type": "schedule", "name": "r", "expression": f"cron({expression})"}))


@pytest.mark.parametrize(("expression", "said"), ODD_CRONS.items())
def test_a_field_of_a_cron_expression_that_aws_refuses_is_named(expression: str, said: str) -> None:
    with pytest.raises(TriggerProblem) as problem:
        triggers.check_accepted(triggers.read({"type": "schedule", "name": "r", "expression": f"cron({expression})"}))
    assert problem.value.path == "/expression" and said in problem.value.message, problem.value.message


@pytest.mark.parametrize("more", [{"batch_size": 11, "batch_window": 1}, {"batch_window": 1}])
def test_of_a_fifo_queue_few_messages_are_handed_on_at_once(more: dict[str, int]) -> None:
    with pytest.raises(TriggerProblem) as problem:
        triggers.check_accepted(triggers.read({"type": "sqs", "queue": "orders.fifo", **more}))
    assert problem.value.path in ("/batch_size", "/batch_window") and "FIFO" in problem.value.message
    triggers.check_accepted(triggers.read({"type": "sqs", "queue": "orders", **more}))
