"""Every change somebody can make leaves one row of activity, and none without the permission for it."""

import inspect
import json
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

import transactions.services
import workflows.services
from tests.factories import (
    DEFINITION,
    KEYS,
    SCHEMA,
    DeliveryFactory,
    DeploymentFactory,
    DriftFactory,
    EnvironmentFactory,
    FunctionDeploymentFactory,
    FunctionRevisionFactory,
    HookFactory,
    InboundHookFactory,
    InvocationFactory,
    TemplateImportFactory,
    TransactionFactory,
    TriggerFactory,
    UserFactory,
    WorkflowRevisionFactory,
    group,
)
from transactions.models import InboundHook, Preset, Transaction
from transactions.services import deliveries, hooks, inbound, presets, recovery, submissions, watching
from workflows import trail
from workflows.models import Activity, Environment, Function, Payload, Price, Survey, User
from workflows.packaging import FunctionDefinition, Package, WorkflowDefinition, zip_of
from workflows.services import (
    access,
    definitions,
    deployments,
    drift,
    environments,
    imports,
    invocations,
    people,
    prices,
    removals,
    templates,
    trigger_tests,
    triggers,
)
from workflows.services.idempotency import Answer, Fingerprint
from workflows.triggers import read

pytestmark = pytest.mark.django_db

