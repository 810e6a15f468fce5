"""A deployment that fails after its alias has moved leads the alias back, or says which version has the calls."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import UserFactory
from tests.fixtures_aws import EmbeddedAws
from tests.workflows.api.conftest import asker
from tests.workflows.jobs.test_deployments import deploy
from workflows import packaging, policies
from workflows.aws import errors, lambda_
from workflows.jobs.deployments import queue, steps
from workflows.models import Activity, Deployment, Environment, FunctionRevision
from workflows.packaging import FunctionDefinition, Permission
from workflows.services import definitions

pytestmark = [pytest.mark.flow, pytest.mark.django_db(transaction=True)]
READS = Permission(("s3:GetObject",), ("arn:aws:s3:::old/*",))


def save(answer: int, **more: Any) -> FunctionRevision:
    code = f"def handler(event, context):\n    return {answer}\n".encode()
    definition = FunctionDefinition("Moved", "python3.12", "handler.handler", 128, 5, **more)
    return definitions.save_function(definition, packaging.zip_of([("handler.py", code, False)]), by=None).revision


def misread(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """Let AWS tell of this version, once the alias leads there, that its code is another."""
    monkeypatch.setattr(steps, "PATIENCE_S", 0.0)
    monkeypatch.setattr(queue, "_is_young", lambda deployment: False)
    really = lambda_.get_function

    def other_code(target: Any, name: str, qualifier: str | None = None) -> lambda_.Function | None:
        found = really(target, name, qualifier)
        is_misread = found and qualifier == policies.ALIAS and found.version == version
        return replace(found, code_sha256="another") if found and is_misread else found

    monkeypatch.setattr(lambda_, "get_function", other_code)


def version_called(aws: EmbeddedAws, deployment: Deployment) -> str:
    arn = deployment.resource_arn
    found: str = aws.client("lambda").get_alias(FunctionName=arn, Name="live")["FunctionVersion"]
    return found


def test_the_alias_is_moved_back_with_what_the_role_may_do(
    environment: Environment, embedded_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    old = deploy(save(1, permissions=(READS,)), environment)
    misread(monkeypatch, "2")
    failed = deploy(save(2), environment)
    assert (failed.status, failed.error, failed.has_strayed) == ("failed", "ReadBackDiffers", False)
    assert "the code of version 2 is sha256 another" in failed.cause
    assert failed.outcome == "Alias live moved back to version 1 (r1)."
    assert version_called(embedded_aws, old) == "1"
    role = policies.Place("", environment.region, environment.name_prefix).role_name("function", "Moved")
    kept = embedded_aws.client("iam").get_role_policy(RoleName=role, PolicyName=policies.POLICY_NAME)
    assert policies.same(kept["PolicyDocument"], old.policy or {})
    told = [name for name, status in failed.steps.values_list("name", "status") if status == "changed"]
    assert told[-2:] == ["Back: permissions of the role", "Back: alias live"]

    assert Activity.objects.get(action="deployment.move_back").after == {"version": "1"}
    assert asker().get(f"deployments/{failed.pk}")["outcome"] == failed.outcome
    client.force_login(UserFactory.create(role="developer"))
    assert failed.outcome in text(client.get(f"/deployments/{failed.pk}"))
    page = text(client.get("/functions/Moved"))
    assert page.count(failed.outcome) == 2 and "failed after it had moved" not in page  # the deployment, the history


def test_where_it_cannot_be_moved_back_it_is_said_who_has_the_calls(
    environment: Environment, embedded_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    old = deploy(save(1), environment)
    misread(monkeypatch, "2")
    really = lambda_.point_alias

    def refused(target: Any, name: str, alias: str, to: lambda_.Alias, *, exists: bool) -> None:
        if to.version == "1":
            raise errors.Denied("AccessDenied", "not authorized to perform: lambda:UpdateAlias", "lambda:UpdateAlias")
        really(target, name, alias, to, exists=exists)

    monkeypatch.setattr(lambda_, "point_alias", refused)
    failed = deploy(save(2), environment)
    assert version_called(embedded_aws, old) == "2"
    assert "could not be moved back" in failed.outcome and "lambda:UpdateAlias" in failed.outcome
    assert failed.outcome.endswith("version 2 (r2) has the calls now.") and failed.has_strayed
    client.force_login(UserFactory.create(role="developer"))
    assert "The last deployment failed after it had moved the alias" in text(client.get("/functions/Moved"))


def test_nothing_to_move_back_to_and_what_never_moved_are_said(
    environment: Environment, embedded_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    misread(monkeypatch, "1")
    first = deploy(save(1), environment)
    assert (
        first.outcome == "Alias live leads to version 1 (r1): nothing was live before that it could be moved back to."
    )
    monkeypatch.undo()
    deploy(save(1), environment)
    monkeypatch.setattr(lambda_, "publish_version", lambda *_: (_ for _ in ()).throw(errors.Denied("No", "no.", "x")))
    failed = deploy(save(2), environment)
    assert failed.outcome == "Alias live was not moved: it leads to version 1 (r1)."
