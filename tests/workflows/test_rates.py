"""So many a second and no more, counted in Redis by all processes together, or by each alone."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from workflows import rates
from workflows.rates import BURST_S, seconds_to_wait


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    rates._script.cache_clear()
    yield
    rates._script.cache_clear()


def test_a_burst_goes_through_then_each_waits_for_its_turn(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL, now = "", [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    assert [seconds_to_wait("a", 2) for _ in range(2 * BURST_S)] == [0] * 2 * BURST_S
    assert seconds_to_wait("a", 2) == pytest.approx(0.5)
    assert seconds_to_wait("b", 2) == 0
    now[0] += 0.5
    assert seconds_to_wait("a", 2) == 0
    assert seconds_to_wait("a", 2) == pytest.approx(0.5)


def test_no_limit_is_no_limit(settings: Any) -> None:
    assert not any(seconds_to_wait("free", 0) for _ in range(1_000))


def test_redis_counts_for_all(settings: Any, valkey: str) -> None:
    settings.REDIS_URL = valkey
    asked = [seconds_to_wait("shared", 0.001) for _ in range(2)]
    rates._here.full_at.clear()
    assert asked[0] == 0
    assert 0 < asked[1] <= 1_000
    assert seconds_to_wait("shared", 0.001) > 0


def test_a_redis_that_is_gone_stops_nobody(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(rates, "_quiet_until", 0.0)
    assert seconds_to_wait("gone", 1) == 0
    assert rates._quiet_until > time.monotonic(), "it is left alone for a while"
