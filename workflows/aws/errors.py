"""What can come of a call, by what a caller should do about it; and the reading of botocore's exceptions."""

import re

from botocore import exceptions as botocore_exceptions
from botocore.exceptions import ClientError

CREDENTIALS_OVER = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId"}
THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "LimitExceededException",
    "SlowDown",
    "BandwidthLimitExceeded",
    "PriorRequestNotComplete",
}
BUSY = {
    "ResourceConflictException",
    "ConcurrentModificationException",
    "ConcurrentModification",
    "ResourceNotReadyException",
}
NOT_FOUND = re.compile(
    r"(NotFound|DoesNotExist|NonExistentQueue|NoSuchEntity|NotFoundException|DoesNotExistException)$|^NoSuch"
)
CONFLICT = re.compile(r"(AlreadyExists|Conflict|Exists)(Exception)?$|^EntityAlreadyExists$")
DENIED = re.compile(
    r"^(AccessDenied|Unauthorized|NotAuthorized|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature)"
)


class AwsError(Exception):
    """AWS did not do what was asked: its code and message, and the operation asked for."""

    def __init__(self, code: str, message: str, operation: str = "") -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code, self.message, self.operation = code, message, operation


class Transient(AwsError):
    """Certainly not done, and may work in a moment: not reached, throttled, busy, or credentials to be renewed."""


class Throttled(Transient):
    """AWS answers, and takes no more of these calls just now."""


class Unknown(AwsError):
    """Sent, and no answer: it may have been done."""


class NotFound(AwsError):
    """AWS has no such thing (lists and reads are eventually consistent: it may be new)."""


class Conflict(AwsError):
    """Something of that name is there already."""


class Denied(AwsError):
    """The environment's role may not do that."""


class Invalid(AwsError):
    """AWS does not accept what was sent, now or later."""


def translate(error: Exception, operation: str) -> AwsError:
    """The error of ours for one of botocore's; a programming error is raised as it is."""
    if isinstance(error, ClientError):
        return _of_answer(error, operation)
    if isinstance(error, _NEVER_SENT):
        return Transient("NotReached", "AWS could not be reached.", operation)
    if isinstance(error, _NO_ANSWER):
        return Unknown("NoAnswer", "AWS did not answer in time; it may have done what was asked.", operation)
    if isinstance(error, _NO_CREDENTIALS):
        return Transient("NoCredentials", f"The worker has no usable AWS credentials: {error}", operation)
    if isinstance(error, botocore_exceptions.ParamValidationError):
        return Invalid("ParamValidationError", str(error), operation)
    raise error


def _of_answer(error: ClientError, operation: str) -> AwsError:
    code = error.response.get("Error", {}).get("Code", "Unknown")
    message = error.response.get("Error", {}).get("Message", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return _kind_of(code, status)(code, message, operation)


def _kind_of(code: str, status: int) -> type[AwsError]:
    if code in THROTTLED:
        return Throttled
    if code in BUSY | CREDENTIALS_OVER:
        return Transient
    if status >= 500:
        return Unknown
    if CONFLICT.search(code):
        return Conflict
    if NOT_FOUND.search(code):
        return NotFound
    if DENIED.search(code) or status == 403:
        return Denied
    return Invalid


_NEVER_SENT = (
    botocore_exceptions.EndpointConnectionError,
    botocore_exceptions.ConnectTimeoutError,
    botocore_exceptions.ProxyConnectionError,
    botocore_exceptions.SSLError,
)
_NO_ANSWER = (
    botocore_exceptions.ReadTimeoutError,
    botocore_exceptions.ConnectionClosedError,
    botocore_exceptions.ResponseStreamingError,
    botocore_exceptions.IncompleteReadError,
    botocore_exceptions.HTTPClientError,
)
_NO_CREDENTIALS = (
    botocore_exceptions.NoCredentialsError,
    botocore_exceptions.PartialCredentialsError,
    botocore_exceptions.CredentialRetrievalError,
    botocore_exceptions.TokenRetrievalError,
)
