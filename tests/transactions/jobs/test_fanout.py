"""Every fact becomes one delivery for each live hook that wants it, and tells exactly what it should."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import (
    BusinessKeyFactory,
    ChoiceResultFactory,
    DeploymentFactory,
    FunctionDeploymentFactory,
    HookFactory,
    TransactionFactory,
    UserFactory,
    WorkflowFactory,
)
from transactions.jobs import fanout
from transactions.models import Delivery, Transaction
from transactions.services import hooks
from workflows.models import Fact
from workflows.services import facts

pytestmark = pytest.mark.django_db
CANARY = "canary-7f3a"


@pytest.fixture
def row() -> Transaction:
    row = TransactionFactory.create(
        status="failed", reference="order-7", output=f'"{CANARY}"', cause=CANARY, input=json.dumps({"card": CANARY})
    )
    BusinessKeyFactory.create(transaction=row)
    BusinessKeyFactory.create(transaction=row, name="amount", text="40.10", number="40.10")
    ChoiceResultFactory.create(execution=row.execution)
    return row


def told(kind: str, subject: object, data: dict[str, object] | None = None) -> list[Delivery]:
    facts.tell(kind, str(subject), data)
    fanout.drain()
    return list(Delivery.objects.filter(kind=kind, subject=str(subject)))


def test_a_message_names_these_fields_and_nothing_that_was_sent_or_answered(row: Transaction) -> None:
    HookFactory.create()
    (delivery,) = told("transaction.failed", row.pk, {"error": "Lambda.Timeout"})
    assert CANARY not in delivery.body
    message = json.loads(delivery.body)
    assert list(message) == ["type", "timestamp", "data"]
    assert message["type"] == "transaction.failed"
    assert message["timestamp"].endswith("Z")
    assert message["data"] == {
        "id": str(row.pk),
        "workflow": "transaction-processor",
        "revision": row.revision.number,
        "environment": "default",
        "status": "failed",
        "reference": "order-7",
        "keys": {"customer_id": "c-1001", "amount": 40.1},
        "choices": [{"state": "ProcessTransaction", "next": "ProcessPurchase", "rule": 0}],
        "error": "Lambda.Timeout",
        "url": f"http://127.0.0.1:8000/api/v1/transactions/{row.pk}",
    }
    assert '"amount":40.10' in delivery.body


@pytest.mark.parametrize(("kind", "status"), [("accepted", "accepted"), ("started", "running")])
def test_what_was_not_known_then_is_not_told_later(row: Transaction, kind: str, status: str) -> None:
    HookFactory.create()
    (delivery,) = told(f"transaction.{kind}", row.pk)
    data = json.loads(delivery.body)["data"]
    assert (data["status"], data["choices"], data["error"]) == (status, [], None)


def test_a_message_is_at_most_20_kb_whatever_there_is_to_tell(row: Transaction) -> None:
    HookFactory.create()
    for position in range(1, 400):
        ChoiceResultFactory.create(execution=row.execution, position=position + 1000, state="S" * 80, rules=[])
    (delivery,) = told("transaction.succeeded", row.pk)
    assert len(delivery.body.encode()) <= 20_000
    assert json.loads(delivery.body)["data"]["choices"][-1]["state"] == "S" * 80


def test_deployments_are_told_of_too() -> None:
    HookFactory.create()
    workflow, function = DeploymentFactory.create(), FunctionDeploymentFactory.create()
    (first,) = told("deployment.succeeded", workflow.pk)
    assert json.loads(first.body)["data"] == {
        "id": workflow.pk,  # a number, as GET /deployments has it
        "workflow": "transaction-processor",
        "function": None,
        "revision": workflow.revision.number,
        "environment": "default",
        "status": "succeeded",
        "error": None,
        "url": f"http://127.0.0.1:8000/api/v1/deployments/{workflow.pk}",
    }
    (second,) = told("deployment.failed", function.pk, {"error": "AccessDenied"})
    data = json.loads(second.body)["data"]
    assert (data["function"], data["workflow"], data["error"]) == ("ProcessPurchase", None, "AccessDenied")


def test_a_hook_gets_what_it_chose(row: Transaction) -> None:
    refund = {"branch": "->ProcessRefund"}
    wants = HookFactory.create(events=["transaction.failed"], workflow=row.workflow, branch="->ProcessPurchase")
    HookFactory.create(events=["transaction.succeeded"])
    HookFactory.create(workflow=WorkflowFactory.create(name="another"))
    HookFactory.create(**refund)
    HookFactory.create(status="deleted")
    HookFactory.create(created_at=timezone.now() + timedelta(minutes=1))
    assert [delivery.hook for delivery in told("transaction.failed", row.pk)] == [wants]


def test_what_a_hook_misses_is_written_down_with_the_reason(row: Transaction) -> None:
    off = HookFactory.create(status="off")
    new = HookFactory.create(status="unverified", live_since=None)
    late = HookFactory.create(live_since=timezone.now() + timedelta(minutes=1))
    moved = HookFactory.create(status="unverified")  # was live at another address
    never = HookFactory.create(status="off", conditions=["amount > 100"])
    rows = {one.hook: one for one in told("transaction.failed", row.pk)}
    assert {one: (told.status, told.is_missed) for one, told in rows.items()} == {
        **dict.fromkeys((off, new, late, moved), ("not_sent", True)),
        never: ("not_sent", False),
    }
    assert rows[off].reason == "Not sent, because the hook was off then."
    reasons = {rows[one].reason for one in (new, late, moved)}
    assert reasons == {"Not sent, because its address was not verified yet."}
    assert json.loads(rows[off].body)["type"] == "transaction.failed"
    assert rows[off].next_attempt_at is None


def test_a_hook_that_somebody_switches_off_is_told_of_once_as_one_that_failed_is() -> None:
    off, watching = HookFactory.create(events=[]), HookFactory.create(events=["hook.disabled"])
    dora = UserFactory.create(username="dora", role="developer")
    for _ in range(2):
        hooks.switch_off(off, by=dora)
    fanout.drain()
    row = Delivery.objects.get()
    assert (row.hook, row.status) == (watching, "pending")
    told = json.loads(row.body)["data"]
    assert (told["id"], told["status"], told["error"]) == (str(off.pk), "off", "Somebody switched it off.")
    off.refresh_from_db()
    assert off.problem == "Switched off by dora."
    hooks.delete(off, by=dora)
    fanout.drain()
    assert Delivery.objects.count() == 1


def test_a_hook_does_not_miss_its_own_end() -> None:
    off = HookFactory.create(status="off")
    assert told("hook.disabled", off.pk, {"error": "gone"}) == []


def test_no_more_is_written_down_for_a_hook_than_so_many(row: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "MOST_MISSED", 2)
    off, live = HookFactory.create(status="off"), HookFactory.create()
    for kind in ("started", "branch_taken"):
        facts.tell(f"transaction.{kind}", str(row.pk))
    fanout.drain()
    told("transaction.failed", row.pk)
    assert list(Delivery.objects.filter(hook=off).values_list("kind", flat=True).order_by("pk")) == [
        "transaction.started",
        "transaction.branch_taken",
    ]
    assert Delivery.objects.filter(hook=live).count() == 3


def test_of_a_branch_taken_the_hook_for_that_branch_is_told(row: Transaction) -> None:
    HookFactory.create(branch="ProcessTransaction->ProcessRefund")
    taken: dict[str, object] = {"choices": [{"state": "ProcessTransaction", "next": "ProcessRefund", "rule": 1}]}
    (delivery,) = told("transaction.branch_taken", row.pk, taken)
    assert json.loads(delivery.body)["data"]["choices"] == taken["choices"]


def test_what_conditions_keep_back_says_why(row: Transaction) -> None:
    HookFactory.create(conditions=["amount > 100", "reference starts with order", "colour = red"])
    (delivery,) = told("transaction.failed", row.pk)
    assert delivery.status == "not_sent"
    assert delivery.reason == "Not sent, because amount 40.10 is not > 100 and colour is missing."
    assert delivery.next_attempt_at is None


def test_a_fact_is_heard_once_and_one_that_nobody_wants_too(row: Transaction) -> None:
    facts.tell("transaction.accepted", str(row.pk))
    assert fanout.drain() == 1
    HookFactory.create()
    assert fanout.drain() == 0
    assert not Fact.objects.filter(heard_at=None).exists()
    # As if its worker had died before the commit: the rows that are there already stay the only ones.
    told("transaction.failed", row.pk)
    Fact.objects.update(heard_at=None)
    fanout.drain()
    assert Delivery.objects.filter(kind="transaction.failed").count() == 1


def test_what_is_gone_or_unknown_by_now_is_told_to_nobody() -> None:
    HookFactory.create()
    assert told("transaction.failed", "00000000-0000-7000-8000-000000000000") == []
    assert told("something.else", "1") == []
