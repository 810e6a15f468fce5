"""The tabs of a transaction's page beside its story: timeline, input and output, events, history."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.answers import text
from tests.factories import (
    EventFactory,
    TransactionFactory,
    UserFactory,
    VisitFactory,
)
from tests.transactions.samples import ran
from transactions.models import Event, Execution, Transaction, Visit
from workflows.models import Deployment, User
from workflows.services import activity

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("tab", ["timeline", "data", "events", "history"])
def test_every_tab_has_something_to_say_of_one_that_never_started(
    page: Client, operator: User, deployment: Deployment, tab: str
) -> None:
    row = TransactionFactory.create(deployment=deployment, created_by=operator, status="aborted")
    answer = page.get(f"/transactions/{row.pk}/{tab}")
    assert answer.status_code == 200
    assert 'aria-current="page"' in text(answer)


def test_an_unknown_tab_is_not_found(page: Client, operator: User, deployment: Deployment) -> None:
    row = TransactionFactory.create(deployment=deployment, created_by=operator)
    assert page.get(f"/transactions/{row.pk}/nonsense").status_code == 404


def test_the_timeline_has_a_bar_for_each_visit_and_each_attempt(
    page: Client, operator: User, deployment: Deployment
) -> None:
    row = ran(deployment, operator)
    begun = timezone.now()
    attempts = [
        {"scheduled_at": begun.isoformat(), "ended_at": begun.isoformat(), "outcome": "failed", "error": "E1"},
        {"scheduled_at": begun.isoformat(), "ended_at": None, "outcome": "succeeded", "error": None},
    ]
    VisitFactory.create(execution=row.execution, attempts=attempts, entered_at=begun)
    shown = text(page.get(f"/transactions/{row.pk}/timeline"))
    assert shown.count("timeline-attempt tone-") == 2
    assert "Attempt 1: failed, E1" in shown
    assert "1 retry" in shown


def test_the_data_tab_opens_at_the_state_that_failed(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator, status="failed")
    VisitFactory.create(execution=row.execution, state="First", entered_event=2)
    VisitFactory.create(
        execution=row.execution, state="Second", entered_event=5, status="failed", error="E1", output=""
    )
    shown = text(page.get(f"/transactions/{row.pk}/data"))
    assert "Input of Second" in shown
    assert "Input of First" in text(page.get(f"/transactions/{row.pk}/data?visit=2"))


def test_the_data_tab_says_what_a_state_changed(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator)
    VisitFactory.create(execution=row.execution, input='{"a":1}', output='{"a":2}')
    shown = text(page.get(f"/transactions/{row.pk}/data"))
    assert "diff-removed" in shown
    assert "diff-added" in shown


def test_a_rerun_says_how_its_input_was_edited(page: Client, operator: User, deployment: Deployment) -> None:
    first = ran(deployment, operator)
    again = TransactionFactory.create(
        deployment=deployment, created_by=operator, rerun_of=first, input=first.input.replace("PURCHASE", "REFUND")
    )
    shown = text(page.get(f"/transactions/{again.pk}/data"))
    assert "Input, compared with the run before" in shown
    assert "diff-added" in shown


def test_members_in_another_order_are_no_edit(page: Client, operator: User, deployment: Deployment) -> None:
    first = ran(deployment, operator)
    turned = json.dumps(dict(reversed(json.loads(first.input).items())))
    assert turned != first.input
    again = TransactionFactory.create(deployment=deployment, created_by=operator, rerun_of=first, input=turned)
    assert "diff-added" not in text(page.get(f"/transactions/{again.pk}/data"))


def test_the_time_a_run_was_over_before_its_redrive_is_no_time_of_its_states(
    page: Client, operator: User, deployment: Deployment
) -> None:
    row = ran(deployment, operator)
    Execution.objects.filter(pk=row.pk).update(redrives=1)
    begin = timezone.now() - timedelta(minutes=10)
    at = {
        name: begin + timedelta(seconds=seconds) for name, seconds in (("in", 0), ("end", 4), ("on", 64), ("out", 70))
    }
    for number, (kind, when) in enumerate([("ExecutionAborted", "end"), ("ExecutionRedriven", "on")], 2):
        EventFactory.create(execution=row.execution, number=number, type=kind, at=at[when])
    VisitFactory.create(
        execution=row.execution, state="Hold", type="Wait", entered_at=at["in"], exited_at=at["out"], redrives=1
    )
    shown = page.get(f"/transactions/{row.pk}/timeline")
    (hold,) = [one for one in shown.context["shown"].timeline.rows if one.visit.state == "Hold"]
    assert hold.visit.took == timedelta(seconds=10)
    (pause,) = hold.pauses
    assert (float(pause.x), float(pause.width)) == pytest.approx((57.1, 857.1), abs=0.2)
    assert "timeline-pause" in text(shown)


def test_the_timeline_of_what_runs_reaches_to_now_each_time_it_is_asked_for(
    page: Client, operator: User, deployment: Deployment
) -> None:
    row = ran(deployment, operator, status="running", finished_at=None)
    begun = timezone.now() - timedelta(seconds=10)
    VisitFactory.create(execution=row.execution, state="Hold", status="running", entered_at=begun, exited_at=None)
    VisitFactory.create(execution=row.execution, state="Kind", entered_at=begun, exited_at=begun)
    address = f"/transactions/{row.pk}/timeline"
    whole = text(page.get(address))
    assert 'data-live-every="2"' in whole and re.search(r"1\d(\.\d)? s so far", whole)
    assert ">0 ms<" in whole
    live = f"/transactions/{row.pk}/live?tab=timeline&part=timeline"
    Visit.objects.filter(state="Hold").update(entered_at=begun - timedelta(minutes=30))
    later = page.get(live)
    assert re.search(r"30 min 1\d s so far", text(later)) and 'data-live-every="30"' in text(later)
    assert 'id="transaction"' not in text(later)
    Transaction.objects.filter(pk=row.pk).update(status="aborted", finished_at=begun)
    over = text(page.get(live))
    assert "data-live-every" not in over


def test_events_are_paged(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator)
    Event.objects.bulk_create(
        Event(execution=row.execution, number=n, type=f"Kind{n}", at=timezone.now()) for n in range(1, 402)
    )
    first = text(page.get(f"/transactions/{row.pk}/events"))
    assert "?from=301" in first
    assert "Kind401" in text(page.get(f"/transactions/{row.pk}/events?from=301"))


def test_long_details_of_an_event_are_unfolded_one_at_a_time(
    page: Client, operator: User, deployment: Deployment
) -> None:
    row = ran(deployment, operator)
    for number, end in ((1, "THE END"), (2, "THE OTHER")):
        details = {"input": "x" * 500 + end}
        Event.objects.create(execution=row.execution, number=number, type="Kind", at=timezone.now(), details=details)
    folded = text(page.get(f"/transactions/{row.pk}/events"))
    assert "THE END" not in folded
    assert "?from=1&amp;event=1#event-1" in folded
    unfolded = text(page.get(f"/transactions/{row.pk}/events?from=1&event=1"))
    assert "THE END" in unfolded
    assert "THE OTHER" not in unfolded


def test_the_history_tab_says_who_did_what(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator)
    activity.record("transaction.submit", row, by=operator)
    shown = text(page.get(f"/transactions/{row.pk}/history"))
    assert ">Submitted<" in shown
    assert operator.username in shown


def test_the_history_tab_says_who_ran_it_again_and_leads_to_what_came_of_it(
    page: Client, operator: User, deployment: Deployment
) -> None:
    row = ran(deployment, operator)
    activity.record("transaction.submit", row, by=operator)
    other = UserFactory.create(username="another", role="operator")
    again = TransactionFactory.create(deployment=deployment, created_by=other, rerun_of=row, reference="ORDER-7b")
    activity.record("transaction.submit", again, by=other)
    activity.record("transaction.stop", again, by=other)
    shown = text(page.get(f"/transactions/{row.pk}/history"))
    assert f'Run again as <a href="/transactions/{again.pk}">ORDER-7b</a>' in shown
    Transaction.objects.filter(pk=again.pk).update(reference=row.reference)
    assert f">{again.pk}</a>" in text(page.get(f"/transactions/{row.pk}/history"))
    assert (shown.count(">another<"), "Asked to stop" in shown) == (1, False)
    assert "Run again as" not in text(page.get(f"/transactions/{again.pk}/history"))


def test_the_data_tab_opens_at_the_innermost_failure(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator, status="failed")
    VisitFactory.create(execution=row.execution, state="Lines", type="Map", entered_event=2, status="failed")
    step = {"state": "Lines", "entered_event": 2, "kind": "iteration", "index": 0}
    VisitFactory.create(execution=row.execution, state="Price", entered_event=4, status="failed", path=[step])
    assert "Input of Price" in text(page.get(f"/transactions/{row.pk}/data"))


def test_the_timeline_indents_what_lies_deep(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator)
    step = {"state": "Lines", "entered_event": 2, "kind": "iteration", "index": 0}
    for depth in (3, 9):
        VisitFactory.create(execution=row.execution, path=[step] * depth)
    shown = text(page.get(f"/transactions/{row.pk}/timeline"))
    assert "depth-3" in shown
    assert "depth-6" in shown


def test_input_and_output_can_be_had_as_they_are(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator, output='{"n":1.50}')
    answer = page.get(f"/transactions/{row.pk}/output.json")
    assert (text(answer), answer.headers["Content-Type"]) == ('{"n":1.50}', "application/json")
    assert text(page.get(f"/transactions/{row.pk}/input.json")) == row.input
