"""Calls keep within AWS's quotas, whoever makes them, and go on when Redis does not answer."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.conf import LazySettings

from tests.aws_stub import AwsStub
from tests.faults.conftest import mute_port
from workflows.aws import buckets, clients, errors, stepfunctions
from workflows.aws.buckets import Quota
from workflows.aws.clients import Target

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
FIFTY = Quota("Fifty", 50, 100)


@pytest.fixture
def shared(valkey: str, settings: LazySettings) -> Iterator[str]:
    """An empty Redis, as the installation's own."""
    settings.REDIS_URL = valkey
    redis.Redis.from_url(valkey).flushall()
    buckets._shared.cache_clear()
    yield valkey
    buckets._shared.cache_clear()


@pytest.mark.parametrize(
    ("service", "operation", "region", "refill"),
    [
        ("sfn", "StartExecution", "us-east-1", 300),
        ("sfn", "StartExecution", "eu-central-1", 150),
        ("sfn", "GetExecutionHistory", "us-east-1", 20),
        ("sfn", "PublishStateMachineVersion", "eu-central-1", 1),
        ("lambda", "UpdateFunctionCode", "us-east-1", 15),
        ("lambda", "GetFunction", "us-east-1", None),
        ("lambda", "Invoke", "us-east-1", None),
        ("sts", "AssumeRole", "us-east-1", None),
    ],
)
def test_each_call_counts_against_the_quota_aws_has_for_it(
    service: str, operation: str, region: str, refill: float | None
) -> None:
    quota = buckets.quota_of(service, operation, region)
    assert (quota.refill if quota else None) == refill


def test_all_changes_of_lambda_count_together() -> None:
    assert buckets.quota_of("lambda", "CreateAlias", "us-east-1") == buckets.quota_of(
        "lambda", "PublishVersion", "us-east-1"
    )


def moments(buckets_asked: list[buckets._Shared]) -> list[float]:
    """When each token is there, in seconds after the first was asked for; a stall can only make it look later."""
    begun = time.monotonic()
    return [bucket.take("b", FIFTY) + time.monotonic() - begun for bucket in buckets_asked]


def test_workers_share_one_bucket_which_is_empty_at_first(shared: str) -> None:
    workers = [buckets._Shared(shared), buckets._Shared(shared)]
    for number, moment in enumerate(moments(workers * 5), start=1):
        assert moment >= number / FIFTY.refill - 0.001


def test_a_bucket_fills_while_nobody_takes_of_it(shared: str) -> None:
    bucket = buckets._Shared(shared)
    bucket.take("b", Quota("b", 1000, 3))
    until_full = redis.Redis.from_url(shared)
    while float(until_full.hget("b", "at") or 0) + 0.1 > time.time():
        time.sleep(0.02)
    assert [bucket.take("b", Quota("b", 1000, 3)) for _ in range(3)] == [0, 0, 0]


def test_nobody_waits_for_a_token_that_is_far_away(shared: str) -> None:
    bucket = buckets._Shared(shared)
    hourly = Quota("b", 1 / 3600, 1)
    assert bucket.take("b", hourly) > buckets.LONGEST_S
    assert redis.Redis.from_url(shared).exists("b") == 0


@pytest.mark.parametrize("redis_is", ["gone", "mute", "not there"])
def test_without_redis_each_process_goes_on_with_a_share(redis_is: str) -> None:
    listening, port = mute_port()
    if redis_is == "gone":
        listening.close()
    bucket = buckets._Shared("" if redis_is == "not there" else f"redis://127.0.0.1:{port}/0")
    try:
        for number, moment in enumerate(moments([bucket] * 4), start=1):
            assert moment >= number / (FIFTY.refill * buckets.SHARE) - 0.001
    finally:
        listening.close()


def test_every_attempt_of_every_call_to_aws_itself_takes_a_token(
    shared: str, aws_stub: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_stub.endpoint_url)
    monkeypatch.setattr(buckets, "STATES", {"DescribeExecution": (200, 1)})
    aws_stub.orders.refuse("DescribeExecution", "ThrottlingException", times=2)
    clients.forget()
    begun = time.monotonic()
    with pytest.raises(errors.NotFound):
        stepfunctions.describe_execution(Target("real", "us-east-1"), f"{MACHINE}:e")
    assert aws_stub.ledger.count("DescribeExecution") == 3
    assert time.monotonic() - begun >= 3 / 200


def test_many_at_once_get_no_more_than_the_quota(
    shared: str, aws_stub: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_stub.endpoint_url)
    monkeypatch.setattr(buckets, "STATES", {"StartExecution": (40, 1)})
    aws_stub.orders.limit("StartExecution", size=10, refill=40)  # more than there are threads: a stall is no fault
    machine = aws_stub.machines.add("m")
    clients.forget()

    def start(number: int) -> None:
        stepfunctions.start_execution(
            Target("real", "us-east-1"), machine_arn=machine, name=f"e{number}", input='{"TransactionType":"REFUND"}'
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(start, range(40)))
    assert len(aws_stub.executions.all()) == 40
    assert [call.refused for call in aws_stub.ledger.calls("StartExecution")] == [""] * 40


def test_what_would_wait_too_long_is_told_as_not_sent(
    shared: str, aws_stub: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_stub.endpoint_url)
    monkeypatch.setattr(buckets, "STATES", {"DescribeExecution": (0.01, 1)})
    clients.forget()
    with pytest.raises(errors.Throttled, match="more are waiting"):
        stepfunctions.describe_execution(Target("real", "us-east-1"), f"{MACHINE}:e")
    assert aws_stub.ledger.count("DescribeExecution") == 0


def test_the_embedded_aws_has_no_quotas(shared: str, aws_stub: AwsStub, stub_target: Target) -> None:
    clients.forget()
    with pytest.raises(errors.NotFound):
        stepfunctions.describe_execution(stub_target, f"{MACHINE}:e")
    assert redis.Redis.from_url(shared).keys("signalbox:bucket:*") == []


def test_a_role_and_the_workers_own_identity_of_one_account_share_its_quotas() -> None:
    role = Target("a", "us-east-1", role_arn="arn:aws:iam::111122223333:role/worker")
    own = Target("b", "us-east-1", account="111122223333")
    assert clients._account_of(role) == clients._account_of(own) == "111122223333"
    assert clients._account_of(Target("c", "us-east-1")) == "own"
