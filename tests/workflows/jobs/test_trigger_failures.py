"""What is said of each trigger of a deployment that failed."""

import pytest

from tests.factories import FunctionDeploymentFactory, FunctionRevisionFactory, TriggerFactory
from workflows import triggers
from workflows.jobs.deployments.triggers import note_failed
from workflows.models import Deployment, DeploymentStep, Trigger

pytestmark = pytest.mark.django_db
GIVEN = [
    {"type": "http", "method": "GET", "path": "/orders"},
    {"type": "sqs", "queue": "orders"},
    {"type": "sns", "topic": "news"},
]
DONE = ["Sources of its triggers", "SQS queue orders: queue", "SNS topic news: topic"]


def failed_at(*names: str) -> dict[str, tuple[str, str]]:
    """The status and problem of each trigger, by its type, of a deployment whose last step failed."""
    revision = FunctionRevisionFactory.create(triggers=[triggers.read(one).as_dict() for one in GIVEN])
    deployment: Deployment = FunctionDeploymentFactory.create(function_revision=revision, is_live=False)
    for one in triggers.read_all(GIVEN):
        TriggerFactory.create(
            environment=deployment.environment,
            function=revision.function,
            definition=one.as_dict(),
            key=one.key,
            invoke_url="",
            status="pending",
        )
    for position, name in enumerate(names):
        status = "failed" if position == len(names) - 1 else "changed"
        DeploymentStep.objects.create(deployment=deployment, position=position, name=name, status=status)
    note_failed(deployment, "AWS says no.")
    return {row.type: (row.status, row.problem) for row in Trigger.objects.all()}


def test_the_failure_is_told_of_the_trigger_it_happened_at() -> None:
    told = failed_at(*DONE, "Alias live", "HTTP route GET /orders: route", "SQS queue orders: mapping")
    assert told["http"] == ("live", "")
    assert told["sqs"] == ("failed", "AWS says no.")
    assert told["sns"] == ("failed", "The deployment failed before it came to this: AWS says no.")


def test_before_the_alias_no_trigger_is_set_up() -> None:
    told = failed_at(*DONE)
    assert told["sns"] == ("failed", "AWS says no.")
    assert {told["http"][0], told["sqs"][0]} == {"failed"}


def test_what_cannot_be_taken_away_comes_after_what_was_set_up_or_before_it() -> None:
    steps = [
        f"{one}: {what}" for one in ("HTTP route GET /orders", "SQS queue orders", "SNS topic news") for what in "ab"
    ]
    told = failed_at(*DONE, "Alias live", *steps, "Schedule rate(1 day): away")
    assert {status for status, _ in told.values()} == {"live"}


def test_what_is_in_the_way_and_stays_lets_nothing_be_set_up() -> None:
    told = failed_at(*DONE, "Alias live", "Schedule rate(1 day): away")
    assert {status for status, _ in told.values()} == {"failed"}


def test_after_all_of_them_they_are_live() -> None:
    told = failed_at(*DONE, "Alias live", "Read back")
    assert {status for status, _ in told.values()} == {"live"}
