"""The Django admin of both packages: every model is there, every page opens, and lists cost the same at any length."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.answers import text
from tests.factories import (
    AttemptFactory,
    BusinessKeyFactory,
    ChoiceResultFactory,
    DeliveryFactory,
    DeploymentFactory,
    DeploymentStepFactory,
    DriftFactory,
    EnvironmentFactory,
    EventFactory,
    FunctionDeploymentFactory,
    FunctionRevisionFactory,
    HookFactory,
    ImportFactory,
    InboundHookFactory,
    InvocationFactory,
    TemplateImportFactory,
    TransactionFactory,
    TriggerFactory,
    TriggerTestFactory,
    UserFactory,
    VisitFactory,
    WorkflowRevisionFactory,
)
from transactions.models import (
    Attempt,
    BusinessKey,
    ChoiceResult,
    Delivery,
    Event,
    Execution,
    Hook,
    InboundHook,
    InboundRequest,
    LogReading,
    Preset,
    Transaction,
    Visit,
)
from workflows.admin.bases import CountedSoFar
from workflows.models import (
    Activity,
    Deployment,
    DeploymentStep,
    Drift,
    Environment,
    Fact,
    Function,
    FunctionRevision,
    IdempotencyKey,
    Import,
    Invocation,
    LogSearch,
    MetricSet,
    Payload,
    Price,
    SignInFailure,
    Survey,
    TemplateImport,
    Token,
    Trigger,
    TriggerTest,
    User,
    Workflow,
    WorkflowRevision,
)
from workflows.services import access, activity, facts, throttling

pytestmark = pytest.mark.django_db

OURS = [*apps.get_app_config("workflows").get_models(), *apps.get_app_config("transactions").get_models()]
EDITABLE = {User, Environment, Hook, Price}
REMOVABLE = {Environment, Price}
ADDABLE = EDITABLE | {Token}
FEW, MANY = 3, 12


def key() -> IdempotencyKey:
    user = UserFactory.create()
    return IdempotencyKey.objects.create(user=user, key=f"k{user.pk}", fingerprint="f", subject="s")


def token() -> Token:
    user = UserFactory.create()
    return access.issue_token(user, "ci", by=user)[0]


def noted() -> Activity:
    user = UserFactory.create()
    return activity.record("user.create", user, by=user, after={"a": 1})


def fact() -> Fact:
    facts.tell("transaction.accepted", "1")
    return Fact.objects.latest("pk")


def deployment() -> Deployment:
    revision = WorkflowRevisionFactory.create(workflow__name=f"w{Workflow.objects.count()}")
    return DeploymentFactory.create(workflow_revision=revision, requested_by=UserFactory.create())


def function_deployment() -> Deployment:
    revision = FunctionRevisionFactory.create(function__name=f"f{Function.objects.count()}")
    return FunctionDeploymentFactory.create(function_revision=revision)


def failure() -> SignInFailure:
    throttling.begin(f"name{SignInFailure.objects.count()}", f"192.0.2.{SignInFailure.objects.count()}")
    return SignInFailure.objects.latest("pk")


def ran() -> Transaction:
    return TransactionFactory.create(deployment=deployment())


def preset() -> Preset:
    user = UserFactory.create()
    return Preset.objects.create(workflow=ran().workflow, name=f"p{user.pk}", input="{}", created_by=user)


MAKERS: dict[type[Model], Callable[[], Any]] = {
    User: UserFactory.create,
    Token: token,
    IdempotencyKey: key,
    SignInFailure: failure,
    Activity: noted,
    Fact: fact,
    MetricSet: lambda: MetricSet.objects.create(
        environment=EnvironmentFactory.create(), kind="workflow", range_s=MetricSet.objects.count(), period_s=60
    ),
    Invocation: lambda: InvocationFactory.create(deployment=function_deployment(), requested_by=UserFactory.create()),
    Payload: lambda: Payload.objects.create(
        function=FunctionRevisionFactory.create(function__name=f"f{Function.objects.count()}").function,
        name="usual",
        text="{}",
    ),
    Price: lambda: Price.objects.create(
        region=f"r{Price.objects.count()}", item="lambda.request", valid_from="2026-01-01", amount="0.1"
    ),
    LogReading: lambda: LogReading.objects.create(execution=ran().execution, asked_at=timezone.now()),
    Environment: lambda: EnvironmentFactory.create(slug=f"e{Environment.objects.count()}"),
    Trigger: TriggerFactory.create,
    TriggerTest: lambda: TriggerTestFactory.create(trigger=TriggerFactory.create()),
    Function: lambda: FunctionRevisionFactory.create(function__name=f"f{Function.objects.count()}").function,
    FunctionRevision: lambda: FunctionRevisionFactory.create(function__name=f"f{Function.objects.count()}"),
    Workflow: lambda: WorkflowRevisionFactory.create(workflow__name=f"w{Workflow.objects.count()}").workflow,
    WorkflowRevision: lambda: WorkflowRevisionFactory.create(workflow__name=f"w{Workflow.objects.count()}"),
    Deployment: deployment,
    Drift: lambda: DriftFactory.create(deployment=function_deployment()),
    Import: ImportFactory.create,
    TemplateImport: TemplateImportFactory.create,
    Survey: lambda: Survey.objects.create(environment=EnvironmentFactory.create(slug=f"s{Survey.objects.count()}")),
    LogSearch: lambda: LogSearch.objects.create(
        environment=EnvironmentFactory.create(),
        function=FunctionRevisionFactory.create(function__name=f"f{Function.objects.count()}").function,
        range_s=3600,
    ),
    DeploymentStep: lambda: DeploymentStepFactory.create(deployment=deployment()),
    Transaction: ran,
    Execution: lambda: ran().execution,
    BusinessKey: lambda: BusinessKeyFactory.create(transaction=ran()),
    Event: lambda: EventFactory.create(execution=ran().execution),
    Visit: lambda: VisitFactory.create(execution=ran().execution),
    Preset: preset,
    Hook: HookFactory.create,
    Delivery: DeliveryFactory.create,
    Attempt: AttemptFactory.create,
    InboundHook: lambda: InboundHookFactory.create(deployment=deployment()),
    InboundRequest: lambda: InboundRequest.objects.create(
        hook=InboundHookFactory.create(deployment=deployment()),
        received_at=timezone.now(),
        outcome="refused",
        status=401,
        size=1,
    ),
    ChoiceResult: lambda: ChoiceResultFactory.create(execution=ran().execution),
}


def address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def names(models: Iterable[type[Model]]) -> list[str]:
    return [model.__name__ for model in models]


@pytest.fixture
def chief(client: Client) -> Client:
    """Signed in as an admin by role, not as a superuser."""
    client.force_login(UserFactory.create(username="chief", role="admin", is_staff=True))
    return client


def test_every_model_of_ours_is_in_the_admin() -> None:
    assert set(OURS) <= set(admin.site._registry)
    assert set(MAKERS) == set(OURS)


@pytest.mark.parametrize("model", OURS, ids=names(OURS))
def test_the_list_opens_and_can_be_searched(chief: Client, model: type[Model]) -> None:
    MAKERS[model]()
    listed = address(model, "changelist")
    assert chief.get(listed).status_code == 200
    # A search text is no id, and that is no error.
    assert chief.get(listed, {"q": "nothing like that"}).status_code == 200
    assert chief.get(listed, {"q": "00000000-0000-0000-0000-000000000000"}).status_code == 200


@pytest.mark.parametrize("model", OURS, ids=names(OURS))
def test_one_row_opens(chief: Client, model: type[Model]) -> None:
    row = MAKERS[model]()
    answer = chief.get(address(model, "change", row.pk))
    assert answer.status_code == 200
    assert (b'name="_save"' in answer.content) is (model in EDITABLE)


@pytest.mark.parametrize("model", OURS, ids=names(OURS))
def test_only_what_is_configured_here_can_be_added_or_taken_away(chief: Client, model: type[Model]) -> None:
    row = MAKERS[model]()
    assert chief.get(address(model, "add")).status_code == (200 if model in ADDABLE else 403)
    assert chief.get(address(model, "delete", row.pk)).status_code == (200 if model in REMOVABLE else 403)


def test_a_price_below_nothing_is_refused_in_words(chief: Client) -> None:
    wrong = {
        "region": "eu-west-1",
        "item": "lambda.request",
        "valid_from": "2026-01-01",
        "amount": "-1",
        "currency": "USD",
    }
    answer = chief.post(address(Price, "add"), wrong)
    assert answer.context["adminform"].form.errors == {"amount": ["Ensure this value is greater than or equal to 0."]}


@pytest.mark.parametrize("model", OURS, ids=names(OURS))
def test_a_long_list_costs_no_more_queries_than_a_short_one(chief: Client, model: type[Model]) -> None:
    counts = []
    chief.get(address(model, "changelist"))
    for wanted in (FEW, MANY):
        while model._default_manager.count() < wanted:
            MAKERS[model]()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert chief.get(address(model, "changelist")).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[1] < 20


def test_a_long_list_is_counted_no_further_than_it_can_be_leafed_through(
    chief: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CountedSoFar, "most", 2)
    for _ in range(3):
        ran()
    listed = text(chief.get(address(Transaction, "changelist")))
    assert "2 transactions" in listed


def test_a_filter_by_known_values_narrows_the_list(chief: Client) -> None:
    noted()
    kinds = address(Activity, "changelist")
    assert "user.create" in text(chief.get(kinds, {"subject_kind": "user"}))
    assert "user.create" not in text(chief.get(kinds, {"subject_kind": "transaction"}))
