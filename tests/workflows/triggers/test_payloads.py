"""What a trigger is tested with."""

from typing import Any

import pytest

from workflows.triggers import payloads, read

QUEUE = {"type": "sqs", "queue": "orders", "filter": {"body": {"type": ["PURCHASE"]}}}
RULE = {"type": "eventbridge", "name": "bought", "pattern": {"source": ["shop"], "detail": {"type": ["PURCHASE"]}}}
TABLE = {"type": "dynamodb", "table": "orders"}
BUCKET = {"type": "s3", "bucket": "uploads"}
GET, POST = ({"type": "http", "method": method, "path": "/orders"} for method in ("GET", "POST"))
CLOCK = {"type": "schedule", "name": "often", "expression": "rate(1 minute)"}


@pytest.mark.parametrize(
    ("given", "label", "default"),
    [
        (QUEUE, "Message", '{"type": "PURCHASE"}'),
        (RULE, "Detail of the event", '{"type": "PURCHASE"}'),
        (TABLE, "Item, without its id", '{"text": "signalbox-test"}'),
        (
            {**TABLE, "filter": {"dynamodb": {"NewImage": {"type": {"S": ["PURCHASE"]}, "n": {"N": ["5"]}}}}},
            "Item, without its id",
            '{"type": "PURCHASE", "n": 5}',
        ),
        ({**QUEUE, "filter": {"body": {"n": [{"numeric": [">", 1, "<=", 4]}]}}}, "Message", '{"n": 2.5}'),
        ({**QUEUE, "filter": {"body": ["hello"]}}, "Message", "hello"),
        (BUCKET, "Content of the object", "signalbox-test"),
        (GET, "Query", ""),
        (POST, "Body", ""),
    ],
)
def test_each_type_has_a_default_that_can_be_sent(given: dict[str, Any], label: str, default: str) -> None:
    trigger = read(given)
    assert (payloads.label(trigger), payloads.default(trigger)) == (label, default)
    assert payloads.problem(trigger, default) == ""


@pytest.mark.parametrize(
    ("given", "payload", "said"),
    [
        (QUEUE, "", "A message is not empty."),
        (QUEUE, "x" * 262_145, "This has 262,145 bytes; at most 262,144 are sent."),
        (QUEUE, "a\0b", "control character"),
        (QUEUE, "\ud800", "half a character"),
        (RULE, "[]", "A JSON object is wanted."),
        (RULE, "{", "This is not JSON"),
        (TABLE, '{"id": "1"}', "leave id away"),
        (GET, "a=1 2", "with %20 for a blank"),
        (GET, "a" * 4_001, "an address takes 4,000"),
        (CLOCK, "{}", "A clock sends what its definition says"),
    ],
)
def test_what_cannot_be_sent_is_said_in_a_sentence(given: dict[str, Any], payload: str, said: str) -> None:
    assert said in payloads.problem(read(given), payload)


def test_free_text_goes_to_a_queue_a_bucket_and_a_route() -> None:
    for given in (QUEUE, BUCKET, POST):
        assert payloads.problem(read(given), "free text\n") == ""
