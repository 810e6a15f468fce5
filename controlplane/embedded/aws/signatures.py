"""Verifies a Signature Version 4: whether who sent a request holds the secret key, and sent exactly this.

Knows neither ASGI nor ministack. Only signatures in the Authorization header that cover the body are accepted: no
presigned addresses, no unsigned or streamed payloads.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ALLOWED_SKEW = timedelta(minutes=15)

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+"
    r"Credential=(?P<key>[^/,\s]+)/(?P<day>\d{8})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)/aws4_request\s*,\s*"
    r"SignedHeaders=(?P<headers>[a-z0-9;._-]+)\s*,\s*"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
_TIMESTAMP = "%Y%m%dT%H%M%SZ"


class SignatureError(Exception):
    """A request is not signed, or not by the key's holder; `code` is AWS's name for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class SignedRequest:
    """A request as it came over the wire: raw target (path and query, still percent-encoded), headers in order."""

    method: str
    host: str
    target: str
    headers: Sequence[tuple[str, str]]

    def values(self, name: str) -> list[str]:
        """Every value of a header; names are compared in lower case."""
        return [value for key, value in self.headers if key.lower() == name]


@dataclass(frozen=True)
class Claim:
    """What an Authorization header says, not yet believed."""

    access_key_id: str
    day: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str


def read_claim(request: SignedRequest, now: datetime) -> Claim:
    """The claim in the Authorization header; raises SignatureError if there is none, or it can't be valid now."""
    found = request.values("authorization")
    match = _AUTHORIZATION.fullmatch(found[0].strip()) if len(found) == 1 else None
    if match is None:
        raise SignatureError("MissingAuthenticationToken", "Requests must carry a Signature Version 4.")
    dates = request.values("x-amz-date")
    claim = Claim(
        access_key_id=match["key"],
        day=match["day"],
        region=match["region"],
        service=match["service"],
        signed_headers=tuple(match["headers"].split(";")),
        signature=match["signature"],
        timestamp=dates[0] if len(dates) == 1 else "",
    )
    _check_date(claim, now)
    _check_coverage(claim, request)
    return claim


def verify(claim: Claim, request: SignedRequest, body: bytes, secrets: Mapping[str, str]) -> None:
    """Raise SignatureError unless `request` with `body` was signed as claimed by a key in `secrets` (id -> secret)."""
    secret = secrets.get(claim.access_key_id)
    if secret is None:
        raise SignatureError("UnrecognizedClientException", "The security token included in the request is invalid.")
    _check_payload(request, body)
    if not hmac.compare_digest(_signature(claim, request, body, secret), claim.signature):
        raise SignatureError("SignatureDoesNotMatch", "The request signature does not match this secret key.")


def _check_date(claim: Claim, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(claim.timestamp, _TIMESTAMP).replace(tzinfo=UTC)
    except ValueError:
        raise SignatureError("IncompleteSignature", "X-Amz-Date is missing or malformed.") from None
    if claim.day != claim.timestamp[:8]:
        raise SignatureError("SignatureDoesNotMatch", "The credential's date is not that of X-Amz-Date.")
    if abs(now - signed_at) > ALLOWED_SKEW:
        raise SignatureError("RequestTimeTooSkewed", "The signature is more than 15 minutes old or ahead.")


def _check_coverage(claim: Claim, request: SignedRequest) -> None:
    """Whatever steers the call must be signed: an added X-Amz-Target would turn one call into another."""
    must = {"host"} | {name.lower() for name, _ in request.headers if name.lower().startswith("x-amz-")}
    if not must <= set(claim.signed_headers):
        raise SignatureError("SignatureDoesNotMatch", "Host and every X-Amz- header must be signed.")


def _check_payload(request: SignedRequest, body: bytes) -> None:
    """X-Amz-Content-SHA256 enters the signature as it stands, so it must be what the body really hashes to."""
    stated = request.values("x-amz-content-sha256")
    if stated and stated != [hashlib.sha256(body).hexdigest()]:
        raise SignatureError("SignatureDoesNotMatch", "X-Amz-Content-SHA256 is not the hash of the body.")


def _signature(claim: Claim, request: SignedRequest, body: bytes, secret: str) -> str:
    signed = AWSRequest(method=request.method, url=f"http://{request.host}{request.target}", data=body)
    for name, value in request.headers:
        if name.lower() in claim.signed_headers:
            signed.headers.add_header(name, value)
    signed.context["timestamp"] = claim.timestamp
    # S3 signs the path as it stands, every other service its normalised form.
    kind = S3SigV4Auth if claim.service.startswith("s3") else SigV4Auth
    auth = kind(Credentials(claim.access_key_id, secret), claim.service, claim.region)
    return str(auth.signature(auth.string_to_sign(signed, auth.canonical_request(signed)), signed))
