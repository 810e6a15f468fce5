"""The page of one transaction: its tabs, and what can be done with it."""

import json
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.answers import text
from tests.factories import (
    BusinessKeyFactory,
    ChoiceResultFactory,
    EventFactory,
    TransactionFactory,
    UserFactory,
    VisitFactory,
    rules,
)
from tests.transactions.samples import ARN, filled, ran
from transactions.models import ChoiceResult, Event, Execution, Transaction
from workflows.models import Deployment, User
from workflows.services import activity

pytestmark = pytest.mark.django_db


def test_it_shows_the_branch_the_rules_and_the_values(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator, output='{"status": "charged"}')
    ChoiceResultFactory.create(execution=row.execution)
    VisitFactory.create(execution=row.execution)
    EventFactory.create(execution=row.execution, type="TaskStateEntered")
    shown = text(page.get(f"/transactions/{row.pk}"))
    for words in (
        "ProcessTransaction",
        "ProcessPurchase",
        "PURCHASE",
        "$.TransactionType",
        "Rule 1",
        "Rule 2",
        "taken",
    ):
        assert words in shown
    for words in ("charged", str(row.pk), ARN):
        assert words in shown


def test_the_path_taken_is_drawn_and_told_and_leads_to_the_data(
    page: Client, operator: User, deployment: Deployment
) -> None:
    row = ran(deployment, operator)
    VisitFactory.create(
        execution=row.execution, state="ProcessTransaction", type="Choice", entered_event=2, next="ProcessPurchase"
    )
    VisitFactory.create(execution=row.execution, entered_event=4)
    ChoiceResultFactory.create(execution=row.execution, entered_event=2)
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert "graph-edge-rule graph-edge-taken" in shown
    assert "ProcessRefund, Task · ProcessRefund, not reached" in shown
    assert f'href="/transactions/{row.pk}/data?visit=4"' in shown


def test_rules_behind_the_one_that_matched_are_shown_as_not_looked_at(
    page: Client, operator: User, deployment: Deployment
) -> None:
    row = ran(deployment, operator)
    ChoiceResultFactory.create(execution=row.execution, rules=rules("PURCHASE")[:1])
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert "Rule 2" in shown
    assert "not looked at" in shown


def test_until_aws_tells_the_predicted_branch_is_shown_as_such(
    page: Client, operator: User, deployment: Deployment
) -> None:
    row = TransactionFactory.create(deployment=deployment, created_by=operator)
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert "predicted" in shown
    assert "graph-edge-predicted" in shown


def test_a_prediction_asks_for_what_is_required_before_it_fails(page: Client, deployment: Deployment) -> None:
    address = "/transactions/predict?workflow=transaction-processor"
    shown = text(page.post(address, filled(**{"/TransactionType": ""})))
    assert "Fill in Transaction type to see which branch it will take." in shown
    assert "cannot be read" not in shown


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
    for number, end in ((1, "THE END"), (2, "another")):
        details = {"input": "x" * 500 + end}
        Event.objects.create(execution=row.execution, number=number, type="Kind", at=timezone.now(), details=details)
    folded = text(page.get(f"/transactions/{row.pk}/events"))
    assert "THE END" not in folded
    assert "?from=1&amp;event=1#event-1" in folded
    unfolded = text(page.get(f"/transactions/{row.pk}/events?from=1&event=1"))
    assert "THE END" in unfolded
    assert "another" not in unfolded


def test_the_history_tab_says_who_did_what(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator)
    activity.record("transaction.submit", row, by=operator)
    shown = text(page.get(f"/transactions/{row.pk}/history"))
    assert ">Submitted<" in shown
    assert operator.username in shown


def test_a_branch_that_no_rule_led_to_says_what_failed(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator, status="failed", error="States.NoChoiceMatched", kind="OTHER")
    ChoiceResultFactory.create(execution=row.execution, next="", rule=None, rules=rules("OTHER"))
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert "no rule matched" in shown
    assert "States.NoChoiceMatched" in shown
    assert "OTHER" in shown


def unreadable() -> list[dict[str, Any]]:
    """The first rule of ProcessTransaction, for an input without a TransactionType."""
    rule = rules("OTHER")[0]
    seen = {"actual": None, "why": "there is no value at $.TransactionType"}
    return [rule | {"test": rule["test"] | seen}]


@pytest.mark.parametrize("noted", [0, None])
def test_a_rule_that_could_not_be_read_is_named_and_those_behind_it_were_not_looked_at(
    page: Client, operator: User, deployment: Deployment, noted: int | None
) -> None:
    row = ran(deployment, operator, status="failed", error="States.Runtime")
    ChoiceResultFactory.create(execution=row.execution, next="", rule=None, rules=unreadable(), unread=noted)
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert "rule 1 could not be read</span>" in shown
    assert "no rule matched" not in shown
    assert "Rule 2" in shown
    assert "not looked at: rule 1 could not be read" in shown
    assert "saw nothing: there is no value at $.TransactionType" in shown


