"""A part of a function's calls goes to another revision; and a version must answer before the alias leads to it."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import UserFactory
from tests.fixtures_aws import EmbeddedAws
from tests.workflows.api.conftest import asker
from tests.workflows.jobs.test_deployments import deploy
from workflows import capabilities, packaging, plans, policies, selectors
from workflows.jobs import deployments as jobs
from workflows.jobs.drift import queue as drift_queue
from workflows.models import Deployment, Drift, Environment, Function, FunctionRevision, Invocation, Payload
from workflows.packaging import FunctionDefinition, Permission
from workflows.services import definitions, deployments, drift, invocations
from workflows.services.deployments import NotDeployable

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]
READS = Permission(("s3:GetObject",), ("arn:aws:s3:::old/*",))


def save(answer: str, **more: Any) -> FunctionRevision:
    code = f"def handler(event, context):\n    return {answer}\n".encode()
    definition = FunctionDefinition("Shifted", "python3.12", "handler.handler", 128, 5, **more)
    return definitions.save_function(definition, packaging.zip_of([("handler.py", code, False)]), by=None).revision


def ask(revision: FunctionRevision, environment: Environment, share: int | None) -> Deployment:
    asked = deployments.request(revision, environment, by=None, share=share)
    while Deployment.objects.filter(pk=asked.pk, finished_at=None).exists():
        jobs.drain()
    return Deployment.objects.get(pk=asked.pk)


@pytest.fixture
def shifting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded AWS keeps weights and does not go by them: where they lead is not asked here, only what is set."""
    monkeypatch.setattr(Environment, "capabilities", property(lambda self: capabilities.AWS))


def test_an_environment_that_cannot_share_calls_refuses_it_in_words(environment: Environment, client: Client) -> None:
    deploy(save("1"), environment)
    revision = save("2")
    with pytest.raises(NotDeployable, match="A weighted alias is not available in this environment"):
        deployments.request(revision, environment, by=None, share=10)
    client.force_login(UserFactory.create(role="developer"))
    page = text(client.get("/functions/Shifted"))
    assert "this environment cannot share them between two revisions" in page and 'name="share"' not in page
    assert "/functions/Shifted/compare?from=1&amp;to=2" in page


def test_calls_are_shared_and_taken_back_or_given_over(
    environment: Environment, embedded_aws: EmbeddedAws, shifting: None, client: Client
) -> None:
    first, second = save("1", permissions=(READS,)), save("2")
    with pytest.raises(NotDeployable, match="Nothing is live there"):
        deployments.request(second, environment, by=None, share=10)
    old = deploy(first, environment)
    lambda_ = embedded_aws.client("lambda")

    def alias() -> tuple[str, Any]:
        found = lambda_.get_alias(FunctionName=old.resource_arn, Name="live")
        return found["FunctionVersion"], found.get("RoutingConfig", {}).get("AdditionalVersionWeights")

    shift = ask(second, environment, 10)
    assert (shift.status, shift.cause, shift.is_live, shift.share) == ("succeeded", "", False, 10)
    assert alias() == ("1", {"2": 0.1})
    # What is live still may do what it could, while both run under the one role.
    allowed = {one["Sid"]: one["Action"] for one in (shift.policy or {})["Statement"]}
    assert allowed == {"OwnLog": allowed["OwnLog"], "LiveDeclared1": ["s3:GetObject"]}
    assert Deployment.objects.get(is_live=True) == old
    assert selectors.shift(first.function, environment) == shift
    [entry] = selectors.functions(environment)
    assert (entry.live, entry.last, entry.shift) == (old, shift, shift)

    # It is not taken for drift, and the page says how to go on.
    drift.mark(environment)
    drift_queue.drain()
    assert (Drift.objects.get().differences, Drift.objects.get().problem) == ([], drift_queue.SHIFTING)
    client.force_login(UserFactory.create(role="developer"))
    page = text(client.get("/functions/Shifted"))
    assert "10 % of the calls go to r2" in page and "Take back: all to r1" in page and 'name="share"' in page

    client.post("/functions/Shifted/deploy", {"revision": "1", "seen": str(old.pk)})
    while jobs.drain():
        pass
    assert (alias(), selectors.shift(first.function, environment)) == (("1", None), None)
    assert "s3:GetObject" in json.dumps(Deployment.objects.get(is_live=True).policy)

    developer = asker()
    told = developer.post("functions/Shifted/deployments", {"revision": 2, "share": 50}, status=202)
    assert told["share"] == 50
    while jobs.drain():
        pass
    assert (alias(), developer.get("functions/Shifted")["shift"]["share"]) == (("1", {"2": 0.5}), 50)
    finished = deploy(second, environment)
    assert (finished.is_live, alias()) == (True, ("2", None))
    assert "s3:GetObject" not in json.dumps(finished.policy)
    environment.refresh_from_db()
    assert policies.same(finished.policy, selectors.planned_policy(second, environment))


