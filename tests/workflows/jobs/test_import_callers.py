"""Which mappings of an imported function a trigger can stand for, and why the others are left."""

from dataclasses import replace
from typing import Any

import pytest

from workflows.aws import event_sources, resource_policies
from workflows.aws.clients import Target
from workflows.aws.event_sources import SourceMapping, Wanted
from workflows.jobs.imports.callers import callers_of
from workflows.policies import Place

PLACE = Place("123456789012", "eu-central-1", "sb-")
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:theirs"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders"
STREAM = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
OF_QUEUE = SourceMapping("1", "Enabled", Wanted(5, 2, {"body": {"a": [1]}}), "", QUEUE, ARN, 1)
OF_TABLE = SourceMapping("2", "Enabled", Wanted(50, 0, None, "TRIM_HORIZON"), "", STREAM, ARN)
TARGET = Target("default", "eu-central-1", None, None, None, "test")


def read(monkeypatch: pytest.MonkeyPatch, *mappings: SourceMapping, adopts: bool = True) -> Any:
    monkeypatch.setattr(event_sources, "list_all", lambda *_: list(mappings))
    monkeypatch.setattr(resource_policies, "list_grants", lambda *_: [])
    return callers_of(TARGET, ARN, PLACE, adopts=adopts)


def test_queues_and_tables_that_are_read_become_triggers(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, OF_QUEUE, OF_TABLE)
    queue, table = (one.as_dict() for one in found.taken)
    assert (queue["queue"], queue["batch_size"], queue["batch_window"], queue["filter"], queue["create"]) == (
        "orders",
        5,
        2,
        {"body": {"a": [1]}},
        False,
    )
    assert (table["table"], table["batch_size"], table["start"]) == ("orders", 50, "TRIM_HORIZON")
    assert found.left == ()


@pytest.mark.parametrize(
    ("mapping", "why"),
    [
        (replace(OF_QUEUE, state="Disabled"), "switched off"),
        (replace(OF_QUEUE, filters=2), "it has 2 filters"),
        (replace(OF_QUEUE, function_arn=f"{ARN}:prod"), "an alias or a version"),
        (replace(OF_QUEUE, source_arn=QUEUE.replace("eu-central-1", "us-east-1")), "of this account and region"),
        (replace(OF_QUEUE, source_arn=QUEUE.replace(":sqs:", ":kinesis:")), "of this account and region"),
        (replace(OF_QUEUE, source_arn=""), "a source outside AWS"),
        (replace(OF_TABLE, wanted=Wanted(50, 5, None, "LATEST")), "gathers records"),
        (replace(OF_TABLE, wanted=Wanted(50, 0, None, "AT_TIMESTAMP")), "would not do"),
    ],
    ids=["off", "filters", "alias", "region", "kinesis", "none", "window", "start"],
)
def test_what_no_trigger_says_is_left_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, mapping: SourceMapping, why: str
) -> None:
    found = read(monkeypatch, mapping)
    assert found.taken == ()
    assert why in found.left[0]


def test_nothing_is_taken_of_what_is_not_adopted_nor_of_two_that_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, OF_QUEUE, adopts=False).left == (f"It is handed what is found in {QUEUE}",)
    found = read(monkeypatch, OF_QUEUE, replace(OF_QUEUE, id="3"))
    assert found.taken == () and len(found.left) == 2
