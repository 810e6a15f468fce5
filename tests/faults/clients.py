"""Clients of the API that do as its documentation says: the same key again, until there is an answer."""

import json
import random
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from tests.faults.conftest import INPUT

ASK_AGAIN = (409, 429, 500, 502, 503)
ANSWERED_S = 30


@dataclass
class Submitter:
    """Submits with a key of its own each, and asks again with the same until a web process has acknowledged it."""

    ports: tuple[int, ...]
    token: str
    acknowledged: dict[str, str] = field(default_factory=dict)
    # What went wrong with requests that had got in, other than a refusal in words.
    cut_off: list[str] = field(default_factory=list)

    def submit(self, key: str) -> None:
        """Until there is an answer; whatever went wrong, the same is asked again."""
        while key not in self.acknowledged:
            try:
                with urllib.request.urlopen(self._request(key), timeout=ANSWERED_S) as answer:
                    self.acknowledged[key] = json.load(answer)["id"]
            except urllib.error.HTTPError as error:
                if error.code not in ASK_AGAIN:
                    raise
                time.sleep(0.1)
            except OSError as error:
                if not isinstance(getattr(error, "reason", error), ConnectionRefusedError):
                    self.cut_off.append(repr(error))
                time.sleep(0.1)

    def is_open(self, port: int) -> bool:
        """Whether a web process answers there."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=ANSWERED_S):
                return True
        except OSError:
            return False

    def _request(self, key: str) -> urllib.request.Request:
        body = json.dumps({"workflow": "transaction-processor", "input": json.loads(INPUT)}).encode()
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": key,
            "Content-Type": "application/json",
        }
        address = f"http://127.0.0.1:{random.choice(self.ports)}/api/v1/transactions"
        return urllib.request.Request(address, body, headers)