def test_a_workflow_and_what_is_live_have_no_share(environment: Environment, shifting: None) -> None:
    revision = save("1")
    deploy(revision, environment)
    for share, said in ((10, "is live there"), (100, "1 to 99 percent")):
        with pytest.raises(NotDeployable, match=said) as refused:
            deployments.request(revision, environment, by=None, share=share)
        assert refused.value.field == "share"


# ---- smoke tests


def test_the_alias_moves_only_when_the_smoke_test_is_answered(
    environment: Environment, embedded_aws: EmbeddedAws, client: Client
) -> None:
    good = save("event['n'] + 1")
    old = deploy(good, environment)
    dora = UserFactory.create(username="dora", role="developer")
    payload = invocations.save_payload(good.function, "usual", '{"n": 1}', by=dora)
    client.force_login(dora)
    client.post("/functions/Shifted/smoke-test", {"payload": str(payload.pk)})
    assert "a version must answer" in text(client.get(f"/functions/Shifted/test?payload={payload.pk}"))

    bad = save("event['missing']")
    line = next(one for one in plans.plan(bad, old, environment) if one.verb == "wait")
    assert line.what == "Smoke test with “usual”"
    failed = deploy(bad, environment)
    assert (failed.status, failed.error, failed.is_live) == ("failed", "SmokeTestFailed", False)
    assert failed.cause.startswith("With the payload “usual” it failed: KeyError: 'missing'\n")
    assert failed.outcome == "Alias live was not moved: it leads to version 1 (r1)."
    alias = {"FunctionName": old.resource_arn, "Name": "live"}
    assert embedded_aws.client("lambda").get_alias(**alias)["FunctionVersion"] == "1"
    drift.mark(environment)
    drift_queue.drain()
    assert not Drift.objects.filter(differs_since__isnull=False).exists(), "what it left of its code is nobody else's"
    row = Invocation.objects.get()
    assert (row.deployment, row.status, row.payload) == (failed, "failed", '{"n":1}')

    better = deploy(save("event['n'] + 2"), environment)
    assert (better.status, better.is_live) == ("succeeded", True)
    assert Invocation.objects.filter(status="succeeded", result="3").count() == 1
    # What has calls already is not tried again.
    deploy(FunctionRevision.objects.first() or bad, environment)
    assert Invocation.objects.count() == 2


def test_a_smoke_test_is_never_sent_twice(environment: Environment) -> None:
    revision = save("1")
    Function.objects.update(smoke_test=Payload.objects.create(function=revision.function, name="usual", text="{}"))
    asked = deployments.request(revision, environment, by=None)
    # As a worker leaves it that was lost while it waited for the answer.
    Invocation.objects.create(
        environment=environment, function=revision.function, deployment=asked, payload="{}", limit_s=5, status="unknown"
    )
    while Deployment.objects.filter(pk=asked.pk, finished_at=None).exists():
        jobs.drain()
    row = Deployment.objects.get(pk=asked.pk)
    assert (row.status, row.error, Invocation.objects.count()) == ("failed", "SmokeTestUnknown", 1)


def test_what_is_stopped_is_not_tested(environment: Environment) -> None:
    # It could never be stopped otherwise.
    running = save("1")
    old = deploy(running, environment)
    Function.objects.update(smoke_test=Payload.objects.create(function=running.function, name="usual", text="{}"))
    stopped = save("1", concurrency=0)
    line = next(one for one in plans.plan(stopped, old, environment) if "smoke test" in one.what)
    assert (line.verb, line.what) == ("warn", "No smoke test with “usual”")
    assert deploy(stopped, environment).is_live
    assert not Invocation.objects.exists()


def test_a_smoke_test_is_chosen_over_rest(environment: Environment) -> None:
    revision, developer = save("1"), asker()
    invocations.save_payload(revision.function, "usual", "{}", by=developer.user)
    chosen = json.loads(developer.ask("PUT", "functions/Shifted/smoke-test", {"name": "usual"}).content)
    assert chosen == {"function": "Shifted", "name": "usual"}
    assert developer.get("functions/Shifted")["smoke_test"] == "usual"
    assert developer.ask("PUT", "functions/Shifted/smoke-test", {"name": "other"}).status_code == 422
    assert developer.ask("PUT", "functions/Shifted/smoke-test", {"name": None}).status_code == 200
    assert developer.get("functions/Shifted")["smoke_test"] is None
