"""How a transaction's page tells which branch was taken and why: its rules, and what history says against them."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import (
    ChoiceResultFactory,
    EventFactory,
    TransactionFactory,
    VisitFactory,
    rules,
)
from tests.transactions.samples import ARN, ran
from transactions.models import ChoiceResult, Transaction
from workflows.models import Deployment, User

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
