"""Rows for tests, as the services would have left them. The workflow is the guide's: PURCHASE and REFUND."""

import hashlib
import json
import secrets
import uuid
from datetime import timedelta
from importlib import import_module
from typing import Any

import factory
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from factory.django import DjangoModelFactory

from transactions import payloads, signing
from transactions.models import (
    Attempt,
    BusinessKey,
    ChoiceResult,
    Delivery,
    Event,
    Execution,
    Hook,
    InboundHook,
    Transaction,
    Visit,
)
from transactions.selectors import first_id
from workflows import packaging
from workflows.models import (
    Deployment,
    DeploymentStep,
    Drift,
    Environment,
    Function,
    FunctionRevision,
    Import,
    Invocation,
    Price,
    TemplateImport,
    Trigger,
    TriggerTest,
    User,
    Workflow,
    WorkflowRevision,
)

DEFINITION = json.dumps(
    {
        "Comment": "Runs the function its type asks for",
        "StartAt": "ProcessTransaction",
        "States": {
            "ProcessTransaction": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.TransactionType", "StringEquals": "PURCHASE", "Next": "ProcessPurchase"},
                    {"Variable": "$.TransactionType", "StringEquals": "REFUND", "Next": "ProcessRefund"},
                ],
            },
            "ProcessPurchase": {"Type": "Task", "Resource": "${ProcessPurchase}", "End": True},
            "ProcessRefund": {"Type": "Task", "Resource": "${ProcessRefund}", "End": True},
        },
    },
    indent=2,
)
SCHEMA = json.dumps(
    {
        "type": "object",
        "required": ["TransactionType", "CustomerId", "Amount"],
        "properties": {
            "TransactionType": {"type": "string", "title": "Transaction type", "examples": ["PURCHASE", "REFUND"]},
            "CustomerId": {"type": "string", "title": "Customer"},
            "Amount": {"type": "number", "exclusiveMinimum": 0},
            "Note": {"type": "string", "maxLength": 200},
        },
    },
    indent=2,
)
KEYS = {"type": "$.TransactionType", "customer_id": "$.CustomerId", "amount": "$.Amount"}
# The migrations that say what a role may do.
ROLES = (("workflows", "0002_roles"), ("transactions", "0003_roles"), ("transactions", "0012_roles_of_hooks"))
PASSWORD = "correct horse battery"


def rules(seen: str) -> list[dict[str, Any]]:
    """The explained rules of ProcessTransaction for a TransactionType of `seen`."""
    return [
        {
            "index": index,
            "next": target,
            "matched": seen == wanted,
            "test": {
                "variable": "$.TransactionType",
                "operator": "StringEquals",
                "expected": wanted,
                "actual": seen,
                "matched": seen == wanted,
                "why": "they are equal" if seen == wanted else "they differ",
            },
        }
        for index, (wanted, target) in enumerate([("PURCHASE", "ProcessPurchase"), ("REFUND", "ProcessRefund")])
    ]


def group(role: str) -> Group:
    """The group a migration made; made again if a test that empties tables took it away."""
    found, is_new = Group.objects.get_or_create(name=role)
    for label, migration in ROLES if is_new else ():
        words = import_module(f"{label}.migrations.{migration}").MAY.get(role, ())
        permissions = Permission.objects.filter(content_type__app_label=label)
        found.permissions.add(*(one for one in permissions if one.codename.startswith(words)))
    return found


def list_prices() -> None:
    """The prices a migration wrote down; written down again if a test that empties tables took them away."""
    seeded = import_module("workflows.migrations.0014_prices_and_roles_of_invocations")
    for item, amount in seeded.AMOUNTS.items():
        Price.objects.get_or_create(region="us-east-1", item=item, valid_from=seeded.SINCE, defaults={"amount": amount})


