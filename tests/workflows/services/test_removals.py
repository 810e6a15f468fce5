"""Asking for a function to be deleted: what forbids it, where it is, and what comes of it meanwhile."""

import json
from typing import Any

import pytest

from tests.factories import (
    DeploymentFactory,
    EnvironmentFactory,
    FunctionDeploymentFactory,
    FunctionRevisionFactory,
    UserFactory,
    WorkflowRevisionFactory,
)
from workflows import packaging, removals, selectors
from workflows.models import Activity, Deployment, Function
from workflows.packaging import FunctionDefinition
from workflows.services import access, definitions, deployments
from workflows.services import removals as service

pytestmark = pytest.mark.django_db
PASS = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})


@pytest.fixture
def live() -> Deployment:
    return FunctionDeploymentFactory.create()


def function_of(row: Deployment) -> Function:
    assert row.function is not None
    return row.function


def test_what_names_it_forbids_it_by_its_newest_revision_and_by_what_is_live(live: Deployment) -> None:
    named = DeploymentFactory.create(environment=live.environment)
    caller = FunctionRevisionFactory.create(
        function__name="Caller",
        permissions=[{"actions": ["lambda:InvokeFunction"], "resources": ["${ProcessPurchase}"]}],
    )
    told = {str(one) for one in removals.uses(function_of(live))}
    number = named.revision.number
    assert told == {
        f"Workflow transaction-processor (its newest revision, r{number}, live in Embedded)",
        "Function Caller (its newest revision)",
    }
    with pytest.raises(service.NotRemovable, match="is used by Workflow transaction-processor"):
        service.request(function_of(live), by=None)
    # A newer revision without it does not help while the older one is live.
    WorkflowRevisionFactory.create(workflow=named.workflow, number=number + 1, definition=PASS)
    FunctionRevisionFactory.create(function=caller.function, number=caller.number + 1)
    assert [one.where for one in removals.uses(function_of(live))] == [f"r{number}, live in Embedded"]


@pytest.mark.parametrize(
    "state",
    [
        {"Resource": "arn:aws:lambda:us-east-1:123456789012:function:signalbox-ProcessPurchase:live"},
        {"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "signalbox-ProcessPurchase"}},
    ],
)
def test_a_workflow_that_calls_it_by_its_name_in_aws_uses_it_too(live: Deployment, state: dict[str, Any]) -> None:
    machine = {"StartAt": "A", "States": {"A": {"Type": "Task", "End": True, **state}}}
    WorkflowRevisionFactory.create(definition=json.dumps(machine))
    assert [one.name for one in removals.uses(function_of(live))] == ["transaction-processor"]
    FunctionRevisionFactory.create(function__name="Purchase")
    assert removals.uses(Function.objects.get(name="Purchase")) == []


def test_a_variable_that_holds_its_name_uses_it_and_a_deleted_function_uses_nothing(live: Deployment) -> None:
    caller = FunctionRevisionFactory.create(function__name="Caller", environment={"TARGET": "${ProcessPurchase}"})
    assert [one.name for one in removals.uses(function_of(live))] == ["Caller"]
    service.request(caller.function, by=None)
    assert removals.uses(function_of(live)) == []


def test_it_goes_from_each_environment_and_the_same_wish_is_not_doubled(live: Deployment) -> None:
    other = FunctionDeploymentFactory.create(
        environment=EnvironmentFactory.create(slug="other"), function_revision=live.function_revision
    )
    by = UserFactory.create(role="developer")
    asked = service.request(function_of(live), by=by)
    assert {row.environment for row in asked} == {live.environment, other.environment}
    assert {row.pk for row in service.request(function_of(live), by=None)} == {row.pk for row in asked}
    assert Deployment.objects.filter(removes=True).count() == 2
    assert Activity.objects.get(action="function.delete").by == by
    # It is still there until workers have done it, and nobody deploys it meanwhile.
    assert function_of(live).deleted_at is None
    assert live.function_revision is not None
    with pytest.raises(deployments.Overtaken, match=f"{by} deletes ProcessPurchase"):
        deployments.request(live.function_revision, live.environment, by=None)


def test_what_is_in_no_environment_is_deleted_at_once_and_restored_by_saving_it() -> None:
    revision = FunctionRevisionFactory.create()
    assert service.request(revision.function, by=None) == []
    assert selectors.functions(None) == []
    assert [entry.newest for entry in selectors.functions(None, deleted=True)] == [revision]
    with pytest.raises(service.NotRemovable, match="deleted already"):
        service.request(revision.function, by=None)
    with pytest.raises(deployments.NotDeployable, match="Restore it first"):
        deployments.request(revision, EnvironmentFactory.create(), by=None)
    package = packaging.zip_of([("handler.py", b"def handler(event, context): return 1\n", False)])
    saved = definitions.save_function(
        FunctionDefinition("ProcessPurchase", "python3.12", "handler.handler", 128, 10), package, by=None
    )
    assert (saved.revision.number, saved.is_new) == (revision.number + 1, True)
    assert [entry.newest for entry in selectors.functions(None)] == [saved.revision]
    assert Activity.objects.filter(action="function.restore").count() == 1


def test_after_a_deletion_it_is_there_again_only_where_it_was_deployed_since(live: Deployment) -> None:
    function = function_of(live)
    gone = FunctionDeploymentFactory.create(
        environment=live.environment, function_revision=live.function_revision, removes=True, is_live=False
    )
    assert removals.places(function) == []
    Deployment.objects.filter(pk=gone.pk).update(status="failed")
    assert removals.places(function) == [live.environment]
    Deployment.objects.filter(pk=gone.pk).update(status="succeeded")
    FunctionDeploymentFactory.create(
        environment=live.environment, function_revision=live.function_revision, is_live=False, status="failed"
    )
    assert removals.places(function) == [live.environment]


def test_who_may_not_deploy_may_not_delete_and_not_while_it_is_being_deployed(live: Deployment) -> None:
    with pytest.raises(access.Forbidden):
        service.request(function_of(live), by=UserFactory.create(role="operator"))
    Deployment.objects.filter(pk=live.pk).update(status="running")
    with pytest.raises(service.NotRemovable, match="deploys ProcessPurchase"):
        service.request(function_of(live), by=None)