@pytest.mark.parametrize(
    ("test", "says"),
    [
        (
            {"condition": "{% 1 %}", "result": 1, "why": "it gave 1, not true or false"},
            "gave <code>1</code>: it gave 1",
        ),
        ({"op": "and", "tests": [unreadable()[0]["test"]]}, "saw nothing: there is no value at $.TransactionType"),
    ],
)
def test_unread_conditions_and_joined_tests_are_shown_too(
    page: Client, operator: User, deployment: Deployment, test: dict[str, Any], says: str
) -> None:
    row = ran(deployment, operator, status="failed", error="States.Runtime")
    rule = {"index": 0, "next": "ProcessPurchase", "matched": False, "test": test | {"matched": False}}
    ChoiceResultFactory.create(execution=row.execution, next="", rule=None, rules=[rule], unread=0)
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert says in shown
    assert shown.count("not to be read:") == 1


def test_the_data_tab_opens_at_the_innermost_failure(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator, status="failed")
    VisitFactory.create(execution=row.execution, state="Lines", type="Map", entered_event=2, status="failed")
    step = {"state": "Lines", "entered_event": 2, "kind": "iteration", "index": 0}
    VisitFactory.create(execution=row.execution, state="Price", entered_event=4, status="failed", path=[step])
    assert "Input of Price" in text(page.get(f"/transactions/{row.pk}/data"))


def test_the_list_and_the_export_tell_an_unread_rule_from_no_match(
    page: Client, operator: User, deployment: Deployment
) -> None:
    unread, unmatched = ran(deployment, operator, status="failed"), ran(deployment, operator, status="failed")
    ChoiceResultFactory.create(execution=unread.execution, next="", rule=None, rules=unreadable(), unread=0)
    ChoiceResultFactory.create(execution=unmatched.execution, next="", rule=None, rules=rules("OTHER"))
    for address in ("/transactions/", "/transactions/export.csv"):
        answer = page.get(address)
        shown = answer.getvalue().decode() if answer.streaming else text(answer)
        assert shown.count("rule 1 could not be read") == 1
        assert shown.count("no rule matched") == 1


@pytest.mark.parametrize("tab", ["", "/timeline", "/data"])
def test_visits_inside_maps_and_parallels_say_which_iteration_and_branch(
    page: Client, operator: User, deployment: Deployment, tab: str
) -> None:
    row = ran(deployment, operator)
    inside = [
        {"state": "Lines", "entered_event": 2, "kind": "iteration", "index": 2},
        {"state": "Both", "entered_event": 4, "kind": "branch", "index": 0},
    ]
    VisitFactory.create(execution=row.execution, state="Decide", type="Choice", path=inside, entered_event=5)
    ChoiceResultFactory.create(execution=row.execution, state="Decide", entered_event=5)
    shown = text(page.get(f"/transactions/{row.pk}{tab}"))
    place = 'Decide<span class="place">Lines #2 › Both branch 1</span>'
    assert shown.count(place) == {"": 2, "/timeline": 1, "/data": 3}[tab]


def test_the_timeline_indents_what_lies_deep(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator)
    step = {"state": "Lines", "entered_event": 2, "kind": "iteration", "index": 0}
    for depth in (3, 9):
        VisitFactory.create(execution=row.execution, path=[step] * depth)
    shown = text(page.get(f"/transactions/{row.pk}/timeline"))
    assert "depth-3" in shown
    assert "depth-6" in shown


def test_the_default_is_shown_when_it_was_taken(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator)
    ChoiceResultFactory.create(execution=row.execution, next="Review", rule="default", rules=rules("OTHER"))
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert "When no rule above is true." in shown
    assert "Review" in shown


def test_history_against_the_rules_shows_history_and_warns(
    page: Client, operator: User, deployment: Deployment
) -> None:
    row = ran(deployment, operator)
    ChoiceResultFactory.create(
        execution=row.execution, next="ProcessRefund", rule=None, explained_next="ProcessPurchase", agrees=False
    )
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert "AWS went to ProcessRefund; by the rules as read here it would go to ProcessPurchase." in shown
    assert '<span class="chip plain tone-success">taken</span>' not in shown


def passed(row: Transaction, count: int, **last: Any) -> None:
    """Choice states C0, C1, ... one after the other; the last as given."""
    for number in range(count):
        values: dict[str, Any] = {"position": number, "state": f"C{number}", "entered_event": number}
        ChoiceResultFactory.create(execution=row.execution, **values | (last if number == count - 1 else {}))


