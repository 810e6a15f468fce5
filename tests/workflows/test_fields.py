"""Columns of our own: what is written comes back, on every database."""

import json

import pytest
from django.db import connection

from tests.factories import WorkflowRevisionFactory
from workflows.models import WorkflowRevision

KEYS = {"type": "$.TransactionType", "customer_id": "$.CustomerId", "amount": "$.Amount", "a": "$.A"}


@pytest.mark.django_db
def test_business_keys_keep_the_order_they_are_written_in() -> None:
    row = WorkflowRevisionFactory.create(keys=KEYS)
    assert [*WorkflowRevision.objects.get(pk=row.pk).keys] == [*KEYS]
    (held,) = WorkflowRevision.objects.filter(pk=row.pk).values_list("keys", flat=True)
    assert [*held.items()] == [*KEYS.items()]


@pytest.mark.django_db
def test_keys_that_were_held_as_an_object_are_still_read() -> None:
    row = WorkflowRevisionFactory.create(keys={})
    assert WorkflowRevision.objects.get(pk=row.pk).keys == {}
    with connection.cursor() as cursor:
        cursor.execute("UPDATE workflows_workflowrevision SET keys = %s", [json.dumps(KEYS)])
    assert WorkflowRevision.objects.get(pk=row.pk).keys == KEYS
