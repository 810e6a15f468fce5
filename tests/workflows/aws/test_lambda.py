"""The gateway's view of Lambda: invoked once and never again, changed step by step, listed to the last page."""

import hashlib
import json

import pytest

from tests.aws_stub import AwsStub, Order
from workflows.aws import clients, errors, iam, lambda_
from workflows.aws.clients import Target
from workflows.aws.lambda_ import Code, Configuration

TRUST = {"Version": "2012-10-17", "Statement": []}
PACKAGE = b"PK a package"


@pytest.fixture
def configuration(aws_stub: AwsStub, stub_target: Target) -> Configuration:
    role_arn = iam.create_role(stub_target, name="r", path="/", trust=TRUST, tags={}, boundary_arn="")
    return Configuration("python3.12", "handler.handler", role_arn, 128, 3, {"MODE": "test"})


@pytest.fixture
def function(stub_target: Target, configuration: Configuration) -> str:
    """The ARN of a function that gives back what it gets."""
    create(stub_target, configuration)
    found = lambda_.get_function(stub_target, "f")
    assert found is not None
    return found.arn


def create(target: Target, configuration: Configuration) -> None:
    lambda_.create_function(target, name="f", code=Code(PACKAGE), configuration=configuration, tags={"owner": "us"})


# ---- invoking


def test_an_invocation_gives_the_answer_its_log_and_the_version(stub_target: Target, function: str) -> None:
    came = lambda_.invoke(stub_target, function, '{"n":1.10}', wait_s=8)
    assert (came.status, came.payload, came.function_error) == (200, '{"n":1.10}', None)
    assert (came.log_tail, came.version) == ("START f\nEND\n", "$LATEST")
    assert came.request_id


def test_a_function_that_raises_is_an_answer_not_a_failure_of_the_call(
    aws_stub: AwsStub, stub_target: Target, function: str
) -> None:
    aws_stub.functions.handler = lambda payload: str(json.loads(payload)["missing"])
    came = lambda_.invoke(stub_target, function, "{}", wait_s=8)
    assert came.function_error == "Unhandled"
    assert json.loads(came.payload)["errorType"] == "KeyError"


def test_an_asynchronous_invocation_is_only_taken_in(stub_target: Target, function: str) -> None:
    came = lambda_.invoke(stub_target, function, "{}", wait_s=8, asynchronously=True)
    assert (came.status, came.payload, came.log_tail) == (202, "", "")


@pytest.mark.parametrize(
    ("order", "kind"),
    [
        pytest.param(Order(drops_answer=True), errors.Unknown, id="the answer is lost"),
        pytest.param("ServiceException", errors.Unknown, id="a fault of AWS"),
        pytest.param("TooManyRequestsException", errors.Throttled, id="throttled"),
    ],
)
def test_an_invocation_is_sent_exactly_once_whatever_comes_of_it(
    aws_stub: AwsStub, stub_target: Target, function: str, order: Order | str, kind: type[errors.AwsError]
) -> None:
    if isinstance(order, Order):
        aws_stub.orders.give("Invoke", order)
    else:
        aws_stub.orders.refuse("Invoke", order, status=500 if kind is errors.Unknown else 429)
    with pytest.raises(errors.AwsError) as raised:
        lambda_.invoke(stub_target, function, "{}", wait_s=8)
    assert type(raised.value) is kind
    assert aws_stub.ledger.count("Invoke") == 1


def test_an_invocation_that_outlasts_its_function_is_unknown_and_not_repeated(
    aws_stub: AwsStub, stub_target: Target, function: str
) -> None:
    aws_stub.orders.give("Invoke", Order(delay_s=1.5))
    with pytest.raises(errors.Unknown, match="may have done"):
        lambda_.invoke(stub_target, function, "{}", wait_s=1)
    assert aws_stub.ledger.count("Invoke") == 1