def in_full(shown: str) -> list[str]:
    """The Choice states whose rules are seen at once."""
    return re.findall(r'<h2 id="choice-\d+">(\w+)', shown)


def test_a_few_choice_results_are_all_shown_in_full(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator)
    passed(row, 3)
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert in_full(shown) == ["C0", "C1", "C2"]
    assert "Other Choice results" not in shown


@pytest.mark.parametrize(
    ("at", "values"), [(1, {"next": "", "rule": None}), (2, {"agrees": False}), (5, {}), (4, {"path": []})]
)
def test_of_many_choice_results_the_one_that_matters_is_shown_and_the_others_are_folded(
    page: Client, operator: User, deployment: Deployment, at: int, values: dict[str, Any]
) -> None:
    row = ran(deployment, operator)
    passed(row, 6)
    if "path" in values:  # all but this one are inside of a Map
        step = {"state": "Lines", "entered_event": 0, "kind": "iteration", "index": 0}
        for number in range(6):
            path = [] if number == at else [step]
            VisitFactory.create(execution=row.execution, state=f"C{number}", entered_event=number, path=path)
    else:
        ChoiceResult.objects.filter(execution=row.execution, position=at).update(**values)
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert in_full(shown) == [f"C{at}"]
    assert shown.count('class="folded"') == 5


def test_of_very_many_choice_results_the_last_hundred_are_folded(
    page: Client, operator: User, deployment: Deployment
) -> None:
    row = ran(deployment, operator)
    passed(row, 103)
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert shown.count('class="folded"') == 100
    assert "100, the last of 102" in shown


def test_a_choice_without_rules_says_so(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator)
    passed(row, 1, rule="default", rules=[], next="Review")
    assert "It has no rules, so its Default was taken." in text(page.get(f"/transactions/{row.pk}"))


@pytest.mark.parametrize(("kind", "is_in_vain"), [("Choice", True), ("Fail", True), ("Task", False)])
def test_a_redrive_that_would_fail_again_is_only_offered_with_that_said(
    page: Client, operator: User, deployment: Deployment, kind: str, is_in_vain: bool
) -> None:
    row = ran(deployment, operator, status="failed", error="Declined")
    VisitFactory.create(execution=row.execution, state="Last", type=kind, status="failed")
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert ("Redrive all the same" in shown) is is_in_vain
    assert ("Last again" in shown or "again at Last" in shown) is is_in_vain
    assert f'action="/transactions/{row.pk}/redrive"' in shown


def test_what_an_embedded_aws_was_stopped_in_is_not_offered_to_be_redriven(
    page: Client, operator: User, deployment: Deployment
) -> None:
    row = ran(deployment, operator, status="failed", error="EmbeddedAws.Stopped")
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert "does not know where it stood. Run it again instead." in shown
    assert f'action="/transactions/{row.pk}/redrive"' not in shown


def test_a_function_is_told_by_its_message_and_a_redrive_is_waited_for(
    page: Client, operator: User, deployment: Deployment
) -> None:
    cause = '{"errorMessage": "it is flaky", "errorType": "Flaky", "stackTrace": ["  File app.py"]}'
    row = ran(deployment, operator, status="failed", error="Flaky", cause=cause, redrive_requested_at=timezone.now())
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert '<p class="wrap">it is flaky</p>' in shown
    assert "Stack trace" in shown
    assert "data-live-every" in shown.split('id="transaction"')[1].split(">")[0]


def test_waiting_for_aws_is_said(page: Client, operator: User, deployment: Deployment) -> None:
    since = timezone.now() - timedelta(minutes=2)
    row = TransactionFactory.create(
        deployment=deployment, created_by=operator, waiting_since=since, waiting_for="Could not connect"
    )
    shown = text(page.get(f"/transactions/{row.pk}"))
    assert "AWS could not be reached" in shown
    assert "Could not connect" in shown


def test_while_it_is_open_it_asks_again_and_only_news_are_sent(
    page: Client, operator: User, deployment: Deployment
) -> None:
    row = TransactionFactory.create(deployment=deployment, created_by=operator, status="running")
    shown = page.get(f"/transactions/{row.pk}")
    assert "data-live-every" in text(shown)
    version = shown.context["shown"].version
    address = f"/transactions/{row.pk}/live"
    assert page.get(address, {"version": version}).status_code == 204
    Transaction.objects.filter(pk=row.pk).update(status="succeeded", version=2)
    answer = page.get(address, {"version": version})
    assert "Succeeded" in text(answer)
    assert "data-live-every" not in text(answer)


