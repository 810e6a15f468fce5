"""What a worker does by itself while the broker is silent."""

from collections import Counter
from types import SimpleNamespace

import pytest

from controlplane import rounds, schedule
from controlplane.celery import app


def test_everything_that_is_scheduled_is_done_without_the_broker_as_well() -> None:
    app.loader.import_default_modules()
    walked = Counter(name for lane in rounds.lanes() for name in lane)
    assert walked == Counter(entry["task"] for entry in schedule.SCHEDULE.values())
    assert set(walked) <= set(app.tasks)


def test_what_may_take_long_holds_up_nothing_else() -> None:
    alone = [set(lane) for lane in rounds.lanes() if len(lane) == 1]
    assert {"transactions.tasks.deliver"} in alone
    assert {"workflows.tasks.deploy"} in alone


@pytest.mark.django_db
def test_each_task_is_run_as_often_as_the_schedule_says() -> None:
    done: list[str] = []
    made = rounds.Rounds({"often": 0.0, "each minute": 59.0}, done.append)
    made.once()
    made.once()
    assert done == ["often", "each minute", "often"]


@pytest.mark.django_db
def test_what_is_seldom_wanted_waits_for_its_time() -> None:
    done: list[str] = []
    rounds.Rounds({"each hour": 3600.0}, done.append).once()
    assert done == []


@pytest.mark.django_db
def test_a_task_that_fails_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def run(name: str) -> None:
        if name == "breaks":
            raise RuntimeError(name)
        done.append(name)

    rounds.Rounds({"breaks": 1.0, "works": 1.0}, run).once()
    assert done == ["works"]
    assert "rounds.failed" in caplog.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("silent_s", "expected"), [(0.0, []), (rounds.SILENCE_S, ["often"])], ids=["rings", "silent"])
def test_it_sits_still_while_the_broker_rings(
    monkeypatch: pytest.MonkeyPatch, silent_s: float, expected: list[str]
) -> None:
    done: list[str] = []
    made = rounds.Rounds({"often": 0.0}, done.append)
    once_only = iter([False, True])
    monkeypatch.setattr(made._over, "wait", lambda _: next(once_only))
    made.heard()
    monkeypatch.setattr(made, "_heard_at", made._heard_at - silent_s)
    made.go()
    assert done == expected


@pytest.mark.parametrize(
    ("request_of", "is_heard"), [({schedule.CLOCK: True}, True), ({}, False)], ids=["clock", "bell"]
)
def test_only_the_clock_says_that_no_rounds_are_needed(request_of: dict[str, bool], is_heard: bool) -> None:
    made = rounds.Rounds({}, print)
    made._heard_at = 0.0
    rounds._listen(made, SimpleNamespace(request=request_of))
    assert bool(made._heard_at) == is_heard
