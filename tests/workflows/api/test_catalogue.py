"""Workflows, functions, deployments, environments, activity and metrics by API: read, saved, planned, deployed."""

import json
from typing import Any

import pytest

from tests.factories import (
    DEFINITION,
    DeploymentFactory,
    FunctionDeploymentFactory,
    InboundHookFactory,
    WorkflowFactory,
)
from tests.workflows.api.conftest import Asker
from workflows.models import Activity, Deployment, Workflow, WorkflowRevision
from workflows.services import activity

pytestmark = pytest.mark.django_db
DONE = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}


def test_a_saved_revision_is_read_planned_and_deployed(developer: Asker) -> None:
    DeploymentFactory.create()
    made = developer.post("workflows/hello/revisions", {"definition": DONE, "title": "Hello", "note": "first"})
    assert (made["number"], made["problems"], made["definition"]) == (1, [], DONE)
    assert developer.get("workflows/hello")["title"] == "Hello"
    assert developer.get("workflows/hello/revisions/1")["note"] == "first"
    steps = developer.get("workflows/hello/plan")["steps"]
    assert {"verb": "create", "what": "State machine signalbox-hello", "details": ["Standard"]} in steps
    asked = developer.post("workflows/hello/deployments", {}, 202)
    assert (asked["status"], asked["workflow"], asked["revision"]) == ("requested", "hello", 1)
    assert developer.get(f"deployments/{asked['id']}")["requested_by"] == developer.user.username


def test_the_same_content_again_is_the_same_revision(developer: Asker) -> None:
    developer.post("workflows/hello/revisions", {"definition": DONE})
    assert developer.post("workflows/hello/revisions", {"definition": DONE}, 200)["number"] == 1
    assert developer.post("workflows/hello/revisions", {"definition": {**DONE, "Comment": "x"}})["number"] == 2


def test_who_says_what_was_begun_from_overwrites_nobody(developer: Asker) -> None:
    developer.post("workflows/hello/revisions", {"definition": DONE, "title": "Hello", "base": 0, "base_title": "New"})
    begun = {"definition": DONE, "base": 1, "base_title": "Hello"}
    developer.post("workflows/hello/revisions", {**begun, "title": "Theirs"}, 200)
    refused = developer.post("workflows/hello/revisions", {**begun, "title": "Mine"}, 409)
    assert (refused["code"], refused["detail"]) == ("changed_meanwhile", "Somebody called it “Theirs” meanwhile.")
    developer.post("workflows/hello/revisions", {"definition": {**DONE, "Comment": "x"}})
    refused = developer.post("workflows/hello/revisions", {"definition": DONE, "base": 1}, 409)
    assert (refused["code"], refused["detail"]) == ("changed_meanwhile", "r2 was saved meanwhile.")
    assert Workflow.objects.get().title == "Theirs"


def test_a_definition_given_as_text_stays_as_it_is(developer: Asker) -> None:
    developer.post("workflows/hello/revisions", {"definition": DEFINITION})
    assert WorkflowRevision.objects.get().definition == DEFINITION


def test_a_definition_with_errors_is_kept_and_not_deployed(developer: Asker) -> None:
    DeploymentFactory.create()
    made = developer.post("workflows/hello/revisions", {"definition": {"StartAt": "Nowhere", "States": {}}})
    assert any(problem["severity"] == "error" for problem in made["problems"])
    refused = developer.post("workflows/hello/deployments", {}, 422)
    assert "errors" in refused["detail"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"definition": DONE, "keys": {"a": "no path"}}, "/keys/a"),
        ({"definition": DONE, "input_schema": {"type": 7}}, "/input_schema"),
        ({"definition": DONE, "type": "FAST"}, "/type"),
        ({}, "/definition"),
        ({"definition": DONE, "role": "admin"}, "/role"),
        ({"definition": DONE, "colour": "red"}, "/colour"),
    ],
)
def test_what_cannot_be_saved_is_named(developer: Asker, body: Any, path: str) -> None:
    refused = developer.post("workflows/hello/revisions", body, 422)
    assert path in {error["path"] for error in refused["errors"]}
    assert not WorkflowRevision.objects.exists()


def test_a_role_made_elsewhere_is_part_of_the_content(developer: Asker) -> None:
    role = "arn:aws:iam::111122223333:role/machines"
    assert developer.post("workflows/hello/revisions", {"definition": DONE})["role"] == ""
    made = developer.post("workflows/hello/revisions", {"definition": DONE, "role": role})
    assert (made["number"], made["role"]) == (2, role)


def test_a_key_saves_and_deploys_once(developer: Asker) -> None:
    DeploymentFactory.create()
    key = {"Idempotency-Key": "k"}
    first = developer.post("workflows/hello/revisions", {"definition": DONE}, 201, **key)
    assert developer.post("workflows/hello/revisions", {"definition": DONE}, 201, **key) == first


def test_rolling_back_deploys_what_was_in_force_before(developer: Asker) -> None:
    old = DeploymentFactory.create(is_live=False)
    new = DeploymentFactory.create()
    asked = developer.post(f"deployments/{new.pk}/rollback", None, 202)
    assert asked["revision"] == old.revision.number
    assert Deployment.objects.get(pk=asked["id"]).status == "requested"
    assert developer.post(f"deployments/{old.pk}/rollback", None, 409)["status"] == 409


