"""The gateway's own tests count attempts; they do not wait between them."""

import pytest
from botocore.retries.standard import ExponentialBackoff


@pytest.fixture(autouse=True)
def _no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0)
