"""What a trigger's definition may say, and what is said against the rest; the names its source goes by."""

from typing import Any

import pytest

from workflows import triggers
from workflows.policies import Place
from workflows.triggers import TriggerProblem

PLACE = Place("123456789012", "eu-central-1", "sb-")


def test_a_route_gets_the_defaults_of_its_type() -> None:
    route = triggers.read({"type": "http", "method": "GET", "path": "/orders"})
    assert (route.key, route.as_dict()) == ("http GET /orders", {"type": "http", "method": "GET", "path": "/orders"})
    queue = triggers.read({"type": "sqs", "queue": "orders"})
    assert (queue.settings["batch_size"], queue.settings["max_receives"], queue.makes_source) == (10, 3, False)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("http", ""),
        ({}, "/type"),
        ({"type": ["http"]}, "/type"),
        ({"type": "kafka"}, "/type"),
        ({"type": "http", "method": "GET"}, "/path"),
        ({"type": "http", "method": "FETCH", "path": "/"}, "/method"),
        ({"type": "http", "method": "GET", "path": "orders"}, "/path"),
        ({"type": "http", "method": "GET", "path": "/", "colour": "red"}, ""),
        ({"type": "http", "method": "GET", "path": "/", "cors": ["shop.example"]}, "/cors/0"),
        ({"type": "s3", "bucket": "UPPER"}, "/bucket"),
        ({"type": "s3", "bucket": "uploads", "events": []}, "/events"),
        ({"type": "sqs", "queue": "orders", "batch_size": 0}, "/batch_size"),
        ({"type": "sqs", "queue": "orders", "batch_size": 11}, "/batch_window"),
        ({"type": "sqs", "queue": "orders", "dead_letter": True}, "/dead_letter"),
        ({"type": "sqs", "queue": "a queue"}, "/queue"),
        ({"type": "dynamodb", "table": "orders", "start": "YESTERDAY"}, "/start"),
        ({"type": "eventbridge", "name": "r", "pattern": {}}, "/pattern"),
        ({"type": "schedule", "name": "r", "expression": "every minute"}, "/expression"),
        ({"type": "schedule", "name": "r", "expression": "rate(1 minutes)"}, "/expression"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(given: Any, path: str) -> None:
    with pytest.raises(TriggerProblem) as problem:
        triggers.read(given)
    assert problem.value.path == path


def test_the_same_route_twice_is_refused() -> None:
    route = {"type": "http", "method": "GET", "path": "/orders"}
    with pytest.raises(TriggerProblem, match="two of HTTP route GET /orders") as problem:
        triggers.read_all([route, route])
    assert problem.value.path == "/1"


def test_what_is_made_here_gets_the_prefix_and_what_exists_keeps_its_name() -> None:
    def arn(**given: Any) -> str:
        return triggers.source_arn(triggers.read(given), PLACE)

    assert arn(type="sqs", queue="orders") == "arn:aws:sqs:eu-central-1:123456789012:orders"
    assert arn(type="sqs", queue="orders", create=True) == "arn:aws:sqs:eu-central-1:123456789012:sb-orders"
    assert arn(type="s3", bucket="uploads", create=True) == "arn:aws:s3:::sb-uploads"
    assert arn(type="dynamodb", table="orders") == "arn:aws:dynamodb:eu-central-1:123456789012:table/orders"
    assert arn(type="schedule", name="nightly", expression="rate(1 day)").endswith("rule/sb-nightly")


def test_only_queues_and_streams_are_read_in_the_name_of_the_role() -> None:
    given = [{"type": "sqs", "queue": "q"}, {"type": "sns", "topic": "t"}, {"type": "dynamodb", "table": "tab"}]
    assert triggers.polled_arns(triggers.read_all(given), PLACE) == [
        "arn:aws:sqs:eu-central-1:123456789012:q",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/tab/stream/*",
    ]
