"""The gateway's view of Step Functions: starts that may be sent again, pages, and what is not there."""

import pytest

from tests.aws_stub import AwsStub, Play
from workflows.aws import errors, iam, stepfunctions
from workflows.aws.clients import Target

TRUST = {"Version": "2012-10-17", "Statement": []}
PURCHASE = '{"TransactionType":"PURCHASE"}'
REFUND = '{"TransactionType":"REFUND"}'


@pytest.fixture
def version_arn(aws_stub: AwsStub) -> str:
    return aws_stub.machines.add("m")


def start(target: Target, version_arn: str, name: str, text: str = PURCHASE) -> stepfunctions.Started:
    return stepfunctions.start_execution(target, machine_arn=version_arn, name=name, input=text)


def lasting(aws_stub: AwsStub, seconds: float = 60) -> None:
    aws_stub.executions.playwright = lambda _: Play((("Wait", "Rest"),), seconds=seconds)


def test_a_start_gives_the_arn_that_can_be_told_beforehand(
    aws_stub: AwsStub, stub_target: Target, version_arn: str
) -> None:
    assert start(stub_target, version_arn, "a").arn == stepfunctions.execution_arn(version_arn, "a")


def test_the_same_start_while_it_runs_gives_the_same_execution(
    aws_stub: AwsStub, stub_target: Target, version_arn: str
) -> None:
    lasting(aws_stub)
    assert start(stub_target, version_arn, "a") == start(stub_target, version_arn, "a")
    assert len(aws_stub.executions.all()) == 1


def test_a_name_with_another_input_is_a_conflict(aws_stub: AwsStub, stub_target: Target, version_arn: str) -> None:
    lasting(aws_stub)
    start(stub_target, version_arn, "a")
    with pytest.raises(errors.Conflict):
        start(stub_target, version_arn, "a", REFUND)


def test_a_name_that_is_over_is_a_conflict(aws_stub: AwsStub, stub_target: Target, version_arn: str) -> None:
    start(stub_target, version_arn, "a")
    with pytest.raises(errors.Conflict):
        start(stub_target, version_arn, "a")


def test_a_start_without_an_answer_is_unknown_at_once_and_meets_itself_when_sent_again(
    aws_stub: AwsStub, stub_target: Target, version_arn: str
) -> None:
    """Whoever waits for it is told after one wait, not after five."""
    lasting(aws_stub)
    aws_stub.orders.drop_answer("StartExecution")
    with pytest.raises(errors.Unknown):
        start(stub_target, version_arn, "a")
    assert aws_stub.ledger.count("StartExecution") == 1
    start(stub_target, version_arn, "a")
    assert len(aws_stub.executions.all()) == 1


def test_a_machine_that_is_not_there_cannot_be_started(aws_stub: AwsStub, stub_target: Target) -> None:
    with pytest.raises(errors.NotFound):
        start(stub_target, "arn:aws:states:us-east-1:123456789012:stateMachine:none:1", "a")


def test_an_execution_is_described_with_its_input(aws_stub: AwsStub, stub_target: Target, version_arn: str) -> None:
    found = stepfunctions.describe_execution(stub_target, start(stub_target, version_arn, "a").arn)
    assert (found.name, found.status, found.input) == ("a", "SUCCEEDED", PURCHASE)
    assert found.stopped_at is not None


def test_a_stop_leaves_what_is_over(aws_stub: AwsStub, stub_target: Target, version_arn: str) -> None:
    over = start(stub_target, version_arn, "over").arn
    lasting(aws_stub)
    runs = start(stub_target, version_arn, "runs").arn
    for arn in (over, runs):
        stepfunctions.stop_execution(stub_target, arn, error="Stopped", cause="Stopped by ann.")
    told = [stepfunctions.describe_execution(stub_target, arn).status for arn in (over, runs)]
    assert told == ["SUCCEEDED", "ABORTED"]


def test_a_history_is_read_to_its_last_page(
    aws_stub: AwsStub, stub_target: Target, version_arn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stepfunctions, "HISTORY_PAGE", 4)
    arn = start(stub_target, version_arn, "a").arn
    pages = list(stepfunctions.execution_history(stub_target, arn))
    assert [len(page) for page in pages] == [4, 4, 1]
    assert [event["id"] for page in pages for event in page] == list(range(1, 10))
    assert pages[-1][-1]["type"] == "ExecutionSucceeded"