class UserFactory(DjangoModelFactory[User]):
    """A person in one of the groups; `role` may be empty for nobody in particular."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def role(self: Any, create: bool, extracted: str | None, **_: Any) -> None:
        """Put the person into a group: UserFactory(role="viewer")."""
        if create and extracted != "":
            self.groups.add(group(extracted or "operator"))


class EnvironmentFactory(DjangoModelFactory[Environment]):
    """The embedded AWS, called default."""

    class Meta:
        model = Environment
        django_get_or_create = ("slug",)

    slug = "default"
    title = "Embedded"
    is_embedded = True
    colour = "green"
    region = "us-east-1"
    account_id = "123456789012"
    name_prefix = "signalbox-"


class FunctionFactory(DjangoModelFactory[Function]):
    class Meta:
        model = Function
        django_get_or_create = ("name",)

    name = "ProcessPurchase"


class FunctionRevisionFactory(DjangoModelFactory[FunctionRevision]):
    class Meta:
        model = FunctionRevision

    function = factory.SubFactory(FunctionFactory)
    number = factory.Sequence(lambda n: n + 1)
    sha256 = factory.LazyAttribute(lambda o: hashlib.sha256(f"{o.function}{o.number}".encode()).hexdigest())
    runtime = "python3.12"
    handler = "handler.handler"
    memory_mb = 128
    timeout_s = 10
    package = packaging.zip_of([("handler.py", b"def handler(event, context): ...\n", False)]).content
    package_sha256 = factory.LazyAttribute(lambda o: hashlib.sha256(o.package).hexdigest())
    package_bytes = factory.LazyAttribute(lambda o: len(o.package))


class WorkflowFactory(DjangoModelFactory[Workflow]):
    class Meta:
        model = Workflow
        django_get_or_create = ("name",)

    name = "transaction-processor"
    title = "Transaction processor"


class WorkflowRevisionFactory(DjangoModelFactory[WorkflowRevision]):
    class Meta:
        model = WorkflowRevision

    workflow = factory.SubFactory(WorkflowFactory)
    number = factory.Sequence(lambda n: n + 1)
    sha256 = factory.LazyAttribute(lambda o: hashlib.sha256(f"{o.workflow}{o.number}".encode()).hexdigest())
    type = "STANDARD"
    definition = DEFINITION
    input_schema = SCHEMA
    keys = KEYS


class DeploymentFactory(DjangoModelFactory[Deployment]):
    """A workflow's revision, live in its environment."""

    class Meta:
        model = Deployment

    environment = factory.SubFactory(EnvironmentFactory)
    workflow_revision = factory.SubFactory(WorkflowRevisionFactory)
    workflow = factory.SelfAttribute("workflow_revision.workflow")
    status = "succeeded"
    is_live = True
    started_at = factory.LazyFunction(timezone.now)
    finished_at = factory.LazyFunction(timezone.now)
    resource_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:signalbox-transaction-processor"
    version_arn = factory.LazyAttribute(lambda o: f"{o.resource_arn}:1")
    definition = factory.SelfAttribute("workflow_revision.definition")


class FunctionDeploymentFactory(DjangoModelFactory[Deployment]):
    """A function's revision, live in its environment."""

    class Meta:
        model = Deployment

    environment = factory.SubFactory(EnvironmentFactory)
    function_revision = factory.SubFactory(FunctionRevisionFactory)
    function = factory.SelfAttribute("function_revision.function")
    status = "succeeded"
    is_live = True
    resource_arn = factory.LazyAttribute(
        lambda o: f"arn:aws:lambda:us-east-1:123456789012:function:signalbox-{o.function.name}"
    )


def difference(field: str, live: str, deployed: str = "as deployed", *, is_secret: bool = False) -> dict[str, Any]:
    """One thing that is not in AWS as it was deployed."""
    since = timezone.now().isoformat()
    told = {"field": field, "deployed": deployed, "live": live, "is_secret": is_secret}
    return {**told, "is_acceptable": True, "since": since}


