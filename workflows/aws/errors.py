"""What can come of a call, by what a caller should do about it; and the reading of botocore's exceptions."""

import re
from urllib.parse import urlsplit

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
UNKNOWN_NAME = re.compile(r"resolve|name or service|getaddrinfo|nodename|name resolution")
CONFLICT = re.compile(r"(AlreadyExists|Conflict|Exists)(Exception)?$|^EntityAlreadyExists$")
DENIED = re.compile(
    r"^(AccessDenied|Unauthorized|NotAuthorized|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature)"
)


class AwsError(Exception):
    """AWS did not do what was asked: its code and message, and the operation asked for.

    `reason` is which limit was met, where Lambda tells it.
    """

    reason = ""

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
        return Transient("NotReached", f"AWS could not be reached{_why(error)}.", operation)
    if isinstance(error, _NO_ANSWER):
        return Unknown("NoAnswer", "AWS did not answer in time; it may have done what was asked.", operation)
    if isinstance(error, _NO_CREDENTIALS):
        return Transient("NoCredentials", f"The worker has no usable AWS credentials: {error}", operation)
    if isinstance(error, botocore_exceptions.ParamValidationError):
        return Invalid("ParamValidationError", str(error), operation)
    raise error


def _why(error: Exception) -> str:
    """Which address it was, what became of the try, and what to look at; in words, as far as botocore tells."""
    told = getattr(error, "kwargs", {})
    address = urlsplit(str(told.get("endpoint_url") or told.get("proxy_url") or "")).hostname
    text = str(told.get("error", "")).lower()
    ways = (
        (UNKNOWN_NAME.search(text), "that name is not known there: look at the region and at the worker's DNS"),
        ("refused" in text, "it refused the connection: look at the address, the proxy and the firewall"),
        ("ssl" in text or "certificate" in text, "its certificate is not trusted: look at the proxy and the clock"),
        ("timed out" in text or "timeout" in type(error).__name__.lower(), "no answer: look at the way out, as a NAT"),
    )
    why = next((words for is_so, words in ways if is_so), "look at the worker's network")
    return f" at {address}: {why}" if address else f": {why}"


def _of_answer(error: ClientError, operation: str) -> AwsError:
    code = error.response.get("Error", {}).get("Code", "Unknown")
    message = error.response.get("Error", {}).get("Message", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    told = _kind_of(code, status)(code, message, operation)
    told.reason = str(error.response.get("Reason", ""))
    return told


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