def test_a_history_that_fails_half_way_is_no_history(
    aws_stub: AwsStub, stub_target: Target, version_arn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stepfunctions, "HISTORY_PAGE", 4)
    read = stepfunctions.execution_history(stub_target, start(stub_target, version_arn, "a").arn)
    assert len(next(read)) == 4
    aws_stub.orders.refuse("GetExecutionHistory", "ThrottlingException")
    with pytest.raises(errors.Transient):
        list(read)


def test_only_executions_of_the_status_are_listed_over_all_pages(
    aws_stub: AwsStub, stub_target: Target, version_arn: str
) -> None:
    start(stub_target, version_arn, "over")
    lasting(aws_stub)
    for number in range(1001):
        aws_stub.executions.operations()["StartExecution"](
            {"stateMachineArn": version_arn, "name": str(number), "input": PURCHASE}
        )
    listed = list(stepfunctions.list_executions(stub_target, version_arn.rpartition(":")[0], status="RUNNING"))
    assert [one.name for one in listed] == [str(number) for number in reversed(range(1001))]
    assert aws_stub.ledger.count("ListExecutions") == 2


# ---- state machines


@pytest.fixture
def role_arn(aws_stub: AwsStub, stub_target: Target) -> str:
    return iam.create_role(stub_target, name="r", path="/", trust=TRUST, tags={}, boundary_arn="")


def create(target: Target, role_arn: str, definition: str = "{}") -> str:
    return stepfunctions.create_machine(
        target, name="m", definition=definition, role_arn=role_arn, type="STANDARD", tags={"owner": "us"}
    )


def test_a_machine_is_described_as_it_was_made(stub_target: Target, role_arn: str) -> None:
    arn = create(stub_target, role_arn)
    found = stepfunctions.describe_machine(stub_target, arn)
    assert found is not None
    assert (found.arn, found.definition, found.role_arn, found.tags) == (arn, "{}", role_arn, {"owner": "us"})
    assert stepfunctions.describe_machine(stub_target, f"{arn}-other") is None


def test_making_the_same_machine_again_gives_it_and_another_is_a_conflict(stub_target: Target, role_arn: str) -> None:
    assert create(stub_target, role_arn) == create(stub_target, role_arn)
    with pytest.raises(errors.Conflict):
        create(stub_target, role_arn, '{"other": 1}')


def test_a_role_too_new_to_be_assumed_is_refused_until_it_can_be(
    aws_stub: AwsStub, stub_target: Target, role_arn: str
) -> None:
    aws_stub.roles.assumable_after_s = 60
    with pytest.raises(errors.Denied, match="assume the provided role"):
        create(stub_target, role_arn)
    aws_stub.roles.assumable_after_s = 0
    assert create(stub_target, role_arn)


def test_only_other_content_makes_another_version(stub_target: Target, role_arn: str) -> None:
    arn = create(stub_target, role_arn)
    first = stepfunctions.publish_machine_version(stub_target, arn)
    assert stepfunctions.publish_machine_version(stub_target, arn) == first
    stepfunctions.update_machine(stub_target, arn, definition='{"new": 1}', role_arn=role_arn)
    second = stepfunctions.publish_machine_version(stub_target, arn)
    assert stepfunctions.machine_versions(stub_target, arn) == [second, first]
    assert stepfunctions.version_content(stub_target, first)[0] == "{}"


def test_an_alias_is_made_once_and_moved_after_that(stub_target: Target, role_arn: str) -> None:
    arn = create(stub_target, role_arn)
    alias = f"{arn}:live"
    assert stepfunctions.machine_alias(stub_target, alias) is None
    for definition, exists in (("{}", False), ('{"new": 1}', True)):
        stepfunctions.update_machine(stub_target, arn, definition=definition, role_arn=role_arn)
        version = stepfunctions.publish_machine_version(stub_target, arn)
        stepfunctions.point_machine_alias(stub_target, alias, version, exists=exists)
        assert stepfunctions.machine_alias(stub_target, alias) == version


def test_where_aws_cannot_judge_a_definition_there_is_no_verdict(aws_stub: AwsStub, stub_target: Target) -> None:
    assert stepfunctions.validate_definition(stub_target, "{}", "STANDARD") == stepfunctions.Verdict(())
    aws_stub.orders.refuse("ValidateStateMachineDefinition", "UnknownOperationException")
    assert stepfunctions.validate_definition(stub_target, "{}", "STANDARD") is None