class DriftFactory(DjangoModelFactory[Drift]):
    """A function whose memory somebody has changed in AWS."""

    class Meta:
        model = Drift

    class Params:
        deployment = factory.SubFactory(FunctionDeploymentFactory)

    environment = factory.SelfAttribute("deployment.environment")
    function = factory.SelfAttribute("deployment.function")
    workflow = factory.SelfAttribute("deployment.workflow")
    checked_at = factory.LazyFunction(timezone.now)
    differs_since = factory.LazyFunction(timezone.now)
    fingerprint = "0" * 64
    differences = factory.LazyFunction(lambda: [difference("Memory", "256 MB", "128 MB")])


class ImportFactory(DjangoModelFactory[Import]):
    """Asked for just now."""

    class Meta:
        model = Import

    environment = factory.SubFactory(EnvironmentFactory)
    kind = "function"
    arn = factory.Sequence(lambda n: f"arn:aws:lambda:us-east-1:123456789012:function:theirs{n}")
    name = factory.Sequence(lambda n: f"theirs{n}")


class TemplateImportFactory(DjangoModelFactory[TemplateImport]):
    """A file with one workflow, given just now."""

    class Meta:
        model = TemplateImport

    file_name = "given.json"
    document = factory.LazyFunction(
        lambda: {"signalbox": 1, "workflows": [{"name": "given", "title": "Given", "definition": DEFINITION}]}
    )


class TriggerFactory(DjangoModelFactory[Trigger]):
    """A live HTTP route of a function, as its deployment leaves it."""

    class Meta:
        model = Trigger

    environment = factory.SubFactory(EnvironmentFactory)
    function = factory.SubFactory(FunctionFactory)
    definition = factory.Sequence(lambda n: {"type": "http", "method": "GET", "path": f"/transactions/{n}"})
    key = factory.LazyAttribute(lambda o: f"http {o.definition['method']} {o.definition['path']}")
    status = "live"
    invoke_url = factory.LazyAttribute(
        lambda o: f"https://a1.execute-api.us-east-1.amazonaws.com{o.definition['path']}"
    )
    verified_at = factory.LazyFunction(timezone.now)


class TriggerTestFactory(DjangoModelFactory[TriggerTest]):
    """A test of a live route, asked for just now."""

    class Meta:
        model = TriggerTest

    trigger = factory.SubFactory(TriggerFactory, definition={"type": "http", "method": "GET", "path": "/orders"})


class DeploymentStepFactory(DjangoModelFactory[DeploymentStep]):
    class Meta:
        model = DeploymentStep

    deployment = factory.SubFactory(DeploymentFactory)
    position = factory.Sequence(lambda n: n)
    name = "Execution role"
    status = "changed"
    finished_at = factory.LazyFunction(timezone.now)


class InvocationFactory(DjangoModelFactory[Invocation]):
    """Asked for and not sent; give `status` and times for any other."""

    class Meta:
        model = Invocation

    deployment = factory.SubFactory(FunctionDeploymentFactory)
    environment = factory.SelfAttribute("deployment.environment")
    function = factory.SelfAttribute("deployment.function")
    payload = "{}"
    limit_s = 15


class TransactionFactory(DjangoModelFactory[Transaction]):
    """Accepted and not started; give `status` and times for any other."""

    class Meta:
        model = Transaction
        skip_postgeneration_save = True

    class Params:
        kind = "PURCHASE"

    # Ids sort by the time of acceptance.
    id = factory.LazyAttribute(lambda o: uuid.UUID(int=first_id(o.created_at).int | secrets.randbits(48)))
    deployment = factory.SubFactory(DeploymentFactory)
    environment = factory.SelfAttribute("deployment.environment")
    workflow = factory.SelfAttribute("deployment.workflow")
    revision = factory.SelfAttribute("deployment.workflow_revision")
    input = factory.LazyAttribute(
        lambda o: json.dumps({"TransactionType": o.kind, "CustomerId": "c-1001", "Amount": 50.25})
    )
    created_by = factory.SubFactory(UserFactory)
    created_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def execution(self: Any, create: bool, extracted: Any, **_: Any) -> None:
        """Every transaction has one."""
        if create:
            Execution.objects.create(transaction=self)


class BusinessKeyFactory(DjangoModelFactory[BusinessKey]):
    class Meta:
        model = BusinessKey

    transaction = factory.SubFactory(TransactionFactory)
    workflow = factory.SelfAttribute("transaction.workflow")
    name = "customer_id"
    text = "c-1001"