def test_what_was_only_found_is_not_rolled_back_to(developer: Asker) -> None:
    DeploymentFactory.create(is_live=False, is_found=True)
    new = DeploymentFactory.create()
    assert "from here before it" in str(developer.post(f"deployments/{new.pk}/rollback", None, 409))


def test_only_what_is_live_is_rolled_back_but_a_key_gives_its_answer_again(developer: Asker) -> None:
    DeploymentFactory.create(is_live=False)
    new = DeploymentFactory.create()
    key = {"Idempotency-Key": "back"}
    asked = developer.post(f"deployments/{new.pk}/rollback", None, 202, **key)
    Deployment.objects.filter(pk=new.pk).update(is_live=False)
    assert developer.post(f"deployments/{new.pk}/rollback", None, 202, **key)["id"] == asked["id"]
    refused = developer.post(f"deployments/{new.pk}/rollback", None, 409)
    assert "not what is live" in str(refused)


def test_lists_go_on_where_the_cursor_says(developer: Asker) -> None:
    rows = [DeploymentFactory.create(is_live=False) for _ in range(3)]
    page = developer.get("deployments?limit=2&workflow=transaction-processor")
    rest = developer.get(f"deployments?limit=2&cursor={page['next']}")
    assert [one["id"] for one in page["results"] + rest["results"]] == [row.pk for row in reversed(rows)]
    assert rest["next"] is None
    for name in ("a", "b", "c"):
        developer.post(f"workflows/{name}/revisions", {"definition": DONE})
    page = developer.get("workflows?limit=2")
    assert [one["name"] for one in page["results"]] == ["a", "b"]
    assert developer.get(f"workflows?cursor={page['next']}")["results"][0]["name"] == "c"


@pytest.mark.parametrize(
    "path", ["deployments?cursor=x", "environments?cursor=b", "activity?cursor=-1", "transactions?cursor=7"]
)
def test_a_cursor_no_page_gave_is_refused(developer: Asker, path: str) -> None:
    refused = developer.ask("GET", path)
    assert (refused.status_code, json.loads(refused.content)["errors"][0]["path"]) == (422, "cursor")


def test_functions_have_revisions_plans_and_deployments(developer: Asker) -> None:
    live = FunctionDeploymentFactory.create()
    name = str(live.function)
    assert developer.get("functions")["results"][0]["live"]["revision"] == live.revision.number
    (revision,) = developer.get(f"functions/{name}/revisions")["results"]
    assert (revision["handler"], "package" in revision) == ("handler.handler", False)
    assert developer.get(f"functions/{name}/plan")["live_revision"] == live.revision.number
    assert developer.post(f"functions/{name}/deployments", {}, 202)["function"] == name


def test_activity_and_environments_are_told(developer: Asker) -> None:
    DeploymentFactory.create()
    developer.post("workflows/hello/revisions", {"definition": DONE})
    (told,) = developer.get("activity?action=workflow.save")["results"]
    assert (told["by"], told["kind"], told["label"]) == (developer.user.username, "workflowrevision", "hello r1")
    (environment,) = developer.get("environments")["results"]
    assert developer.get("environments/default") == environment


def test_activity_is_narrowed_to_a_kind_there_is_and_to_a_thing_by_its_name(developer: Asker) -> None:
    live = DeploymentFactory.create()
    hooks = [InboundHookFactory.create(slug=slug, deployment=live) for slug in ("payments", "others")]
    for hook in hooks:
        activity.record("inbound-hook.rotate", hook, by=developer.user)
    for name, one_there_is in (("kind", "inboundhook"), ("action", "inbound-hook.rotate")):
        refused = developer.ask("GET", f"activity?{name}=nope")
        told = json.loads(refused.content)
        assert (refused.status_code, told["code"], told["errors"][0]["path"]) == (422, "bad_filter", name)
        assert one_there_is in told["errors"][0]["message"]
    assert len(developer.get("activity?action=inbound-hook.rotate")["results"]) == 2
    for named in ("payments", str(hooks[0].pk)):
        (one,) = developer.get(f"activity?kind=inboundhook&object={named}")["results"]
        assert one["label"] == "payments"
    activity.record("environment.create", live.environment, by=developer.user)
    assert len(developer.get("activity?kind=environment&object=default")["results"]) == 1


def test_metrics_of_what_there_is_not_are_a_wrong_filter(developer: Asker) -> None:
    DeploymentFactory.create()
    for query, name in (("workflow=nope", "workflow"), ("function=nope", "function"), ("range=9h", "range")):
        refused = developer.ask("GET", f"metrics?{query}")
        told = json.loads(refused.content)
        assert (refused.status_code, told["code"], told["errors"][0]["path"]) == (422, "bad_filter", name)


def test_metrics_are_asked_for_and_told_as_last_read(developer: Asker) -> None:
    DeploymentFactory.create()
    told = developer.get("metrics?workflow=transaction-processor&range=1h")
    assert (told["is_pending"], told["read_at"], told["period"]) == (True, None, 60)
    assert [chart["title"] for chart in told["charts"]] == ["Executions", "Execution time"]


def test_every_answer_names_its_request(developer: Asker) -> None:
    WorkflowFactory.create()
    answer = developer.ask("POST", "workflows/hello/revisions", {"definition": DONE})
    assert Activity.objects.latest("pk").request_id == answer.headers["X-Request-ID"]
    assert developer.ask("GET", "nowhere").headers["X-Request-ID"]
