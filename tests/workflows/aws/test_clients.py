"""How calls are made: sent again only where that harms nothing, never inside a transaction, in whose name."""

import dataclasses
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import transaction

from tests.aws_stub import AwsStub, Order
from workflows.aws import clients, errors, iam, lambda_, stepfunctions, sts
from workflows.aws.clients import Target

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
ROLE = "arn:aws:iam::123456789012:role/signalbox-worker"


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    clients.forget()
    yield
    clients.forget()


def test_a_read_is_sent_again_until_aws_answers(aws_stub: AwsStub, stub_target: Target) -> None:
    aws_stub.orders.refuse("GetCallerIdentity", "ServiceUnavailable", status=503, times=2)
    assert sts.account_id(stub_target) == "123456789012"
    assert aws_stub.ledger.count("GetCallerIdentity") == 3


def test_a_read_is_given_up_after_so_many_attempts(aws_stub: AwsStub, stub_target: Target) -> None:
    aws_stub.orders.refuse("ListExecutions", "ThrottlingException")
    with pytest.raises(errors.Transient, match="ThrottlingException"):
        list(stepfunctions.list_executions(stub_target, MACHINE, status="RUNNING"))
    assert aws_stub.ledger.count("ListExecutions") == clients.ATTEMPTS


def test_a_closed_port_is_certainly_not_done(aws_stub: AwsStub) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = Target("closed", "us-east-1", f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(errors.Transient, match=r"could not be reached at 127\.0\.0\.1: it refused"):
            sts.account_id(closed)


def test_a_name_that_nobody_knows_is_said_to_be_that(aws_stub: AwsStub) -> None:
    nowhere = Target("nowhere", "us-east-1", "http://aws.invalid:1")
    with pytest.raises(errors.Transient, match=r"at aws\.invalid: that name is not known there: look at the region"):
        sts.account_id(nowhere)


def test_no_answer_in_time_is_unknown(aws_stub: AwsStub, stub_target: Target) -> None:
    aws_stub.orders.give("GetCallerIdentity", Order(delay_s=1.5))
    slow = clients.client(stub_target, "sts", "ONCE", read_s=1)
    with pytest.raises(errors.Unknown), clients.calling("sts:GetCallerIdentity"):
        slow.get_caller_identity()


@pytest.mark.django_db
def test_no_call_is_made_inside_a_transaction(aws_stub: AwsStub, stub_target: Target) -> None:
    with transaction.atomic(), pytest.raises(clients.InsideTransaction):
        sts.account_id(stub_target)
    assert aws_stub.ledger.calls() == []


def test_one_client_serves_all_threads_and_each_manner_has_its_own(aws_stub: AwsStub, stub_target: Target) -> None:
    read = clients.client(stub_target, "lambda")
    assert clients.client(dataclasses.replace(stub_target, session_name="bob"), "lambda") is read
    assert clients.client(stub_target, "lambda", "ONCE") is not read
    clients.forget()
    assert clients.client(stub_target, "lambda") is not read


def test_calls_tell_that_signalbox_makes_them(aws_stub: AwsStub, stub_target: Target) -> None:
    client, seen = clients.client(stub_target, "lambda"), list[str]()
    client.meta.events.register("before-send.lambda", lambda request, **_: seen.append(request.headers["User-Agent"]))
    lambda_.get_function(stub_target, "nothing")
    assert "Signalbox Boto3/" in str(seen[0])


def test_a_role_is_assumed_in_the_name_of_whoever_asks(aws_stub: AwsStub, stub_target: Target) -> None:
    target = dataclasses.replace(stub_target, role_arn=ROLE, external_id="e-1", session_name="ann müller")
    sts.account_id(target)
    sts.account_id(target)
    (assumed,) = aws_stub.ledger.calls("AssumeRole")
    assert assumed.parameters["RoleArn"] == ROLE
    assert assumed.parameters["ExternalId"] == "e-1"
    assert assumed.parameters["RoleSessionName"] == "ann-m-ller"
    assert {call.access_key_id for call in aws_stub.ledger.calls("GetCallerIdentity")} == {"ASIA-ann-m-ller"}


def test_a_session_about_to_end_is_renewed(
    aws_stub: AwsStub, stub_target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = dataclasses.replace(stub_target, role_arn=ROLE)
    sts.account_id(target)
    monkeypatch.setattr(clients, "RENEW_BEFORE", clients.SESSION + timedelta(minutes=1))
    sts.account_id(target)
    assert aws_stub.ledger.count("AssumeRole") == 2


def test_one_session_serves_all_services(aws_stub: AwsStub, stub_target: Target) -> None:
    target = dataclasses.replace(stub_target, role_arn=ROLE)
    sts.account_id(target)
    assert iam.get_role(target, "none") is None
    assert aws_stub.ledger.count("AssumeRole") == 1


def test_a_role_that_was_refused_is_not_asked_for_again_by_the_next_call_but_soon_after(
    aws_stub: AwsStub, stub_target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "REFUSED_FOR_S", 60.0)
    aws_stub.orders.refuse("AssumeRole", "AccessDenied", status=403)
    target = dataclasses.replace(stub_target, role_arn=ROLE)
    for _ in range(3):
        with pytest.raises(errors.Transient, match="AccessDenied"):
            sts.account_id(target)
    assert aws_stub.ledger.count("AssumeRole") == 1
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    aws_stub.orders.clear()
    assert sts.account_id(target) == "123456789012"


def test_a_slow_sts_holds_up_no_other_environment(aws_stub: AwsStub, stub_target: Target) -> None:
    held = aws_stub.orders.hold("AssumeRole")
    slow = dataclasses.replace(stub_target, environment="slow", role_arn=ROLE)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(sts.account_id, slow)
        held.await_call()
        assert sts.account_id(dataclasses.replace(stub_target, environment="other")) == "123456789012"
        assert not waiting.done()
        held.release()
        assert waiting.result() == "123456789012"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        pytest.param("AccessDenied", 403, id="denied, perhaps only not assumable yet"),
        pytest.param("InternalFailure", 500, id="a fault of AWS"),
    ],
)
@pytest.mark.parametrize(
    "call",
    [
        sts.account_id,
        lambda target: stepfunctions.describe_machine(target, MACHINE),
        lambda target: list(stepfunctions.list_executions(target, MACHINE, status="RUNNING")),
        lambda target: iam.get_role(target, "a"),
        lambda target: lambda_.invoke(target, "f", "{}", wait_s=1),
    ],
    ids=["account_id", "describe_machine", "list_executions", "get_role", "invoke"],
)
def test_while_a_role_cannot_be_assumed_the_call_was_certainly_not_sent(
    aws_stub: AwsStub, stub_target: Target, call: Callable[[Target], object], code: str, status: int
) -> None:
    aws_stub.orders.refuse("AssumeRole", code, status=status)
    with pytest.raises(errors.Transient, match=code):
        call(dataclasses.replace(stub_target, role_arn=ROLE))
    assert {one.operation for one in aws_stub.ledger.calls()} == {"AssumeRole"}


def test_a_worker_without_credentials_may_get_them_later(
    aws_stub: AwsStub, stub_target: Target, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path}/none")
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/none")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(errors.Transient, match="no usable AWS credentials"):
        sts.account_id(stub_target)


@pytest.mark.parametrize(("code", "status"), [("AccessDenied", 403), ("InternalError", 500), ("Throttling", 400)])
def test_no_error_tells_a_credential(aws_stub: AwsStub, stub_target: Target, code: str, status: int) -> None:
    aws_stub.orders.refuse("GetCallerIdentity", code, status=status)
    with pytest.raises(errors.AwsError) as raised:
        sts.account_id(stub_target)
    told = f"{raised.value!r} {raised.value} {raised.value.__cause__!r}"
    assert aws_stub.secret_access_key not in told
    assert aws_stub.access_key_id not in told
