"""Every failure of a call becomes the error that says what a caller should do about it, and tells no secret."""

from typing import Any

import pytest
from botocore import exceptions as botocore_exceptions
from botocore.exceptions import ClientError

from workflows.aws import errors
from workflows.aws.errors import AwsError, translate

ENDPOINT = "http://127.0.0.1:1"


def answered(code: str, status: int = 400, message: str = "AWS's own words.") -> AwsError:
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return translate(ClientError(response, "Op"), "states:Op")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("ThrottlingException", 400, errors.Throttled),
        ("TooManyRequestsException", 429, errors.Throttled),
        ("RequestLimitExceeded", 503, errors.Throttled),
        ("ResourceConflictException", 409, errors.Transient),
        ("ConcurrentModificationException", 409, errors.Transient),
        ("ExpiredTokenException", 400, errors.Transient),
        ("InvalidClientTokenId", 403, errors.Transient),
        ("InternalError", 500, errors.Unknown),
        ("ServiceUnavailable", 503, errors.Unknown),
        ("ExecutionDoesNotExist", 400, errors.NotFound),
        ("StateMachineDoesNotExist", 400, errors.NotFound),
        ("ResourceNotFound", 400, errors.NotFound),
        ("ResourceNotFoundException", 404, errors.NotFound),
        ("NoSuchEntity", 404, errors.NotFound),
        ("ExecutionAlreadyExists", 400, errors.Conflict),
        ("StateMachineAlreadyExists", 400, errors.Conflict),
        ("EntityAlreadyExists", 409, errors.Conflict),
        ("ConflictException", 409, errors.Conflict),
        ("AccessDenied", 403, errors.Denied),
        ("AccessDeniedException", 400, errors.Denied),
        ("UnrecognizedClientException", 400, errors.Denied),
        ("SignatureDoesNotMatch", 403, errors.Denied),
        ("SomethingNew", 403, errors.Denied),
        ("InvalidDefinition", 400, errors.Invalid),
        ("ValidationException", 400, errors.Invalid),
        ("InvalidParameterValueException", 400, errors.Invalid),
    ],
)
def test_an_answer_is_classed_by_what_to_do_about_it(code: str, status: int, kind: type[AwsError]) -> None:
    error = answered(code, status)
    assert type(error) is kind
    assert (error.code, error.message, error.operation) == (code, "AWS's own words.", "states:Op")
    assert str(error) == f"{code}: AWS's own words."


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (botocore_exceptions.EndpointConnectionError(endpoint_url=ENDPOINT), errors.Transient),
        (botocore_exceptions.ConnectTimeoutError(endpoint_url=ENDPOINT), errors.Transient),
        (botocore_exceptions.NoCredentialsError(), errors.Transient),
        (botocore_exceptions.ReadTimeoutError(endpoint_url=ENDPOINT), errors.Unknown),
        (botocore_exceptions.ConnectionClosedError(endpoint_url=ENDPOINT), errors.Unknown),
        (botocore_exceptions.HTTPClientError(error="cut"), errors.Unknown),
        (botocore_exceptions.ParamValidationError(report="name: too long"), errors.Invalid),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else type(value).__name__,
)
def test_what_was_never_sent_may_be_sent_again_and_what_may_have_arrived_is_unknown(
    raised: Exception, kind: type[AwsError]
) -> None:
    assert type(translate(raised, "states:Op")) is kind


def test_a_fault_of_ours_is_not_taken_for_an_answer_of_aws() -> None:
    with pytest.raises(KeyError):
        translate(KeyError("a programming error"), "states:Op")
