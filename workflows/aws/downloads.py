"""Fetching what AWS gives an address for instead of the thing itself: the code of a function."""

from typing import Any
from urllib.parse import urlsplit

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from workflows.aws.clients import Target
from workflows.aws.errors import Invalid, Unknown

LONGEST_S = 60
LARGEST = 50 * 1024 * 1024  # what may be sent to AWS again along with a call
OPERATION = "lambda:GetFunction"


def fetch(target: Target, client: Any, address: str) -> bytes:
    """The bytes at an address that AWS gave to `client`. Raises Unknown, Invalid when there are too many."""
    headers = {}
    if target.endpoint_url:
        # The embedded AWS takes no presigned addresses: there the request itself is signed.
        address = target.endpoint_url + urlsplit(address).path
        headers = _signed(client, address, target.region)
    try:
        with requests.get(address, headers=headers, timeout=LONGEST_S, allow_redirects=False, stream=True) as answer:
            content = answer.raw.read(LARGEST + 1) if answer.status_code == requests.codes.ok else None
    except (requests.RequestException, OSError) as error:
        # Not the error's own words: they hold the presigned address.
        raise Unknown("NotFetched", "Its code could not be fetched: no answer.", OPERATION) from error
    if content is None:
        raise Unknown("NotFetched", f"Its code could not be fetched: the answer was {answer.status_code}.", OPERATION)
    if len(content) > LARGEST:
        raise Invalid("TooLarge", f"Its code has more than {LARGEST:,} bytes.", OPERATION)
    return content


def _signed(client: Any, address: str, region: str) -> dict[str, str]:
    request = AWSRequest("GET", address)
    SigV4Auth(client._get_credentials(), "lambda", region).add_auth(request)
    return dict(request.headers)