def test_a_function_that_is_not_there_cannot_be_invoked(aws_stub: AwsStub, stub_target: Target) -> None:
    with pytest.raises(errors.NotFound):
        lambda_.invoke(stub_target, "none", "{}", wait_s=8)


# ---- changing


def test_a_function_is_described_as_it_was_made(
    stub_target: Target, configuration: Configuration, function: str
) -> None:
    found = lambda_.get_function(stub_target, "f")
    assert found is not None
    assert found.configuration == configuration
    assert found.code_sha256 == lambda_.code_sha256(hashlib.sha256(PACKAGE).hexdigest())
    assert (found.tags, found.version, found.is_settled, found.has_failed) == ({"owner": "us"}, "$LATEST", True, False)


def test_what_is_not_there_is_none(stub_target: Target, function: str) -> None:
    assert lambda_.get_function(stub_target, "none") is None
    assert lambda_.get_function(stub_target, "f", "live") is None
    assert lambda_.get_alias(stub_target, "f", "live") is None


def test_a_role_too_new_to_be_assumed_is_refused_as_invalid(
    aws_stub: AwsStub, stub_target: Target, configuration: Configuration
) -> None:
    aws_stub.roles.assumable_after_s = 60
    with pytest.raises(errors.Invalid, match="cannot be assumed by Lambda"):
        create(stub_target, configuration)


def test_a_change_under_way_makes_the_next_one_wait(
    aws_stub: AwsStub, stub_target: Target, configuration: Configuration
) -> None:
    aws_stub.functions.settles_after_s = 60
    create(stub_target, configuration)
    found = lambda_.get_function(stub_target, "f")
    assert found is not None
    assert (found.state, found.update_status, found.is_settled) == ("Pending", "InProgress", False)
    with pytest.raises(errors.Transient, match="in progress"):
        lambda_.update_code(stub_target, "f", Code(b"PK other"))
    aws_stub.functions.settles_after_s = 0
    lambda_.update_code(stub_target, "f", Code(b"PK other"))


def test_only_other_content_makes_another_version(
    stub_target: Target, configuration: Configuration, function: str
) -> None:
    assert [lambda_.publish_version(stub_target, "f") for _ in range(2)] == ["1", "1"]
    lambda_.update_code(stub_target, "f", Code(b"PK other"))
    assert lambda_.publish_version(stub_target, "f") == "2"
    first = lambda_.get_function(stub_target, "f", "1")
    assert first is not None
    assert first.code_sha256 == lambda_.code_sha256(hashlib.sha256(PACKAGE).hexdigest())


def test_an_alias_is_made_once_and_moved_after_that(stub_target: Target, function: str) -> None:
    for package, exists in ((b"PK 1", False), (b"PK 2", True)):
        lambda_.update_code(stub_target, "f", Code(package))
        version = lambda_.publish_version(stub_target, "f")
        lambda_.point_alias(stub_target, "f", "live", lambda_.Alias(version), exists=exists)
        assert lambda_.get_alias(stub_target, "f", "live") == lambda_.Alias(version)


def test_versions_are_listed_to_the_last_page(aws_stub: AwsStub, stub_target: Target, function: str) -> None:
    for number in range(5):
        lambda_.update_code(stub_target, "f", Code(f"PK {number}".encode()))
        lambda_.publish_version(stub_target, "f")
    aws_stub.functions.page = 2
    listed = [version.version for version in lambda_.list_versions(stub_target, "f")]
    assert listed == ["$LATEST", "1", "2", "3", "4", "5"]
    assert aws_stub.ledger.count("ListVersionsByFunction") == 3


def test_a_throttled_change_is_sent_again(aws_stub: AwsStub, stub_target: Target, function: str) -> None:
    aws_stub.orders.refuse("PublishVersion", "TooManyRequestsException", status=429, times=clients.ATTEMPTS - 1)
    assert lambda_.publish_version(stub_target, "f") == "1"