INPUT = '{"TransactionType": "PURCHASE", "CustomerId": "c-1", "Amount": 1}'
WISH = hooks.Wish("https://receiver.example/", ["transaction.failed"])
NOW = timezone.now()
ROUTE = {"type": "http", "method": "GET", "path": "/orders"}
FILE = json.dumps(
    {"signalbox": 1, "workflows": [{"name": "given", "title": "Given", "definition": DEFINITION}]}
).encode()
# What writes rows of activity, checks permissions, or saves one definition after another.
NOT_CHANGES = {
    "access.require",
    "access.require_rank",
    "activity.entry",
    "activity.record",
    "activity.record_change",
    "idempotency.once",
    "idempotency.once_in_rows",
    "templates.take",
    "catalogues.load_functions",
    "catalogues.load_workflows",
    "deployments.restore",  # looks whether AWS has what is live: nothing is asked for that was not before
    "found.note",  # of what an import found, which has a row of its own
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


def told_by(made: submissions.Submitted) -> Answer:
    return Answer(subject=str(made.transaction.pk))


def kept(world: World) -> Preset:
    return Preset.objects.create(workflow=world.row.workflow, name="usual", input=INPUT)


def inbound_hook(world: World) -> InboundHook:
    return InboundHookFactory.create(deployment=world.row.deployment, created_by=world.somebody)


def failed(world: World) -> Transaction:
    """Run in AWS, and ended there: what redriving needs."""
    world.environment.is_embedded = False
    world.row.status, world.row.finished_at = "failed", timezone.now()
    world.row.save()
    world.row.execution.arn = "arn:aws:states:us-east-1:123456789012:execution:signalbox-transaction-processor:e"
    return world.row


def some_function(**more: Any) -> Function:
    return FunctionRevisionFactory.create(**more).function


def live_function() -> Function:
    function = some_function()
    FunctionDeploymentFactory.create(function_revision=function.revisions.get())
    return function


def kept_payload() -> Payload:
    return Payload.objects.create(function=some_function(), name="usual", text="{}")


def price() -> Price:
    return Price(region="eu-west-1", item="lambda.request", valid_from=date(2026, 1, 1), amount=Decimal("0.1"))


def kept_price() -> Price:
    return Price.objects.bulk_create([price()])[0]


def found(world: World) -> imports.Wanted:
    entry = {"kind": "function", "name": "theirs", "arn": "arn:theirs", "what": "python3.12", "owner": ""}
    Survey.objects.create(environment=world.environment, found=[entry])
    return imports.Wanted("arn:theirs", "theirs")


CHANGES: dict[str, Callable[[World, User], Any]] = {
    "access.issue_token": lambda world, by: access.issue_token(world.somebody, "ci", by=by),
    "access.revoke_token": lambda world, by: access.revoke_token(world.somebody.tokens.get(), by=by),
    "access.rotate_token": lambda world, by: access.rotate_token(
        world.somebody.tokens.get(), timedelta(hours=1), by=by
    ),
    "definitions.save_function": lambda world, by: definitions.save_function(*function(), by=by),
    "definitions.save_change": lambda world, by: definitions.save_change(
        some_function().name, None, {"memory": 256}, by=by
    ),
    "definitions.save_found": lambda world, by: definitions.save_found(*function(), by=by),
    "definitions.restore": lambda world, by: definitions.restore(some_function(function__deleted_at=NOW), by=by),
    "definitions.save_workflow": lambda world, by: definitions.save_workflow(workflow(), by=by),
    "deployments.request": lambda world, by: deployments.request(
        WorkflowRevisionFactory.create(), world.environment, by=by
    ),
    "drift.ask": lambda world, by: drift.ask(world.environment, by=by),
    "drift.accept": lambda world, by: drift.accept(DriftFactory.create(), "more memory", seen="0" * 64, by=by),
    "environments.save": lambda world, by: environments.save(renamed(world.environment), by=by),
    "environments.delete": lambda world, by: environments.delete(EnvironmentFactory.create(slug="unused"), by=by),
    "deliveries.resend": lambda world, by: deliveries.resend(DeliveryFactory.create(status="failed"), by=by),
    "deliveries.resend_failed": lambda world, by: deliveries.resend_failed(HookFactory.create(), timezone.now(), by=by),
    "hooks.subscribe": lambda world, by: hooks.subscribe(WISH, by=by),
    "hooks.change": lambda world, by: hooks.change(HookFactory.create(), WISH, by=by),
    "hooks.rotate_secret": lambda world, by: hooks.rotate_secret(HookFactory.create(), by=by),
    "hooks.end_overlap": lambda world, by: hooks.end_overlap(HookFactory.create(), by=by),
    "hooks.take_over": lambda world, by: hooks.take_over(HookFactory.create(), by=by),
    "hooks.verify": lambda world, by: hooks.verify(HookFactory.create(), by=by),
    "hooks.switch_off": lambda world, by: hooks.switch_off(HookFactory.create(), by=by),
    "hooks.delete": lambda world, by: hooks.delete(HookFactory.create(), by=by),
    "inbound.save": lambda world, by: inbound.save(InboundHookFactory.build(deployment=world.row.deployment), by=by),
    "inbound.rotate": lambda world, by: inbound.rotate(inbound_hook(world), by=by),
    "inbound.take_over": lambda world, by: inbound.take_over(inbound_hook(world), by=by),
    "inbound.forget_previous": lambda world, by: inbound.forget_previous(inbound_hook(world), by=by),
    "inbound.delete": lambda world, by: inbound.delete(inbound_hook(world), by=by),
    "templates.propose": lambda world, by: templates.propose(FILE, by=by),
    "templates.rename": lambda world, by: templates.rename(
        TemplateImportFactory.create(), {"workflows": {"given": "kept"}}, by=by
    ),
    "imports.look": lambda world, by: imports.look(world.environment, by=by),
    "imports.request": lambda world, by: imports.request(world.environment, found(world), by=by),
    "invocations.request": lambda world, by: invocations.request(
        live_function(), world.environment, invocations.Asked("{}"), by=by
    ),
    "invocations.stop_waiting": lambda world, by: invocations.stop_waiting(InvocationFactory.create(), by=by),
    "invocations.save_payload": lambda world, by: invocations.save_payload(some_function(), "usual", "{}", by=by),
    "invocations.choose_smoke_test": lambda world, by: invocations.choose_smoke_test(some_function(), None, by=by),
    "invocations.delete_payload": lambda world, by: invocations.delete_payload(kept_payload(), by=by),
    "people.save_user": lambda world, by: people.save_user(deactivated(world.somebody), by=by),
    "people.note_password": lambda world, by: people.note_password(world.somebody, by=by),
    "people.save_group": lambda world, by: people.save_group(group("viewer"), by=by, permissions=[]),
    "people.delete_group": lambda world, by: people.delete_group(Group.objects.create(name="auditor"), by=by),
    "presets.save": lambda world, by: presets.save(world.row.workflow, "usual", INPUT, by=by),
    "presets.delete": lambda world, by: presets.delete(kept(world), by=by),
    "prices.save": lambda world, by: prices.save(price(), by=by),
    "prices.delete": lambda world, by: prices.delete(kept_price(), by=by),
    "removals.request": lambda world, by: removals.request(some_function(function__name="Unused"), by=by),
    "recovery.stop": lambda world, by: recovery.stop(world.row, by=by),
    "recovery.run_again": lambda world, by: recovery.run_again(world.row, by=by),
    "recovery.run_again_once": lambda world, by: recovery.run_again_once(
        world.row, "key", Fingerprint("mark"), told_by, by=by
    ),
    "recovery.redrive": lambda world, by: recovery.redrive(failed(world), by=by),
    "submissions.submit_once": lambda world, by: submissions.submit_once(
        submissions.Submission("transaction-processor", INPUT), "key", Fingerprint("mark"), told_by, by=by
    ),
    "submissions.submit": lambda world, by: submissions.submit(
        submissions.Submission("transaction-processor", INPUT), by=by
    ),
    "trigger_tests.request": lambda world, by: trigger_tests.request(TriggerFactory.create(), by=by),
    "triggers.add": lambda world, by: triggers.add(some_function(), ROUTE, by=by),
    "triggers.change": lambda world, by: triggers.change(
        some_function(triggers=[ROUTE]), read(ROUTE).id, ROUTE | {"path": "/sales"}, by=by
    ),
    "triggers.remove": lambda world, by: triggers.remove(some_function(triggers=[ROUTE]), read(ROUTE).id, by=by),
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
    assert row.subject_kind in trail.KINDS  # it can be chosen
    assert row.subject_label
    assert trail.done(row.action) != row.action  # pages say it in words


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
