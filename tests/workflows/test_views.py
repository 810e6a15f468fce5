"""Pages of functions, workflows, deployments and activity."""

import io
import re
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from tests.answers import text
from tests.factories import (
    DeploymentFactory,
    DeploymentStepFactory,
    EnvironmentFactory,
    FunctionDeploymentFactory,
    FunctionRevisionFactory,
    TriggerFactory,
    UserFactory,
    WorkflowRevisionFactory,
)
from workflows import selectors, triggers
from workflows.models import Deployment, Environment, TriggerTest, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def developer() -> User:
    return UserFactory.create(role="developer")


@pytest.fixture
def page(client: Client, developer: User) -> Client:
    client.force_login(developer)
    return client


def test_a_workflow_shows_its_definition_and_what_the_checker_said(page: Client) -> None:
    problem = {"severity": "warning", "message": "No Default.", "path": "/States/X", "line": 5, "column": 3}
    revision = WorkflowRevisionFactory.create(problems=[problem])
    shown = text(page.get(f"/workflows/{revision.workflow.name}"))
    assert "$.TransactionType" in shown
    assert "No Default." in shown
    assert "line 5, column 3" in shown


@pytest.mark.parametrize("make", [WorkflowRevisionFactory, FunctionRevisionFactory])
def test_a_page_whose_parts_would_be_of_another_revision_comes_anew(page: Client, make: Any) -> None:
    one = make.create(number=1)
    thing = one.workflow if make is WorkflowRevisionFactory else one.function
    address = f"/{'workflows' if make is WorkflowRevisionFactory else 'functions'}/{thing.name}"
    asked = {"HX-Request": "true"}
    assert "HX-Refresh" not in page.get(f"{address}?shown=1", headers=asked)
    make.create(number=2, **({"workflow": thing} if make is WorkflowRevisionFactory else {"function": thing}))
    assert page.get(f"{address}?shown=1", headers=asked)["HX-Refresh"] == "true"
    older = page.get(f"{address}?revision=1&shown=1", headers=asked)
    assert "HX-Refresh" not in older and "This is r1" in text(older)


def test_the_policy_is_shown_before_it_is_deployed_and_compared_after(page: Client) -> None:
    EnvironmentFactory.create()
    revision = WorkflowRevisionFactory.create()
    address = f"/workflows/{revision.workflow.name}"
    shown = text(page.get(address))
    assert "function:signalbox-ProcessPurchase:live" in shown
    assert "Nothing is deployed yet" in shown
    policy = selectors.planned_policy(revision, EnvironmentFactory.create())
    deployment = DeploymentFactory.create(workflow_revision=revision, policy=policy)
    assert "in AWS exactly so" in text(page.get(address))
    deployment.policy = {"Version": "2012-10-17", "Statement": []}
    deployment.save()
    assert "AWS has another" in text(page.get(address))


def test_deploying_asks_for_it_and_shows_its_steps(page: Client) -> None:
    EnvironmentFactory.create()
    revision = WorkflowRevisionFactory.create()
    answer = page.post(f"/workflows/{revision.workflow.name}/deploy", {"revision": revision.number}, follow=True)
    deployment = Deployment.objects.get()
    assert deployment.status == "requested"
    assert f"/deployments/{deployment.pk}/live" in text(answer)


def test_an_older_revision_is_offered_as_a_rollback(page: Client) -> None:
    old = WorkflowRevisionFactory.create(number=1)
    DeploymentFactory.create(workflow_revision=WorkflowRevisionFactory.create(workflow=old.workflow, number=2))
    assert "Roll back to r1" in text(page.get(f"/workflows/{old.workflow.name}?revision=1"))


def test_only_where_it_is_production_a_deployment_asks_first(page: Client) -> None:
    revision = WorkflowRevisionFactory.create()
    where = EnvironmentFactory.create(title="Shop EU")
    address = f"/workflows/{revision.workflow.name}?environment={where.slug}"
    assert "data-confirm" not in text(page.get(address))
    Environment.objects.update(is_production=True)
    asked = f'data-confirm="Deploy {revision.workflow.name} r{revision.number} to Shop EU?'
    assert asked in text(page.get(address))


