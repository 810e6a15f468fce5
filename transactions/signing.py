"""Signatures of messages: Standard Webhooks given and checked, other senders' ways checked. Pure: no clock, no I/O.

Several secrets may be valid at once, so that they can be rotated: a message is signed with each, and one is enough.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX = "whsec_"
VERSION = "v1"
SECRET_BYTES = 32
WINDOW_S = 300
MOST_SIGNATURES = 20  # what one header may make us compare
LONGEST_ID = 256
NO_FIT = "No signature fits: another secret, or the body was changed."


class BadSecret(ValueError):
    """The text is no secret: `whsec_` and base64 are wanted."""


class NotVerified(Exception):
    """The message was not signed with any of the secrets, or not now; its text says which, and repeats nothing sent."""


def new_secret() -> str:
    """A secret of 256 random bits, as Standard Webhooks writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sign(secret: str, *, id: str, at: int, body: bytes) -> str:
    """The signature of one message sent at `at` (Unix seconds). Raises BadSecret."""
    digest = hmac.digest(_key(secret), f"{id}.{at}.".encode() + body, hashlib.sha256)
    return f"{VERSION},{base64.b64encode(digest).decode()}"


def signed_headers(secrets: Iterable[str], *, id: str, at: int, body: bytes) -> dict[str, str]:
    """The three headers of one message, signed with every secret. Raises BadSecret."""
    signatures = " ".join(sign(secret, id=id, at=at, body=body) for secret in secrets)
    return {ID: id, TIMESTAMP: str(at), SIGNATURE: signatures}


def verify(secrets: Iterable[str], headers: Mapping[str, str], body: bytes, *, now: float) -> str:
    """The message's id, if one of `secrets` signed it within five minutes of `now` (Unix seconds).

    Raises NotVerified, BadSecret.
    """
    given = {name.lower(): value for name, value in headers.items()}
    for name in (ID, TIMESTAMP, SIGNATURE):
        if not given.get(name):
            raise NotVerified(f"The header {name} is missing.")
    message = given[ID]
    if len(message) > LONGEST_ID:
        raise NotVerified(f"{ID} is longer than {LONGEST_ID} characters.")
    at = _seconds(given[TIMESTAMP])
    require_recent(at, now)
    wanted = [sign(secret, id=message, at=at, body=body) for secret in secrets]
    offered = given[SIGNATURE].split(" ")[:MOST_SIGNATURES]
    # Every pair is compared, so that the time it takes tells nothing.
    if not sum(is_same(one, other) for one in wanted for other in offered):
        raise NotVerified(NO_FIT)
    return message


def verify_body(secrets: Iterable[str], given: str | None, body: bytes, *, prefix: str = "") -> None:
    """Pass if `given` is an HMAC-SHA256 of the body, in hex or base64 after `prefix` (as GitHub's `sha256=`).

    Neither a time nor an id is signed: whoever saw the message may send it again. Raises NotVerified.
    """
    if not given:
        raise NotVerified("The header with the signature is missing.")
    if not given.startswith(prefix):
        raise NotVerified(f"The signature does not begin with {prefix}.")
    if not sum(_is_hmac(given.removeprefix(prefix), secret, body) for secret in secrets):
        raise NotVerified(NO_FIT)


def verify_timed(secrets: Iterable[str], given: str | None, body: bytes, *, now: float) -> None:
    """Pass if `given` is `t=<seconds>,v1=<hex>` as Stripe writes it, signed within five minutes of `now`.

    Raises NotVerified.
    """
    if not given:
        raise NotVerified("The header with the signature is missing.")
    parts = [part.strip().partition("=") for part in given.split(",")[:MOST_SIGNATURES]]
    times = [value for name, _, value in parts if name == "t"]
    if len(times) != 1:
        raise NotVerified("The signature has no time: t=<seconds>,v1=<signature> is wanted.")
    at = _seconds(times[0])
    require_recent(at, now)
    signed = f"{times[0]}.".encode() + body
    offered = [value for name, _, value in parts if name == "v1"]
    if not sum(_is_hmac(one, secret, signed) for secret in secrets for one in offered):
        raise NotVerified(NO_FIT)


def verify_bearer(secrets: Iterable[str], given: str | None) -> None:
    """Pass if `given` is one of the secrets, alone or after `Bearer`. Nothing is signed. Raises NotVerified."""
    if not given:
        raise NotVerified("The header with the secret is missing.")
    scheme, _, token = given.strip().partition(" ")
    offered = token.strip() if scheme.lower() == "bearer" and token else given.strip()
    if not sum(is_same(offered, secret) for secret in secrets):
        raise NotVerified("The secret is another.")


def _is_hmac(given: str, secret: str, signed: bytes) -> bool:
    digest = hmac.digest(secret.encode(), signed, hashlib.sha256)
    return is_same(given.lower(), digest.hex()) | is_same(given, base64.b64encode(digest).decode())


def require_recent(at: int, now: float) -> None:
    """Pass if a message signed at `at` may still be taken at `now` (both Unix seconds). Raises NotVerified."""
    if at < now - WINDOW_S:
        raise NotVerified(f"It was signed more than {WINDOW_S} s ago.")
    if at > now + WINDOW_S:
        raise NotVerified(f"It was signed more than {WINDOW_S} s from now: one of the clocks is wrong.")


def is_same(one: str, other: str) -> bool:
    """Whether two signatures or secrets are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass"))


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise NotVerified("The time of the signature is no number of seconds.")
    return int(text)


def _key(secret: str) -> bytes:
    """The bytes a secret stands for; base64 without its padding is taken too."""
    text = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSecret("A secret is whsec_ and base64.") from error
    if not key:
        raise BadSecret("A secret is not empty.")
    return key