def test_looking_at_a_running_one_makes_its_history_read_first(
    page: Client, operator: User, deployment: Deployment
) -> None:
    row = TransactionFactory.create(deployment=deployment, created_by=operator, status="running")
    Execution.objects.filter(pk=row.pk).update(arn=ARN)
    page.get(f"/transactions/{row.pk}")
    execution = Execution.objects.get(pk=row.pk)
    assert execution.watched_until
    assert execution.watched_until > timezone.now()
    assert execution.next_sync_at


def test_looking_at_one_that_is_over_changes_nothing(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator)
    page.get(f"/transactions/{row.pk}")
    assert Execution.objects.get(pk=row.pk).watched_until is None


def test_stopping_one_that_was_not_started_ends_it(page: Client, operator: User, deployment: Deployment) -> None:
    row = TransactionFactory.create(deployment=deployment, created_by=operator)
    page.post(f"/transactions/{row.pk}/stop")
    row.refresh_from_db()
    assert row.status == "aborted"


def test_stopping_one_that_is_over_says_so(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator)
    assert "It was over already" in text(page.post(f"/transactions/{row.pk}/stop", follow=True))


def test_running_again_starts_from_the_same_input(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator, status="failed")
    draft = page.get(f"/transactions/{row.pk}/again").context["draft"]
    assert draft.typed["/Amount"] == "50.25"
    page.post(f"/transactions/{row.pk}/again", filled(**{"/Amount": "9.00"}))
    again = Transaction.objects.get(rerun_of=row)
    assert '"Amount":9.00' in again.input
    assert str(again.pk) in text(page.get(f"/transactions/{row.pk}"))


def test_a_viewer_sees_no_buttons_and_is_refused(client: Client, operator: User, deployment: Deployment) -> None:
    client.force_login(UserFactory.create(role="viewer"))
    row = TransactionFactory.create(deployment=deployment, created_by=operator)
    shown = text(client.get(f"/transactions/{row.pk}"))
    assert "/stop" not in shown
    assert "/again" not in shown
    assert client.post(f"/transactions/{row.pk}/stop").status_code == 403
    assert client.post(f"/transactions/{row.pk}/again", filled()).status_code == 403


def test_what_people_wrote_is_shown_as_text(page: Client, operator: User, deployment: Deployment) -> None:
    attack = "<img src=x onerror=alert(1)>\"'</script>"
    row = ran(
        deployment,
        operator,
        status="failed",
        reference=attack,
        input=json.dumps({attack: attack}),
        output=json.dumps(attack),
        error=attack,
        cause=attack,
    )
    ChoiceResultFactory.create(execution=row.execution, state=attack, next=attack, rules=rules(attack))
    VisitFactory.create(execution=row.execution, state=attack, input=attack, output=attack, error=attack, cause=attack)
    EventFactory.create(execution=row.execution, details={"input": attack}, state=attack)
    BusinessKeyFactory.create(transaction=row, text=attack)
    for address in (f"/transactions/{row.pk}", "/transactions/", "/", f"/transactions/{row.pk}/again"):
        assert "<img" not in text(page.get(address))


def test_input_and_output_can_be_had_as_they_are(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator, output='{"n":1.50}')
    answer = page.get(f"/transactions/{row.pk}/output.json")
    assert (text(answer), answer.headers["Content-Type"]) == ('{"n":1.50}', "application/json")
    assert text(page.get(f"/transactions/{row.pk}/input.json")) == row.input


@pytest.mark.parametrize("rest", ["", "/live", "/again", "/input.json", "/output.json"])
def test_an_unknown_one_is_not_found(page: Client, rest: str) -> None:
    assert page.get(f"/transactions/{uuid.uuid4()}{rest}").status_code == 404


def test_its_page_costs_the_same_with_many_rows(
    page: Client, operator: User, deployment: Deployment, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    row = ran(deployment, operator)
    for _ in range(30):
        ChoiceResultFactory.create(execution=row.execution)
        VisitFactory.create(execution=row.execution)
        EventFactory.create(execution=row.execution)
    with django_assert_max_num_queries(12):
        page.get(f"/transactions/{row.pk}")


def test_what_no_worker_takes_says_so(client: Client, operator: User) -> None:
    client.force_login(operator)
    row = TransactionFactory.create(created_by=operator, next_attempt_at=timezone.now())
    said = "No worker has taken it yet."
    before = client.get(f"/transactions/{row.pk}")
    assert said not in text(before)
    Transaction.objects.filter(pk=row.pk).update(next_attempt_at=timezone.now() - timedelta(minutes=2))
    assert said in text(client.get(f"/transactions/{row.pk}"))
    part = client.get(f"/transactions/{row.pk}/live", {"version": before.context["shown"].version})
    assert part.status_code == 200  # the page that was open learns of it too
