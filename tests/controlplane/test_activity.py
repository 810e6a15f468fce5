"""Every change somebody can make leaves one row of activity, and none without the permission for it."""

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest
from django.utils import timezone

import transactions.services
import workflows.services
from tests.factories import (
    DEFINITION,
    KEYS,
    SCHEMA,
    DeliveryFactory,
    DeploymentFactory,
    EnvironmentFactory,
    HookFactory,
    TransactionFactory,
    UserFactory,
    WorkflowRevisionFactory,
    group,
)
from transactions.models import Preset, Transaction
from transactions.services import deliveries, hooks, presets, recovery, submissions, watching
from workflows.models import Activity, Environment, User
from workflows.packaging import FunctionDefinition, Package, WorkflowDefinition, zip_of
from workflows.services import access, definitions, deployments, environments, people

pytestmark = pytest.mark.django_db

INPUT = '{"TransactionType": "PURCHASE", "CustomerId": "c-1", "Amount": 1}'
WISH = hooks.Wish("https://receiver.example/", ["transaction.failed"])
# What writes rows of activity, checks permissions, or saves one definition after another.
NOT_CHANGES = {
    "access.require",
    "access.require_rank",
    "activity.record",
    "activity.record_change",
    "idempotency.once",
    "catalogues.load_functions",
    "catalogues.load_workflows",
}


@dataclass(frozen=True)
class World:
    """What there is to be changed."""

    somebody: User
    environment: Environment
    row: Transaction


def renamed(environment: Environment) -> Environment:
    environment.title = "Another"
    return environment


def deactivated(user: User) -> User:
    user.is_active = False
    return user


def function() -> tuple[FunctionDefinition, Package]:
    return FunctionDefinition("Fresh", "python3.12", "handler.handler", 128, 10), zip_of([("handler.py", b"", False)])


def workflow(title: str = "Fresh") -> WorkflowDefinition:
    return WorkflowDefinition("fresh", title, "STANDARD", KEYS, DEFINITION, SCHEMA)


def kept(world: World) -> Preset:
    return Preset.objects.create(workflow=world.row.workflow, name="usual", input=INPUT)


CHANGES: dict[str, Callable[[World, User], Any]] = {
    "access.issue_token": lambda world, by: access.issue_token(world.somebody, "ci", by=by),
    "access.revoke_token": lambda world, by: access.revoke_token(world.somebody.tokens.get(), by=by),
    "definitions.save_function": lambda world, by: definitions.save_function(*function(), by=by),
    "definitions.save_workflow": lambda world, by: definitions.save_workflow(workflow(), by=by),
    "deployments.request": lambda world, by: deployments.request(
        WorkflowRevisionFactory.create(), world.environment, by=by
    ),
    "environments.save": lambda world, by: environments.save(renamed(world.environment), by=by),
    "environments.delete": lambda world, by: environments.delete(EnvironmentFactory.create(slug="unused"), by=by),
    "deliveries.resend": lambda world, by: deliveries.resend(DeliveryFactory.create(status="failed"), by=by),
    "deliveries.resend_failed": lambda world, by: deliveries.resend_failed(HookFactory.create(), timezone.now(), by=by),
    "hooks.subscribe": lambda world, by: hooks.subscribe(WISH, by=by),
    "hooks.change": lambda world, by: hooks.change(HookFactory.create(), WISH, by=by),
    "hooks.rotate_secret": lambda world, by: hooks.rotate_secret(HookFactory.create(), by=by),
    "hooks.verify": lambda world, by: hooks.verify(HookFactory.create(), by=by),
    "hooks.switch_off": lambda world, by: hooks.switch_off(HookFactory.create(), by=by),
    "hooks.delete": lambda world, by: hooks.delete(HookFactory.create(), by=by),
    "people.save_user": lambda world, by: people.save_user(deactivated(world.somebody), by=by),
    "people.note_password": lambda world, by: people.note_password(world.somebody, by=by),
    "people.save_group": lambda world, by: people.save_group(group("viewer"), by=by, permissions=[]),
    "people.delete_group": lambda world, by: people.delete_group(group("viewer"), by=by),
    "presets.save": lambda world, by: presets.save(world.row.workflow, "usual", INPUT, by=by),
    "presets.delete": lambda world, by: presets.delete(kept(world), by=by),
    "recovery.stop": lambda world, by: recovery.stop(world.row, by=by),
    "recovery.run_again": lambda world, by: recovery.run_again(world.row, by=by),
    "submissions.submit": lambda world, by: submissions.submit(
        submissions.Submission("transaction-processor", INPUT), by=by
    ),
    "watching.sync": lambda world, by: watching.sync(world.row, by=by),
}


@pytest.fixture
def world() -> World:
    somebody = UserFactory.create()
    access.issue_token(somebody, "of somebody", by=None)
    row = TransactionFactory.create(deployment=DeploymentFactory.create(), created_by=somebody)
    Activity.objects.all().delete()
    return World(somebody, row.environment, row)


def services() -> Iterator[str]:
    """Every public function of a service that says by whom it is called."""
    for package in (workflows.services, transactions.services):
        for found in pkgutil.iter_modules(package.__path__):
            module = import_module(f"{package.__name__}.{found.name}")
            for name, function in inspect.getmembers(module, inspect.isfunction):
                is_own = function.__module__ == module.__name__ and not name.startswith("_")
                if is_own and "by" in inspect.signature(function).parameters:
                    yield f"{found.name}.{name}"


def test_every_service_that_changes_something_is_tried_here() -> None:
    assert set(services()) - NOT_CHANGES == set(CHANGES)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_leaves_one_row_that_says_who_and_what(world: World, name: str) -> None:
    by = UserFactory.create(username="chief", is_superuser=True)
    CHANGES[name](world, by)
    row = Activity.objects.get()
    assert (row.by, row.by_name) == (by, "chief")
    assert row.subject_kind
    assert row.subject_label


@pytest.mark.parametrize("name", CHANGES)
def test_who_has_no_role_changes_nothing_and_leaves_no_row(world: World, name: str) -> None:
    with pytest.raises(access.Forbidden):
        CHANGES[name](world, UserFactory.create(role=""))
    assert not Activity.objects.exists()
    assert Transaction.objects.count() == 1


def test_a_new_title_alone_is_on_the_record_too() -> None:
    by = UserFactory.create(is_superuser=True)
    definitions.save_workflow(workflow(), by=by)
    definitions.save_workflow(workflow("Renamed"), by=by)
    definitions.save_workflow(workflow("Renamed"), by=by)
    newest, _ = Activity.objects.all()
    assert (newest.action, newest.before, newest.after) == (
        "workflow.rename",
        {"title": "Fresh"},
        {"title": "Renamed"},
    )