def test_problems_of_a_definition_lead_to_its_lines_as_they_were_written(page: Client) -> None:
    problem = {"severity": "warning", "message": "So it is.", "path": "/States", "line": 2, "column": 3}
    revision = WorkflowRevisionFactory.create(
        definition='{"StartAt": "A",\n   "States": {"A": {"Type": "Succeed"}}}', problems=[problem]
    )
    shown = text(page.get(f"/workflows/{revision.workflow.name}"))
    assert '<a href="#line-2">line 2, column 3</a>' in shown
    assert '<span id="line-2">   <span class="json-key">&quot;States&quot;</span>' in shown


def test_a_revision_with_errors_cannot_be_deployed(page: Client) -> None:
    EnvironmentFactory.create()
    revision = WorkflowRevisionFactory.create(
        problems=[{"severity": "error", "message": "No such state.", "path": "/"}]
    )
    address = f"/workflows/{revision.workflow.name}"
    assert "It has errors AWS would refuse it for" in text(page.get(address))
    assert "mend them" in text(page.post(f"{address}/deploy", follow=True))
    assert not Deployment.objects.exists()


def test_who_may_not_deploy_is_told_so(client: Client) -> None:
    client.force_login(UserFactory.create(role="viewer"))
    revision = FunctionRevisionFactory.create()
    EnvironmentFactory.create()
    address = f"/functions/{revision.function.name}"
    assert "For this you need the role developer or admin." in text(client.get(address))
    answer = client.post(f"{address}/deploy")
    assert answer.status_code == 403
    assert "you need the role developer or admin" in text(answer)


def test_a_function_shows_its_code_and_configuration(page: Client) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("alpha.py", "A = 1")
        archive.writestr("handler.py", "def handler(event, context): return '<b>'")
        archive.writestr("data.bin", b"\0\1")
    revision = FunctionRevisionFactory.create(package=packed.getvalue(), memory_mb=192)
    shown = text(page.get(f"/functions/{revision.function.name}"))
    assert "return &#x27;&lt;b&gt;&#x27;" in shown
    assert "192 MB" in shown
    assert "Not text." in shown
    assert shown.index(">handler.py<") < shown.index(">alpha.py<")  # the first is open


def test_a_package_of_many_files_says_how_many_are_not_shown(page: Client) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "a line\n" * 20_000)
        for number in range(30):
            archive.writestr(f"m{number:02}.py", "A = 1")
    revision = FunctionRevisionFactory.create(package=packed.getvalue())
    shown = text(page.get(f"/functions/{revision.function.name}"))
    assert "30 of 31 files." in shown
    assert shown.count("Its beginning only.") == 1


def test_a_package_that_is_no_zip_does_not_break_the_page(page: Client) -> None:
    revision = FunctionRevisionFactory.create(package=b"nonsense")
    assert "no file that can be shown" in text(page.get(f"/functions/{revision.function.name}"))


def test_a_failed_deployment_says_the_step_the_cause_and_what_to_do(page: Client) -> None:
    deployment = DeploymentFactory.create(
        status="failed", is_live=False, error="AccessDenied", cause="not authorized", advice="Give the role it."
    )
    DeploymentStepFactory.create(deployment=deployment, name="State machine", status="failed")
    shown = text(page.get(f"/deployments/{deployment.pk}"))
    for words in ("AccessDenied", "not authorized", "Give the role it.", "State machine"):
        assert words in shown


def test_a_step_log_is_sent_again_only_when_it_changed(page: Client) -> None:
    deployment = DeploymentFactory.create(status="running", is_live=False)
    version = selectors.version(deployment)
    address = f"/deployments/{deployment.pk}/live"
    assert page.get(address, {"version": version}).status_code == 204
    DeploymentStepFactory.create(deployment=deployment, name="Execution role")
    answer = page.get(address, {"version": version})
    assert answer.status_code == 200
    assert "Execution role" in text(answer)
    assert "data-live-every" in text(answer)


