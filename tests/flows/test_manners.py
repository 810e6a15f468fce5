"""The guide's road on an AWS with all its manners: slow to agree, short of quota, at times without an answer."""

import pytest
import redis
from django.conf import LazySettings

from tests.aws_stub import AwsStub
from tests.aws_stub.orders import THROTTLED
from tests.aws_stub.plays import Play
from tests.factories import EnvironmentFactory
from tests.flows.conftest import Road
from transactions.models import Transaction
from workflows.aws import buckets, clients
from workflows.models import Deployment, Environment

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]

CHANGES = ("CreateRole", "CreateFunction", "PublishVersion", "CreateAlias", "CreateStateMachine",
           "PublishStateMachineVersion", "CreateStateMachineAlias")  # fmt: skip
ONE_A_SECOND = ("CreateStateMachine", "UpdateStateMachine", "PublishStateMachineVersion")
ROLE = "arn:aws:iam::123456789012:role/signalbox-worker"
TRIGGERED = ("transaction_processor",)  # the stub has no API Gateway
LONG = Play((("Task", "ProcessPurchase"),), seconds=3)


@pytest.mark.long
def test_answers_lost_after_execution_and_late_reads_do_not_make_anything_twice(
    stub_environment: Environment, aws_stub: AwsStub
) -> None:
    aws_stub.roles.appears_after_s = aws_stub.functions.appears_after_s = aws_stub.machines.appears_after_s = 0.3
    aws_stub.roles.assumable_after_s = aws_stub.functions.settles_after_s = 0.5
    for operation in CHANGES:
        aws_stub.orders.drop_answer(operation)
    for operation in ("PutRolePolicy", "GetRole", "UpdateFunctionCode", "DescribeStateMachine"):
        aws_stub.orders.refuse(operation, "InternalFailure", status=500, times=1)

    road = Road(stub_environment).deploy_all(TRIGGERED)

    deployed = Deployment.objects.filter(is_live=True)
    assert {arn.rpartition(":")[2] for arn in deployed.values_list("version_arn", flat=True)} == {"1"}
    row = road.run('{"TransactionType":"PURCHASE","CustomerId":"C-1","Amount":1}')
    assert row.status == "succeeded"


@pytest.fixture
def real_environment(
    aws_stub: AwsStub, valkey: str, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> Environment:
    """An account of its own behind a role, with AWS's quotas; the workers share theirs through Redis."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_stub.endpoint_url)
    settings.REDIS_URL = valkey
    redis.Redis.from_url(valkey).flushall()
    buckets._shared.cache_clear()
    clients.forget()
    return EnvironmentFactory.create(is_embedded=False, role_arn=ROLE, external_id="e-1", account_id="")


@pytest.mark.long
@pytest.mark.timeout(400)
def test_all_of_it_on_an_account_with_quotas_and_a_role_that_takes_eight_seconds(
    real_environment: Environment, aws_stub: AwsStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.flows.waiting.LONGEST_S", 150)
    aws_stub.roles.assumable_after_s = 8
    aws_stub.roles.appears_after_s = aws_stub.functions.appears_after_s = aws_stub.machines.appears_after_s = 1.5
    aws_stub.functions.settles_after_s = 2
    aws_stub.executions.listed_after_s, aws_stub.executions.most_a_page = 4, 3
    for operation in ONE_A_SECOND:
        aws_stub.orders.limit(operation, size=1, refill=1)
    aws_stub.orders.limit("GetExecutionHistory", size=20, refill=20)
    aws_stub.orders.refuse("AssumeRole", "AccessDenied", status=403, times=2)

    road = Road(real_environment).deploy_all(TRIGGERED)

    assert not [one for name in ONE_A_SECOND for one in aws_stub.ledger.calls(name) if one.refused == THROTTLED.code]
    aws_stub.executions.playwright = lambda _: LONG
    rows = [road.submit('{"TransactionType":"PURCHASE","CustomerId":"C-1","Amount":1}') for _ in range(12)]
    aws_stub.orders.refuse("StartExecution", "ThrottlingException", times=2)
    aws_stub.orders.drop_answer("StartExecution", times=2)
    for row in rows:
        road.start(row)
    ended = [road.finish(row) for row in rows]

    assert {row.status for row in ended} == {"succeeded"}
    assert len(aws_stub.executions.all()) == len(rows) == Transaction.objects.count()
    assert {call.parameters["RoleSessionName"] for call in aws_stub.ledger.calls("AssumeRole")} == {
        "signalbox",
        "olga",
    }