class VisitFactory(DjangoModelFactory[Visit]):
    class Meta:
        model = Visit

    execution = factory.LazyAttribute(lambda _: TransactionFactory().execution)
    position = factory.Sequence(lambda n: n)
    state = "ProcessPurchase"
    type = "Task"
    status = "ok"
    entered_event = factory.SelfAttribute("position")
    entered_at = factory.LazyFunction(timezone.now)
    exited_at = factory.LazyAttribute(lambda o: o.entered_at + timedelta(milliseconds=42))
    input = "{}"
    output = "{}"


class ChoiceResultFactory(DjangoModelFactory[ChoiceResult]):
    """ProcessTransaction took rule 1 to ProcessPurchase."""

    class Meta:
        model = ChoiceResult

    execution = factory.LazyAttribute(lambda _: TransactionFactory().execution)
    workflow = factory.LazyAttribute(lambda o: o.execution.transaction.workflow)
    position = factory.Sequence(lambda n: n)
    state = "ProcessTransaction"
    next = "ProcessPurchase"
    rule = 0
    explained_next = factory.SelfAttribute("next")
    agrees = True
    rules = factory.LazyFunction(lambda: rules("PURCHASE"))
    at = factory.LazyFunction(timezone.now)


class EventFactory(DjangoModelFactory[Event]):
    class Meta:
        model = Event

    execution = factory.LazyAttribute(lambda _: TransactionFactory().execution)
    number = factory.Sequence(lambda n: n + 1)
    previous = factory.LazyAttribute(lambda o: o.number - 1)
    type = "TaskStateEntered"
    at = factory.LazyFunction(timezone.now)
    state = "ProcessPurchase"
    details = factory.LazyFunction(dict)


class HookFactory(DjangoModelFactory[Hook]):
    """Live, and for whatever happens."""

    class Meta:
        model = Hook

    target_url = factory.Sequence(lambda n: f"https://receiver{n}.example/hook")
    events = factory.LazyFunction(lambda: list(payloads.EVENTS))
    secret = factory.LazyFunction(signing.new_secret)
    status = "live"
    created_by = factory.SubFactory(UserFactory, role="developer")
    created_at = factory.LazyFunction(timezone.now)
    live_since = factory.SelfAttribute("created_at")


class DeliveryFactory(DjangoModelFactory[Delivery]):
    """Due now; give `status` and times for any other."""

    class Meta:
        model = Delivery

    hook = factory.SubFactory(HookFactory)
    kind = "transaction.succeeded"
    subject = factory.LazyFunction(lambda: str(uuid.uuid4()))
    body = factory.LazyAttribute(lambda o: json.dumps({"type": o.kind, "data": {"id": o.subject}}))
    created_at = factory.LazyFunction(timezone.now)
    next_attempt_at = factory.LazyAttribute(lambda o: o.created_at if o.status == "pending" else None)
    status = "pending"


class AttemptFactory(DjangoModelFactory[Attempt]):
    class Meta:
        model = Attempt

    delivery = factory.SubFactory(DeliveryFactory)
    number = factory.Sequence(lambda n: n + 1)
    at = factory.LazyFunction(timezone.now)
    duration_ms = 12
    request_headers = factory.LazyFunction(lambda: {"webhook-id": "msg_1", "webhook-signature": "v1,abcd…"})
    status_code = 204


class InboundHookFactory(DjangoModelFactory[InboundHook]):
    """An address that starts the guide's workflow, which is deployed, with the body it receives."""

    class Meta:
        model = InboundHook

    class Params:
        deployment = factory.SubFactory(DeploymentFactory)

    slug = factory.Sequence(lambda n: f"hook-{n}")
    title = "Payments"
    workflow = factory.SelfAttribute("deployment.workflow")
    environment = factory.SelfAttribute("deployment.environment")
    scheme = "standard"
    secret = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ="
    created_by = factory.SubFactory(UserFactory)
