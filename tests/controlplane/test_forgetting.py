"""What nobody looks at any more goes by itself; what somebody waits for stays."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import DeploymentFactory, EnvironmentFactory, TransactionFactory
from transactions import tasks as of_transactions
from transactions.models import LogReading
from workflows import tasks as of_workflows
from workflows.models import MetricSet

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
