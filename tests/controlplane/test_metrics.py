"""`/metrics`: who may read it, and that its figures are the rows'."""

import urllib.request
from datetime import timedelta

import pytest
from celery import signals
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from controlplane import worker_metrics
from controlplane.embedded.ports import free_port
from tests.aws_stub import AwsStub
from tests.factories import (
    DeliveryFactory,
    DeploymentFactory,
    EnvironmentFactory,
    HookFactory,
    TransactionFactory,
    UserFactory,
)
from transactions import tasks
from transactions.models import Execution
from workflows.aws import clients, errors, sts
from workflows.aws.clients import Target
from workflows.services import access, facts

pytestmark = pytest.mark.django_db


def figures(client: Client, secret: str) -> dict[tuple[str, ...], float]:
    """Every figure by its name and its labels."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


@pytest.fixture
def secret() -> str:
    return access.issue_token(UserFactory.create(role="viewer"), "prometheus", by=None)[1]


def test_a_token_reads_it_without_a_session(client: Client, secret: str) -> None:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {secret}"})
    assert answer["Content-Type"].startswith("text/plain")
    assert "sessionid" not in answer.cookies


@pytest.mark.parametrize("sent", ["Bearer nothing", "Bearer ", "bearer x y", "Bearer \x80"])
def test_a_wrong_token_is_refused(client: Client, sent: str) -> None:
    assert client.get("/metrics", headers={"Authorization": sent}).status_code == 401


def test_a_token_for_something_else_and_one_of_somebody_without_a_role_are_refused(client: Client) -> None:
    narrow = access.issue_token(UserFactory.create(role="admin"), "ci", by=None, scopes=["workflows.view_function"])[1]
    nobody = access.issue_token(UserFactory.create(role=""), "ci", by=None)[1]
    for one in (narrow, nobody):
        assert client.get("/metrics", headers={"Authorization": f"Bearer {one}"}).status_code == 401


def test_strangers_are_led_to_the_sign_in_page(client: Client) -> None:
    assert client.get("/metrics").headers["Location"].startswith("/login")


def test_the_figures_are_the_rows(client: Client, secret: str) -> None:
    deployment, now = DeploymentFactory.create(), timezone.now()
    make = {"deployment": deployment}
    TransactionFactory.create(status="accepted", next_attempt_at=now - timedelta(seconds=90), **make)
    TransactionFactory.create(status="succeeded", **make)
    TransactionFactory.create(status="running", stuck_since=now, **make)

    shown = figures(client, secret)

    place = deployment.environment.slug
    assert shown["signalbox_transactions_last_hour", place, "accepted"] == 1
    assert shown["signalbox_transactions_last_hour", place, "succeeded"] == 1
    assert shown["signalbox_transactions_stuck", place] == 2  # one marked, one that no sweep has come to
    assert shown["signalbox_queue_due", "starts"] == 1
    assert 90 <= shown["signalbox_queue_age_seconds", "starts"] < 120
    assert shown["signalbox_queue_age_seconds", "deployments"] == 0
    assert shown["signalbox_aws_unreachable_seconds", place] == 0


def test_deliveries_are_counted_by_outcome_and_by_how_long_they_are_due(client: Client, secret: str) -> None:
    hook, now = HookFactory.create(failing_since=timezone.now()), timezone.now()
    DeliveryFactory.create(hook=hook, status="delivered", finished_at=now)
    DeliveryFactory.create(hook=hook, status="failed", finished_at=now - timedelta(hours=2))
    DeliveryFactory.create(hook=hook, next_attempt_at=now - timedelta(seconds=70))
    facts.tell("transaction.accepted", "1")
    shown = figures(client, secret)
    assert shown["signalbox_deliveries_last_hour", "delivered"] == 1
    assert shown["signalbox_deliveries_last_hour", "failed"] == 0
    assert shown["signalbox_hooks_failing",] == 1
    assert shown["signalbox_queue_due", "deliveries"] == 1
    assert shown["signalbox_queue_age_seconds", "deliveries"] >= 70
    assert shown["signalbox_queue_due", "facts"] == 1


def test_histories_that_are_due_are_unread(client: Client, secret: str) -> None:
    due_at = timezone.now() - timedelta(seconds=30)
    read, _ = TransactionFactory.create_batch(2, deployment=DeploymentFactory.create())
    Execution.objects.filter(transaction=read).update(next_sync_at=due_at)
    shown = figures(client, secret)
    assert shown["signalbox_queue_due", "histories"] == 1
    assert shown["signalbox_queue_age_seconds", "histories"] >= 30


def test_it_says_whether_the_broker_answers(client: Client, secret: str, settings: LazySettings, valkey: str) -> None:
    cache.clear()
    settings.REDIS_URL = valkey
    assert figures(client, secret)[("signalbox_broker_up",)] == 1
    cache.clear()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert figures(client, secret)[("signalbox_broker_up",)] == 0
    person = UserFactory.create()
    client.force_login(person)
    EnvironmentFactory.create()
    assert "The broker does not answer" in client.get("/freshness").content.decode()
    cache.clear()


def test_a_worker_counts_the_doorbells_it_hears(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals.worker_init, "receivers", [])
    monkeypatch.setattr(signals.task_prerun, "receivers", [])
    settings.METRICS_PORT = 9808
    worker_metrics.begin_with_worker()
    heard = worker_metrics.HEARD.labels("transactions.tasks.sweep")
    before = heard._value.get()
    signals.task_prerun.send(sender=None, task=tasks.sweep)
    assert heard._value.get() == before + 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_tells_of_its_calls_to_aws_by_operation_and_outcome(
    aws_stub: AwsStub, stub_target: Target, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients.forget()
    settings.METRICS_PORT = free_port()

    def told(outcome: str) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{settings.METRICS_PORT}/metrics", timeout=5) as answer:
            families = list(text_string_to_metric_families(answer.read().decode()))
        samples = [one for family in families for one in family.samples if one.name == "signalbox_aws_calls_total"]
        wanted = {"operation": "sts:GetCallerIdentity", "outcome": outcome}
        return next((one.value for one in samples if one.labels == wanted), 0)

    monkeypatch.setattr(signals.worker_init, "receivers", [])  # rounds are not for this process
    worker_metrics.begin_with_worker()
    signals.worker_init.send(sender=None)
    went, refused = told("ok"), told("AccessDenied")
    sts.account_id(stub_target)
    aws_stub.orders.refuse("GetCallerIdentity", "AccessDenied", status=403)
    with pytest.raises(errors.Denied):
        sts.account_id(stub_target)
    assert (told("ok"), told("AccessDenied")) == (went + 1, refused + 1)
