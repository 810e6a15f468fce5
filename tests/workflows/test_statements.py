"""Rows added by one call are the rows Django's own inserts would have made."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from tests.factories import DeliveryFactory, DeploymentFactory, UserFactory, WorkflowRevisionFactory
from transactions.models import Attempt, BusinessKey, Execution, Transaction
from workflows import statements
from workflows.models import Activity, Fact, IdempotencyKey, WorkflowRevision

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 27, 12, 30, 1, 250_000, tzinfo=UTC)


def fact(subject: str, **named: object) -> Fact:
    return Fact(kind="made", subject=subject, at=NOW, **named)


def held(row: Transaction) -> dict[str, object]:
    return {**Transaction.objects.filter(pk=row.pk).values().get()}


def test_a_row_holds_what_a_row_saved_by_django_holds() -> None:
    live = DeploymentFactory.create()
    named = {
        "environment": live.environment,
        "workflow": live.workflow,
        "revision": live.workflow_revision,
        "deployment": live,
        "input": '{"a": "é%s \' \\\\ \\u0000"}',
        "created_at": NOW,
        "next_attempt_at": NOW,
        "claim": uuid.UUID(int=7),
        "holds_reference": True,
    }
    saved, added = Transaction(**named, reference="100 %s"), Transaction(**named, reference="another")
    saved.save()
    statements.insert_all([added])
    expected = {**held(saved), "id": added.pk, "reference": "another"}
    assert held(added) == expected


def test_a_new_row_is_what_its_model_makes() -> None:
    live = DeploymentFactory.create()
    named = {"id": uuid.UUID(int=7), "environment": live.environment, "workflow": live.workflow, "rerun_of": None}
    made, wanted = statements.new(Transaction, **named), Transaction(**named)
    at = {"created_at": NOW}  # its default is the time it is
    assert {**vars(made), "_state": None, **at} == {**vars(wanted), "_state": None, **at}
    assert (made._state.adding, made._state.db) == (True, None)
    assert (made.environment, made.rerun_of) == (live.environment, None)
    assert statements.new(Execution, transaction=made).transaction_id == made.pk
    one, other = (statements.new(Activity, action="a") for _ in range(2))
    assert one.__dict__.keys() == Activity().__dict__.keys()
    with pytest.raises(TypeError, match="has no such"):
        statements.new(Fact, such=1, kind="a")
    assert other._state is not one._state


def test_rows_of_several_models_are_added_in_order() -> None:
    live = DeploymentFactory.create()
    row = Transaction(
        environment=live.environment,
        workflow=live.workflow,
        revision=live.workflow_revision,
        deployment=live,
        input="{}",
        created_at=NOW,
    )
    numbers = (Decimal("12.500000000001"), None)
    keys = [BusinessKey(transaction=row, workflow=live.workflow, name=f"k{n}", text="", number=n) for n in numbers]
    statements.insert_all([row, Execution(transaction=row), *keys])
    assert list(row.keys.order_by("pk").values_list("text", "number")) == [("", numbers[0]), ("", None)]
    assert Execution.objects.get().token_digests == []
    keys[0].text = "changed"
    row.version = 2
    row.save()
    assert Transaction.objects.get().version == 2, "it is known to be in the database"


def test_columns_that_fill_or_encrypt_themselves_do() -> None:
    person = UserFactory.create()
    statements.insert_all(
        [
            IdempotencyKey(user=person, key="k", fingerprint="f", body="canary"),
            Activity(by=person, by_name="p", action="a.b", subject_kind="k", subject_id="1", after={"a": [1, None]}),
        ]
    )
    kept = statements.first("SELECT body FROM workflows_idempotencykey")
    assert kept is not None
    assert "canary" not in kept[0]
    answer, noted = IdempotencyKey.objects.get(), Activity.objects.get()
    assert (answer.body, answer.status, answer.created_at.tzinfo) == ("canary", 201, UTC)
    assert (noted.before, noted.after, noted.at.tzinfo) == (None, {"a": [1, None]}, UTC)


def test_rows_that_are_there_already_may_be_passed_over() -> None:
    delivery = DeliveryFactory.create()
    made = {"delivery": delivery, "at": NOW, "duration_ms": 1}
    for error in ("first", "second"):
        rows = [statements.new(Attempt, number=n, error=error, **made) for n in (1, 2 if error == "second" else 1)]
        statements.insert_all(rows, ignores_known=True)
    assert list(Attempt.objects.order_by("number").values_list("number", "error")) == [(1, "first"), (2, "second")]


def test_a_row_that_is_refused_leaves_nothing_of_the_others() -> None:
    one = IdempotencyKey(user=UserFactory.create(), key="k", fingerprint="f")
    with pytest.raises(IntegrityError):
        statements.commit_all([fact("first"), one, fact("second"), one])
    assert not Fact.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_without_a_transaction_around_them_rows_are_committed_or_not_together() -> None:
    person = UserFactory.create()
    one = {"user": person, "key": "k", "fingerprint": "f"}
    statements.commit_all([fact("first"), IdempotencyKey(**one)])
    with pytest.raises(IntegrityError):
        statements.commit_all([fact("second"), IdempotencyKey(**one)])
    assert list(Fact.objects.values_list("subject", flat=True)) == ["first"]
    assert connection.get_autocommit()


def test_a_transaction_goes_on_after_a_row_that_was_refused() -> None:
    one = IdempotencyKey(user=UserFactory.create(), key="k", fingerprint="f")
    with transaction.atomic():
        statements.insert_all([fact("first")])
        with pytest.raises(IntegrityError):
            statements.commit_all([one, fact("second"), one])
        statements.insert_all([fact("third")])
    assert list(Fact.objects.order_by("pk").values_list("subject", flat=True)) == ["first", "third"]


def test_a_query_without_a_row_gives_none() -> None:
    assert statements.first("SELECT id FROM workflows_fact WHERE subject = %s", "nobody's") is None


def test_a_row_is_known_by_some_of_its_columns_in_any_order() -> None:
    revision = WorkflowRevisionFactory.create(keys={"b": "$.b", "a": "$.a"})
    found = statements.first("SELECT keys, unique_references, number, id FROM workflows_workflowrevision")
    assert found is not None
    names = ("keys", "unique_references", "number", "id")
    row = statements.known(WorkflowRevision, **dict(zip(names, found, strict=True)))
    assert (row, row.number, row.unique_references) == (revision, revision.number, False)
    assert list(row.keys.items()) == [("b", "$.b"), ("a", "$.a")]
    assert row.definition == revision.definition, "it is read once it is asked for"
    with pytest.raises(ValueError, match="has not all of"):
        statements.known(WorkflowRevision, id=1, nothing=2)
