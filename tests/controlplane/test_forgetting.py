"""What nobody looks at any more goes by itself; what somebody waits for stays."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import (
    AttemptFactory,
    DeliveryFactory,
    DeploymentFactory,
    EnvironmentFactory,
    HookFactory,
    InboundHookFactory,
    TransactionFactory,
    UserFactory,
)
from transactions import tasks as of_transactions
from transactions.jobs import forgetting as of_jobs
from transactions.models import Attempt, Delivery, InboundRequest, LogReading
from workflows import tasks as of_workflows
from workflows.jobs import forgetting
from workflows.models import Fact, IdempotencyKey, MetricSet

pytestmark = pytest.mark.django_db


def test_series_nobody_looked_at_for_a_week_go() -> None:
    environment, now = EnvironmentFactory.create(), timezone.now()
    for range_s, days, waits in ((1, 8, False), (2, 6, False), (3, 8, True)):
        MetricSet.objects.create(
            environment=environment,
            kind="environment",
            range_s=range_s,
            period_s=60,
            asked_at=now - timedelta(days=days),
            next_read_at=now if waits else None,
        )
    of_workflows.forget()
    assert list(MetricSet.objects.order_by("range_s").values_list("range_s", flat=True)) == [2, 3]


def test_log_lines_nobody_looked_for_in_a_month_go() -> None:
    old, young = TransactionFactory.create_batch(2, deployment=DeploymentFactory.create())
    for row, days in ((old, 31), (young, 29)):
        LogReading.objects.create(execution=row.execution, asked_at=timezone.now() - timedelta(days=days))
    of_transactions.forget()
    assert LogReading.objects.get().pk == young.pk


def test_what_a_key_was_answered_is_kept_longer_than_aws_keeps_a_name() -> None:
    user, now = UserFactory.create(), timezone.now()
    for key, days in (("old", 181), ("young", 179)):
        row = IdempotencyKey.objects.create(user=user, key=key, fingerprint="f")
        IdempotencyKey.objects.filter(pk=row.pk).update(created_at=now - timedelta(days=days))
    of_workflows.forget()
    assert IdempotencyKey.objects.get().key == "young"


def test_what_inbound_hooks_received_goes_after_180_days() -> None:
    hook, now = InboundHookFactory.create(), timezone.now()
    first, last = (
        InboundRequest.objects.create(
            hook=hook, received_at=now - timedelta(days=days), outcome="filtered", status=200, size=2
        )
        for days in (181, 179)
    )
    InboundRequest.objects.filter(pk=last.pk).update(duplicate_of=first)
    of_transactions.forget()
    assert list(InboundRequest.objects.values_list("pk", "duplicate_of")) == [(last.pk, None)]


def test_what_nobody_known_sent_to_an_inbound_hook_goes_after_30_days() -> None:
    hook, now = InboundHookFactory.create(), timezone.now()
    for status, days in ((401, 31), (413, 31), (401, 29), (422, 31)):
        InboundRequest.objects.create(
            hook=hook, received_at=now - timedelta(days=days), outcome="refused", status=status, size=2
        )
    of_transactions.forget()
    assert sorted(InboundRequest.objects.values_list("status", flat=True)) == [401, 422]


def test_what_hooks_were_told_goes_after_180_days_with_its_tries_and_its_fact() -> None:
    old, young = timezone.now() - timedelta(days=181), timezone.now() - timedelta(days=179)
    hook = HookFactory.create()
    for status, ended in (("delivered", old), ("failed", old), ("not_sent", old), ("delivered", young)):
        fact = Fact.objects.create(kind="transaction.failed", subject="s", at=ended, heard_at=ended)
        row = DeliveryFactory.create(hook=hook, fact=fact, status=status, finished_at=ended, created_at=ended)
        AttemptFactory.create(delivery=row)
    of_transactions.forget()
    kept = Delivery.objects.get()
    assert kept.finished_at == young
    assert list(Fact.objects.values_list("pk", flat=True)) == [kept.fact_id]
    assert Attempt.objects.get().delivery == kept


def test_an_old_fact_stays_while_it_is_to_be_told() -> None:
    """However old: one that no hooks were found for yet, one that is still tried or was sent again."""
    old = timezone.now() - timedelta(days=200)
    unheard, tried = (Fact.objects.create(kind="transaction.failed", subject="s", at=old) for _ in range(2))
    Fact.objects.filter(pk=tried.pk).update(heard_at=old)
    DeliveryFactory.create(fact=tried, created_at=old)
    of_transactions.forget()
    assert set(Fact.objects.values_list("pk", flat=True)) == {unheard.pk, tried.pk}
    assert Delivery.objects.exists()


def test_much_that_is_old_goes_in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind what stays, too; and what one run leaves, the next one takes."""
    for module in (forgetting, of_jobs):
        monkeypatch.setattr(module, "BATCH", 2)
        monkeypatch.setattr(module, "MOST_BATCHES", 3)
    old = timezone.now() - timedelta(days=200)
    for number in range(9):
        heard = None if number < 2 else old
        Fact.objects.create(kind="transaction.failed", subject=str(number), at=old, heard_at=heard)
    hook = InboundHookFactory.create()
    for _ in range(7):
        InboundRequest.objects.create(hook=hook, received_at=old, outcome="filtered", status=200, size=2)
    left = [_left_after(of_transactions.forget) for _ in range(3)]
    assert left == [(5, 1), (2, 0), (2, 0)]


def _left_after(forget: Callable[[], None]) -> tuple[int, int]:
    forget()
    return Fact.objects.count(), InboundRequest.objects.count()
