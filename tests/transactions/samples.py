"""A form that is filled in, and a transaction that ran, for tests of their pages."""

import uuid
from datetime import timedelta

from django.utils import timezone

from tests.factories import (
    TransactionFactory,
)
from transactions.models import Execution, Transaction
from workflows.models import Deployment, User

ARN = "arn:aws:states:us-east-1:123456789012:execution:signalbox-transaction-processor:x"


def ran(deployment: Deployment, person: User, **values: object) -> Transaction:
    now = timezone.now()
    times = {"started_at": now, "finished_at": now + timedelta(seconds=1)}
    row = TransactionFactory.create(
        deployment=deployment, created_by=person, **{"status": "succeeded", **times, **values}
    )
    Execution.objects.filter(pk=row.pk).update(arn=ARN, read_at=now)
    return row


def filled(**changes: str) -> dict[str, str]:
    form = {
        "mode": "form",
        "key": uuid.uuid4().hex,
        "/TransactionType": "PURCHASE",
        "/CustomerId": "c1",
        "/Amount": "50",
    }
    return form | changes
