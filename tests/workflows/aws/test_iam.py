"""The gateway's view of IAM: roles and their policies come back as they were put."""

import pytest

from tests.aws_stub import AwsStub
from workflows.aws import errors, iam
from workflows.aws.clients import Target

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "a b&<ü>+%"}]}
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"


def create(target: Target, boundary_arn: str = "") -> str:
    tags = {"owner": "us & them", "second": "<2>"}
    return iam.create_role(target, name="r", path="/signalbox/", trust=TRUST, tags=tags, boundary_arn=boundary_arn)


@pytest.mark.parametrize("boundary_arn", ["", BOUNDARY])
def test_a_role_comes_back_as_it_was_made(stub_target: Target, boundary_arn: str) -> None:
    arn = create(stub_target, boundary_arn)
    assert arn == "arn:aws:iam::123456789012:role/signalbox/r"
    tags = {"owner": "us & them", "second": "<2>"}
    assert iam.get_role(stub_target, "r") == iam.Role(arn, TRUST, tags, boundary_arn)


def test_a_role_or_policy_that_is_not_there_is_none(stub_target: Target) -> None:
    assert iam.get_role(stub_target, "r") is None
    assert iam.get_policy(stub_target, "r", "p") is None
    create(stub_target)
    assert iam.get_policy(stub_target, "r", "p") is None


def test_a_role_of_that_name_is_a_conflict(stub_target: Target) -> None:
    create(stub_target)
    with pytest.raises(errors.Conflict):
        create(stub_target)


def test_a_policy_comes_back_as_it_was_put(stub_target: Target) -> None:
    create(stub_target)
    iam.put_policy(stub_target, "r", "p", {"Statement": []})
    iam.put_policy(stub_target, "r", "p", POLICY)
    assert iam.get_policy(stub_target, "r", "p") == POLICY


def test_who_may_assume_a_role_is_said_anew(stub_target: Target) -> None:
    create(stub_target)
    iam.update_trust(stub_target, "r", POLICY)
    found = iam.get_role(stub_target, "r")
    assert found is not None
    assert found.trust == POLICY


def test_what_the_role_may_not_do_is_told_in_awss_words(aws_stub: AwsStub, stub_target: Target) -> None:
    aws_stub.orders.refuse("GetRole", "AccessDenied", status=403)
    with pytest.raises(errors.Denied) as raised:
        iam.get_role(stub_target, "r")
    assert (raised.value.code, raised.value.operation) == ("AccessDenied", "iam:GetRole")
