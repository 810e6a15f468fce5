"""Pages of transactions: list, form, one transaction."""

import json
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.answers import text
from tests.factories import (
    BusinessKeyFactory,
    ChoiceResultFactory,
    DeploymentFactory,
    EventFactory,
    TransactionFactory,
    UserFactory,
    VisitFactory,
    rules,
)
from transactions import freshness
from transactions.models import ChoiceResult, Event, Execution, Transaction
from workflows.models import Deployment, User
from workflows.services import activity

pytestmark = pytest.mark.django_db
ARN = "arn:aws:states:us-east-1:123456789012:execution:signalbox-transaction-processor:x"


@pytest.fixture
def operator() -> User:
    return UserFactory.create()


@pytest.fixture
def page(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


@pytest.fixture
def deployment() -> Deployment:
    return DeploymentFactory.create()


def filled(**changes: str) -> dict[str, str]:
    form = {
        "mode": "form",
        "key": uuid.uuid4().hex,
        "/TransactionType": "PURCHASE",
        "/CustomerId": "c1",
        "/Amount": "50",
    }
    return form | changes


# ---- submitting


def test_one_chooses_among_the_workflows_that_are_live(page: Client, deployment: Deployment) -> None:
    DeploymentFactory.create(workflow_revision__workflow__name="asleep", is_live=False)
    shown = text(page.get("/transactions/new"))
    assert "?workflow=transaction-processor" in shown
    assert "asleep" not in shown


def test_without_a_live_workflow_the_page_says_to_deploy_one(page: Client) -> None:
    assert "No workflow is deployed here" in text(page.get("/transactions/new"))


@pytest.mark.parametrize(("name", "says"), [("nope", "is not known"), ("asleep", "is not deployed to")])
def test_a_workflow_that_cannot_be_run_is_refused_by_its_name(
    page: Client, deployment: Deployment, name: str, says: str
) -> None:
    DeploymentFactory.create(workflow_revision__workflow__name="asleep", is_live=False)
    looked, sent = (ask(f"/transactions/new?workflow={name}") for ask in (page.get, page.post))
    assert (looked.status_code, sent.status_code) == (404, 422)
    assert f"workflow: “{name}” {says}" in text(sent)
    assert "?workflow=transaction-processor" in text(sent)
    assert not Transaction.objects.exists()


def test_a_form_that_names_no_workflow_is_refused(page: Client, deployment: Deployment) -> None:
    answer = page.post("/transactions/new", filled())
    assert answer.status_code == 422
    assert "workflow: this must be named" in text(answer)


def test_an_input_of_three_megabytes_is_refused_at_its_field(page: Client, deployment: Deployment) -> None:
    sent = filled(**{"/Note": "x" * 3_000_000})
    answer = page.post("/transactions/new?workflow=transaction-processor", sent)
    assert answer.status_code == 422
    assert "262,144" in text(answer)


def test_a_form_too_large_to_be_read_is_refused_in_words(page: Client, deployment: Deployment) -> None:
    sent = filled(**{"/Note": "x" * 5_000_000})
    answer = page.post("/transactions/new?workflow=transaction-processor", sent)
    assert answer.status_code == 413
    assert "too large" in text(answer)


def test_the_form_is_made_from_the_input_schema(page: Client, deployment: Deployment) -> None:
    shown = text(page.get("/transactions/new?workflow=transaction-processor"))
    for words in ("Transaction type", 'name="/Amount"', "PURCHASE", "REFUND", "optional"):
        assert words in shown


def test_submitting_leads_to_the_transaction(page: Client, operator: User, deployment: Deployment) -> None:
    sent = filled(**{"/Amount": "50.10", "reference": "order-1"})
    answer = page.post("/transactions/new?workflow=transaction-processor", sent)
    row = Transaction.objects.get()
    assert answer.headers["Location"] == f"/transactions/{row.pk}"
    assert row.input == '{"TransactionType":"PURCHASE","CustomerId":"c1","Amount":50.10}'
    assert (row.reference, row.created_by, row.revision) == ("order-1", operator, deployment.workflow_revision)


def test_sending_the_same_form_twice_submits_once(page: Client, deployment: Deployment) -> None:
    sent = filled()
    first = page.post("/transactions/new?workflow=transaction-processor", sent)
    second = page.post("/transactions/new?workflow=transaction-processor", sent)
    assert first.headers["Location"] == second.headers["Location"]
    assert Transaction.objects.count() == 1


def test_sending_it_again_with_other_values_asks_once_more(page: Client, deployment: Deployment) -> None:
    sent = filled()
    page.post("/transactions/new?workflow=transaction-processor", sent)
    answer = page.post("/transactions/new?workflow=transaction-processor", sent | {"/Amount": "51"})
    assert answer.status_code == 422
    assert "sent before with other values" in text(answer)
    assert answer.context["draft"].key != sent["key"]


def test_errors_stand_at_the_field_and_what_was_typed_is_kept(page: Client, deployment: Deployment) -> None:
    sent = filled(**{"/Amount": "-3", "/Note": "keep me", "reference": "and me"})
    answer = page.post("/transactions/new?workflow=transaction-processor", sent)
    assert answer.status_code == 422
    amount = next(control for control in answer.context["draft"].controls if control.name == "/Amount")
    assert amount.error
    assert amount.value == "-3"
    assert "keep me" in text(answer)
    assert "and me" in text(answer)
    assert not Transaction.objects.exists()


def test_a_missing_field_is_named_at_the_field(page: Client, deployment: Deployment) -> None:
    answer = page.post("/transactions/new?workflow=transaction-processor", filled(**{"/CustomerId": ""}))
    customer = next(control for control in answer.context["draft"].controls if control.name == "/CustomerId")
    assert customer.error


def test_raw_json_is_taken_too(page: Client, deployment: Deployment) -> None:
    sent = {"mode": "json", "input": '{"TransactionType": "REFUND", "CustomerId": "c", "Amount": 1e2}', "key": "k"}
    page.post("/transactions/new?workflow=transaction-processor", sent)
    assert json.loads(Transaction.objects.get().input)["Amount"] == 100


@pytest.mark.parametrize(
    "text_sent", ["", "{", "[]", "NaN", '{"a": 1, "a": 2}', "[" * 100_000, '"\\ud800"', "1" * 5000]
)
def test_bad_json_is_refused_with_a_reason(page: Client, deployment: Deployment, text_sent: str) -> None:
    sent = {"mode": "json", "input": text_sent, "key": "k"}
    answer = page.post("/transactions/new?workflow=transaction-processor", sent)
    assert answer.status_code == 422
    assert answer.context["draft"].other_problems
    assert not Transaction.objects.exists()


def test_switching_to_json_keeps_what_was_typed(page: Client, deployment: Deployment) -> None:
    sent = filled(**{"/Amount": "7.50", "action": "as-json"})
    draft = page.post("/transactions/new?workflow=transaction-processor", sent).context["draft"]
    assert draft.mode == "json"
    assert '"Amount": 7.50' in draft.text
    assert not Transaction.objects.exists()


def test_who_may_not_submit_is_told_so(client: Client, deployment: Deployment) -> None:
    client.force_login(UserFactory.create(role="viewer"))
    address = "/transactions/new?workflow=transaction-processor"
    assert "You need the permission to submit" in text(client.get(address))
    assert client.post(address, filled()).status_code == 403


# ---- one transaction


def ran(deployment: Deployment, person: User, **values: object) -> Transaction:
    now = timezone.now()
    times = {"started_at": now, "finished_at": now + timedelta(seconds=1)}
    row = TransactionFactory.create(
        deployment=deployment, created_by=person, **{"status": "succeeded", **times, **values}
    )
    Execution.objects.filter(pk=row.pk).update(arn=ARN, read_at=now)
    return row


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


def test_a_prediction_names_the_rule_that_cannot_be_read(page: Client, deployment: Deployment) -> None:
    address = "/transactions/predict?workflow=transaction-processor"
    shown = text(page.post(address, filled(**{"/TransactionType": ""})))
    assert "Rule 1 of ProcessTransaction cannot be read: this would fail with States.Runtime." in shown


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


def test_events_are_paged(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator)
    Event.objects.bulk_create(
        Event(execution=row.execution, number=n, type=f"Kind{n}", at=timezone.now()) for n in range(1, 402)
    )
    first = text(page.get(f"/transactions/{row.pk}/events"))
    assert "?from=301" in first
    assert "Kind401" in text(page.get(f"/transactions/{row.pk}/events?from=301"))


def test_the_history_tab_says_who_did_what(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator)
    activity.record("transaction.submit", row, by=operator)
    shown = text(page.get(f"/transactions/{row.pk}/history"))
    assert "transaction.submit" in shown
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


# ---- the list


def test_the_list_shows_branch_keys_and_errors(page: Client, operator: User, deployment: Deployment) -> None:
    row = ran(deployment, operator, status="failed", error="PaymentDeclined", reference="order-9")
    ChoiceResultFactory.create(execution=row.execution)
    BusinessKeyFactory.create(transaction=row, name="amount", text="50.25")
    shown = text(page.get("/transactions/"))
    for words in ("order-9", "ProcessPurchase", "PaymentDeclined", "50.25", "Failed"):
        assert words in shown


def test_filters_are_in_the_address_and_shown_as_chips(page: Client, operator: User, deployment: Deployment) -> None:
    ran(deployment, operator, reference="good-1")
    ran(deployment, operator, status="failed", reference="bad-1")
    shown = text(page.get("/transactions/?status=failed&workflow=transaction-processor"))
    assert "bad-1" in shown
    assert "good-1" not in shown
    assert "status: Failed" in shown
    assert 'href="?workflow=transaction-processor"' in shown


def test_filters_no_control_shows_are_carried_along(page: Client, deployment: Deployment) -> None:
    shown = text(page.get("/transactions/?not.status=succeeded&cursor="))
    assert '<input type="hidden" name="not.status" value="succeeded">' in shown


def test_one_workflow_gives_its_business_keys_as_columns_and_filters(
    page: Client, operator: User, deployment: Deployment
) -> None:
    BusinessKeyFactory.create(transaction=ran(deployment, operator, reference="a-1"), name="customer_id", text="c-1")
    BusinessKeyFactory.create(transaction=ran(deployment, operator, reference="b-1"), name="customer_id", text="c-2")
    shown = text(page.get("/transactions/?workflow=transaction-processor&key.customer_id=c-2"))
    assert '<th scope="col">customer_id</th>' in shown
    assert "b-1" in shown
    assert "a-1" not in shown


def test_a_filter_that_cannot_be_understood_says_so(page: Client, deployment: Deployment) -> None:
    shown = text(page.get("/transactions/?status=nonsense&created_after=yesterday"))
    assert "no status" in shown
    assert "created_after" in shown
    assert "Nothing was looked for" in shown
    assert "that fit" not in shown


def test_what_needs_somebody_can_be_listed(page: Client, operator: User, deployment: Deployment) -> None:
    since = timezone.now()
    TransactionFactory.create(deployment=deployment, created_by=operator, reference="waits-1", waiting_since=since)
    TransactionFactory.create(deployment=deployment, created_by=operator, reference="stuck-1", stuck_since=since)
    TransactionFactory.create(deployment=deployment, created_by=operator, reference="fine-1")
    stuck = text(page.get("/transactions/?attention=stuck"))
    assert "stuck-1" in stuck
    assert "waits-1" not in stuck
    assert "fine-1" not in stuck
    assert "waits-1" in text(page.get("/transactions/?attention=waiting"))


def test_pages_lead_to_older_ones_and_back(page: Client, operator: User, deployment: Deployment) -> None:
    begin = timezone.now() - timedelta(hours=2)
    for number in range(60):
        at = begin + timedelta(minutes=number)
        TransactionFactory.create(deployment=deployment, created_by=operator, reference=f"n-{number:02}", created_at=at)
    first = page.get("/transactions/")
    assert "n-59" in text(first)
    assert "n-09" not in text(first)
    second = page.get("/transactions/", {"cursor": first.context["page"].next})
    assert "n-09" in text(second)
    assert "n-10" not in text(second)
    back = page.get("/transactions/", {"cursor": second.context["page"].previous})
    assert "n-10" in text(back)


def test_a_cursor_nobody_gave_is_not_found(page: Client) -> None:
    assert page.get("/transactions/?cursor=nonsense").status_code == 404


def test_filters_that_fit_nothing_say_how_to_go_on(page: Client, deployment: Deployment) -> None:
    assert "None fits all of these filters" in text(page.get("/transactions/?status=aborted"))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?workflow=transaction-processor&not.workflow=transaction-processor&environment=default",
        "?workflow=transaction-processor&status=succeeded&branch=ProcessPurchase&key.customer_id=C-1&created_before=2100-01-01",
    ],
)
def test_the_list_costs_the_same_with_many_rows_and_filters(
    query: str,
    page: Client,
    operator: User,
    deployment: Deployment,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(freshness, "REMEMBERED_S", 60)  # a busy machine takes longer than two seconds over a page
    for _ in range(20):
        row = ran(deployment, operator)
        ChoiceResultFactory.create(execution=row.execution)
        BusinessKeyFactory.create(transaction=row)
    cache.clear()  # another test's may be about to be forgotten
    page.get("/transactions/")  # what is remembered for seconds is asked for once
    with django_assert_max_num_queries(8):
        page.get(f"/transactions/{query}")


def test_a_form_sent_before_comes_back_to_whom_it_belongs(page: Client, deployment: Deployment) -> None:
    sent = {"mode": "form", "key": "k1", "/TransactionType": "REFUND", "/CustomerId": "C-9", "/Amount": "5"}
    address = "/transactions/new?workflow=transaction-processor"
    page.post(address, sent | {"reference": "order-9"})
    back = text(page.get(f"{address}&sent=k1"))
    assert "This was sent already" in back
    assert 'value="C-9"' in back
    assert 'name="key" value="k1"' in back
    assert "This was sent already" not in text(page.get(f"{address}&sent=unknown"))
    page.force_login(UserFactory.create(role="operator"))
    assert "C-9" not in text(page.get(f"{address}&sent=k1"))