def test_a_final_step_log_asks_no_more(page: Client) -> None:
    assert "data-live-every" not in text(page.get(f"/deployments/{DeploymentFactory.create().pk}/live"))


def test_a_deployment_that_waits_for_aws_says_so(page: Client) -> None:
    deployment = DeploymentFactory.create(
        status="running", is_live=False, waiting_since=datetime(2026, 1, 1, tzinfo=UTC)
    )
    DeploymentStepFactory.create(deployment=deployment, status="failed", detail="NotReached")
    shown = text(page.get(f"/deployments/{deployment.pk}"))
    assert "AWS could not be reached" in shown
    assert "Not yet" in shown
    assert "tone-danger" not in shown


def test_lists_tell_what_is_live_and_what_is_behind(page: Client) -> None:
    live = FunctionDeploymentFactory.create(function_revision__number=1)
    FunctionRevisionFactory.create(function=live.function, number=2)
    FunctionRevisionFactory.create(function__name="Lonely")
    shown = text(page.get("/functions/"))
    assert "newer not deployed" in shown
    assert "not deployed" in shown
    assert "No workflows yet" in text(page.get("/workflows/"))


@pytest.mark.parametrize("address", ["/functions/", "/workflows/"])
def test_a_list_costs_the_same_with_many_rows(
    page: Client, address: str, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transactions.freshness.REMEMBERED_S", 60)  # longer than a busy machine takes over a page
    for number in range(12):
        FunctionDeploymentFactory.create(function_revision__function__name=f"F{number}")
        DeploymentFactory.create(workflow_revision__workflow__name=f"w{number}")
    cache.clear()  # another test's may be about to be forgotten
    page.get(address)  # what is remembered for seconds is asked for once
    with django_assert_num_queries(7):
        page.get(address)


def test_the_page_of_a_function_costs_the_same_whatever_the_rows(
    page: Client, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transactions.freshness.REMEMBERED_S", 60)
    function = FunctionDeploymentFactory.create(function_revision__number=1).function
    page.get("/functions/ProcessPurchase")
    with CaptureQueriesContext(connection) as few:
        page.get("/functions/ProcessPurchase")
    for number in range(2, 12):
        revision = FunctionRevisionFactory.create(function=function, number=number)
        FunctionDeploymentFactory.create(function_revision=revision, is_live=False)
        FunctionDeploymentFactory.create(function_revision__function__name=f"F{number}")
        DeploymentFactory.create(workflow_revision__workflow__name=f"w{number}")
    with django_assert_num_queries(len(few)):
        page.get("/functions/ProcessPurchase")


@pytest.mark.parametrize("address", ["/functions/nothing", "/workflows/nothing", "/deployments/1", "/functions/a.b"])
def test_what_does_not_exist_is_not_found(page: Client, address: str) -> None:
    assert page.get(address).status_code == 404


@pytest.mark.parametrize("number", ["", "x", "99999999999999999999", "-1", "\0"])
def test_odd_revision_numbers_never_fail(page: Client, number: str) -> None:
    revision = WorkflowRevisionFactory.create()
    assert page.get(f"/workflows/{revision.workflow.name}", {"revision": number}).status_code in (200, 404)


@pytest.mark.parametrize("kind", ["workflow", "function"])
def test_the_table_of_deployments_is_sent_again_only_when_one_changed(page: Client, kind: str) -> None:
    row = {"workflow": DeploymentFactory, "function": FunctionDeploymentFactory}[kind].create()
    shown = text(page.get(f"/{kind}s/{row.workflow or row.function}"))
    (address,) = re.findall(r'hx-get="(/deployments/live[^"]*)"', shown)
    assert page.get(address.replace("&amp;", "&")).status_code == 204
    Deployment.objects.filter(pk=row.pk).update(status="failed", is_live=False)
    answer = page.get(address.replace("&amp;", "&"))
    assert "Failed" in text(answer)
    # What else the page says of what is live is asked for again.
    assert "deployments-changed" in answer["HX-Trigger"]


@pytest.mark.parametrize("kind", ["workflow", "function"])
def test_the_outcome_of_a_deployment_brings_along_what_is_live_now(page: Client, kind: str) -> None:
    old = {"workflow": DeploymentFactory, "function": FunctionDeploymentFactory}[kind].create()
    new = type(old.revision).objects.get(pk=old.revision.pk)
    new.pk, new.number, new.sha256 = None, old.revision.number + 1, "f" * 64
    new.save()
    row = Deployment.objects.get(pk=old.pk)
    row.pk, row.status, row.is_live = None, "running", False
    setattr(row, f"{kind}_revision", new)
    row.save()
    shown = text(page.get(f"/{kind}s/{row.workflow or row.function}"))
    assert f"r{new.number} on its way" in shown
    (address,) = re.findall(rf'hx-get="(/deployments/{row.pk}/live[^"]*)"', shown)
    Deployment.objects.filter(pk=old.pk).update(is_live=False)
    Deployment.objects.filter(pk=row.pk).update(status="succeeded", is_live=True)
    answer = page.get(address.replace("&amp;", "&"))
    assert "Succeeded" in text(answer) and 'hx-swap-oob="true"' in text(answer)
    assert f"r{new.number} live" in text(answer) and "on its way" not in text(answer)
    assert "deployments-changed" in answer["HX-Trigger"]
    assert 'id="live-chip"' not in text(page.get(f"/deployments/{row.pk}/live"))


def test_deployments_of_what_is_not_there_are_not_found(page: Client) -> None:
    assert page.get("/deployments/live?workflow=nowhere").status_code == 404
    assert page.get("/deployments/live?function=nowhere").status_code == 404


def test_what_a_trigger_is_tested_with_is_prefilled_and_refused_in_words(page: Client) -> None:
    row = TriggerFactory.create(
        definition=triggers.read({"type": "sqs", "queue": "orders"}).as_dict(),
        key="sqs",
        invoke_url="",
        owns_source=True,
    )
    address = f"/functions/{row.function.name}/triggers/{triggers.read(row.definition).id}/test"
    assert "signalbox-test" in text(page.get(address))
    refused = page.post(address, {"payload": "a\0b"})
    assert refused.status_code == 422 and "control character" in text(refused)
    done = page.post(address, {"payload": "one\r\ntwo"}, follow=True)
    assert TriggerTest.objects.get().payload == "one\ntwo" and "A worker sends something" in text(done)


def test_anybody_who_may_look_tries_an_input_on_a_workflow(client: Client) -> None:
    client.force_login(UserFactory.create(role="viewer"))
    revision = WorkflowRevisionFactory.create()
    address = f"/workflows/{revision.workflow.name}/try?revision={revision.number}"
    shown = text(client.post(address, {"sample": '{"TransactionType": "REFUND", "Amount": 1}'}))
    assert "with the way of your input" in shown
    assert "→ ProcessRefund" in shown
    assert "The input cannot be read" in text(client.post(address, {"sample": "{"}))


def test_a_start_that_found_everything_as_it_was_is_no_news(page: Client, developer: User) -> None:
    asked = FunctionDeploymentFactory.create(requested_by=developer, is_live=False)
    of_a_start = FunctionDeploymentFactory.create(
        environment=asked.environment, function_revision=asked.function_revision, requested_by=None
    )
    DeploymentStepFactory.create(deployment=of_a_start, status="already_so")
    listed = selectors.recent(asked.environment)
    assert [row.pk for row in listed] == [asked.pk]
    assert "live" in text(page.get("/")).split("Last deployments")[1]


def test_one_deployment_of_a_thing_is_called_live_however_often_its_revision_was_deployed(developer: User) -> None:
    first = FunctionDeploymentFactory.create(requested_by=developer, is_live=False)
    again = {"environment": first.environment, "requested_by": developer}
    other = FunctionRevisionFactory.create(function=first.function, number=2)
    FunctionDeploymentFactory.create(function_revision=other, is_live=False, **again)
    failed = {"status": "failed", "is_live": False}
    last = FunctionDeploymentFactory.create(function_revision=first.function_revision, **again)
    FunctionDeploymentFactory.create(function_revision=first.function_revision, **again, **failed)
    assert [row.pk for row in selectors.recent(first.environment) if row.is_in_force] == [last.pk]


def test_an_older_revision_shows_its_own_triggers_and_is_not_edited_by_mistake(page: Client) -> None:
    queue, topic = ({"type": "sqs", "queue": "old-orders"}, {"type": "sns", "topic": "news"})
    old = FunctionRevisionFactory.create(number=1, triggers=[triggers.read(queue).as_dict()])
    FunctionRevisionFactory.create(function=old.function, number=2, triggers=[triggers.read(topic).as_dict()])
    EnvironmentFactory.create()
    newest = text(page.get("/functions/ProcessPurchase"))
    assert "news" in newest and "old-orders" not in newest and "not the newest" not in newest
    assert "/triggers/new" in newest and "/remove" in newest
    shown = text(page.get("/functions/ProcessPurchase?revision=1"))
    assert "old-orders" in shown and ">news<" not in shown
    assert "This is r1, not the newest." in shown and 'href="?revision=2"' in shown
    assert "/triggers/" not in shown
    assert "Triggers are changed at r2, the newest; these are of r1." in shown
    assert 'href="?revision=2#triggers"' in shown
    assert "Edit from r1" in shown.replace("\n", " ")


def test_where_the_newest_was_rolled_back_triggers_are_changed_on_the_page_of_what_is_live(page: Client) -> None:
    live = FunctionDeploymentFactory.create(function_revision__number=1)
    gone_back = {"environment": live.environment, "is_live": False}
    FunctionDeploymentFactory.create(
        function_revision__function=live.function, function_revision__number=2, **gone_back
    )
    shown = text(page.get("/functions/ProcessPurchase?revision=1"))
    assert "This is r1, which is live, not the newest." in shown and "/triggers/new" in shown
    assert "changed and tested there" not in shown
    newest = text(page.get("/functions/ProcessPurchase"))
    assert f"r1 is live in {live.environment}; its triggers are changed and tested there." in newest
    assert 'href="?revision=1#triggers"' in newest and "/triggers/new" not in newest


def test_an_older_revision_of_a_workflow_says_so(page: Client) -> None:
    revision = WorkflowRevisionFactory.create(number=1)
    WorkflowRevisionFactory.create(workflow=revision.workflow, number=2)
    assert "This is r1, not the newest." in text(page.get("/workflows/transaction-processor?revision=1"))
    assert "not the newest" not in text(page.get("/workflows/transaction-processor"))


def test_a_comparison_without_parameters_is_of_the_newest_with_the_one_before_it(page: Client) -> None:
    function = FunctionRevisionFactory.create(number=1).function
    FunctionRevisionFactory.create(function=function, number=2, memory_mb=512)
    shown = page.get(f"/functions/{function.name}/compare").context
    assert (shown["before"].number, shown["after"].number) == (1, 2)
    shown = page.get(f"/functions/{function.name}/compare?to=1").context
    assert (shown["before"].number, shown["after"].number) == (1, 1)


def test_what_the_environment_cannot_run_is_not_offered_to_be_deployed(page: Client) -> None:
    EnvironmentFactory.create(is_embedded=True)
    FunctionRevisionFactory.create(runtime="java21")
    shown = page.get("/functions/ProcessPurchase").content.decode()
    assert "It cannot be deployed as things are" in shown and 'action="/functions/ProcessPurchase/deploy"' not in shown
