"""kill -9 of the worker that deletes a function: the next one goes on, and nothing is left."""

import pytest
from django.conf import LazySettings

from tests.aws_stub import AwsStub
from tests.factories import EnvironmentFactory, FunctionRevisionFactory
from tests.faults.conftest import LEASE_S, Workers, until
from workflows.models import Deployment, Function
from workflows.services import deployments, removals

pytestmark = [pytest.mark.flow, pytest.mark.long, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("operation", "executed"),
    [("DeleteFunction", False), ("DeleteFunction", True), ("DeleteRolePolicy", True), ("DeleteRole", True)],
)
def test_what_a_killed_worker_began_to_delete_is_deleted_by_the_next(
    workers: Workers, aws_stub: AwsStub, settings: LazySettings, operation: str, executed: bool
) -> None:
    settings.LEASE_SECONDS = LEASE_S
    revision = FunctionRevisionFactory.create()
    deployed = deployments.request(revision, EnvironmentFactory.create(), by=None)
    workers.start("slow")
    until(lambda: status(deployed) == "succeeded")

    hold = aws_stub.orders.hold(operation, executed=executed)
    [asked] = removals.request(revision.function, by=None)
    hold.await_call()
    workers.kill()
    hold.release()
    workers.start("slow")

    until(lambda: status(asked) == "succeeded")
    assert aws_stub.ledger.count(operation) == 1
    assert aws_stub.functions.names() == []
    assert Function.objects.get().deleted_at is not None


def status(row: Deployment) -> str:
    return Deployment.objects.values_list("status", flat=True).get(pk=row.pk)
