"""Giving a function a trigger and taking it away, by service, page and REST alike."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import (
    EnvironmentFactory,
    FunctionDeploymentFactory,
    FunctionRevisionFactory,
    TriggerFactory,
    UserFactory,
)
from workflows import connections, triggers
from workflows.models import Deployment, Environment, Function, FunctionRevision
from workflows.packaging import DefinitionProblem, FunctionDefinition, zip_of
from workflows.plans import plan
from workflows.services import access, definitions
from workflows.services import triggers as service
from workflows.triggers import TriggerProblem

pytestmark = pytest.mark.django_db
ROUTE = {"type": "http", "method": "GET", "path": "/orders"}


@pytest.fixture
def function() -> Function:
    return FunctionRevisionFactory.create(permissions=[{"actions": ["s3:GetObject"], "resources": ["*"]}]).function


def newest(function: Function) -> FunctionRevision:
    return function.revisions.order_by("-number")[0]


def test_a_trigger_is_a_further_revision_and_so_is_taking_it_away(function: Function) -> None:
    before = newest(function)
    service.add(function, ROUTE, by=None)
    added = newest(function)
    assert (added.triggers, added.permissions, added.number) == ([ROUTE], before.permissions, before.number + 1)
    assert added.package_sha256 == before.package_sha256
    with pytest.raises(TriggerProblem, match="already"):
        service.add(function, ROUTE, by=None)

    service.remove(function, triggers.read(ROUTE).id, by=None)
    assert (newest(function).triggers, newest(function).number) == ([], added.number + 1)
    with pytest.raises(service.NoSuchTrigger):
        service.remove(function, triggers.read(ROUTE).id, by=None)


def test_a_route_of_another_function_in_the_same_api_is_taken(function: Function) -> None:
    service.add(function, ROUTE | {"api": "shop"}, by=None)
    other = FunctionDefinition("Other", "python3.12", "h.h", 128, 3, triggers=triggers.read_all([ROUTE]))
    definitions.save_function(other, zip_of([("h.py", b"", False)]), by=None)  # each has an API of its own
    with pytest.raises(TriggerProblem, match="GET /orders of shop is a route of ProcessPurchase already"):
        service.add(Function.objects.get(name="Other"), ROUTE | {"api": "shop"}, by=None)
    taken = FunctionDefinition(
        "Third", "python3.12", "h.h", 128, 3, triggers=triggers.read_all([ROUTE | {"api": "shop"}])
    )
    with pytest.raises(DefinitionProblem, match="already"):
        definitions.save_function(taken, zip_of([("h.py", b"", False)]), by=None)


def test_the_page_makes_a_form_for_each_type_and_deploys_what_is_saved(function: Function, client: Client) -> None:
    client.force_login(UserFactory.create(role="developer"))
    address = f"/functions/{function.name}/triggers/new"
    for type_ in triggers.TITLES:
        assert triggers.TITLES[type_] in text(client.get(f"{address}?type={type_}"))
    wrong = client.post(f"{address}?type=sqs", {"/queue": "a queue", "action": "save"})
    assert wrong.status_code == 422 and 'value="a queue"' in wrong.content.decode()

    Environment.objects.create(slug="default", title="Default", region="us-east-1", account_id="123456789012")
    client.post(f"{address}?type=sqs", {"/queue": "orders", "/batch_size": "5", "/create": "true", "action": "deploy"})
    [saved] = newest(function).triggers
    assert (saved["queue"], saved["batch_size"], saved["create"]) == ("orders", 5, True)
    assert Deployment.objects.get().function_revision == newest(function)
    assert "orders" in text(client.get(f"/functions/{function.name}"))
    client.post(f"/functions/{function.name}/triggers/{triggers.read(saved).id}/remove")
    assert newest(function).triggers == []


def test_a_trigger_is_changed_by_page_and_rest_in_a_further_revision(function: Function, client: Client) -> None:
    Environment.objects.create(slug="default", title="Default", region="us-east-1", account_id="123456789012")
    queue = {"type": "sqs", "queue": "orders", "filter": {"body": {"n": [1]}}}
    service.add(function, queue, by=None)
    service.add(function, ROUTE, by=None)
    known = triggers.read(queue)
    row = TriggerFactory.create(function=function, definition=known.as_dict(), key=known.key, invoke_url="")
    user = UserFactory.create(role="developer")
    client.force_login(user)
    address = f"/functions/{function.name}/triggers/{known.id}/edit"
    shown = client.get(address)
    typed = dict(shown.context["trigger"].typed)
    assert typed["/queue"] == "orders" and json.loads(typed["/filter"]) == queue["filter"]
    wrong = client.post(address, typed | {"/batch_size": "0"})
    assert wrong.status_code == 422 and "at least 1" in text(wrong)
    moved = client.post(address, typed | {"/create": "true"})
    assert moved.status_code == 422 and "would be another source" in text(moved)
    assert "Nothing is different" in text(client.post(address, typed, follow=True))
    saved = client.post(address, typed | {"/batch_size": "5"}, follow=True)
    assert "Changed SQS queue orders" in text(saved) and "Changed, not deployed" in text(saved)
    assert [one.get("batch_size") for one in newest(function).triggers] == [5, None]

    headers = {"Authorization": f"Bearer {access.issue_token(user, 'ci', by=user)[1]}"}

    def patch(trigger: str, settings: dict[str, Any]) -> Any:
        where = f"/api/v1/functions/{function.name}/triggers/{trigger}"
        return client.patch(where, json.dumps({"settings": settings}), "application/json", headers=headers)

    told = patch(known.id, {"filter": None, "batch_window": 3}).json()["triggers"][0]
    assert (told["status"], told["settings"]["batch_size"], "filter" in told["settings"]) == ("edited", 5, False)
    wrong = patch(known.id, {"queue": "a queue"})
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (422, "/settings/queue")
    named = patch(known.id, {"queue": "others"}).json()["triggers"]
    assert [(one["source"], one["status"]) for one in named][:1] == [("others", "defined")]
    assert ("orders", "leaving") in [(one["source"], one["status"]) for one in named]
    assert patch(known.id, {}).status_code == 404
    assert newest(function).note == "Changed SQS queue orders to SQS queue others"
    assert row.key == "sqs orders"


def test_after_a_rollback_what_is_live_is_listed_and_changed(function: Function, client: Client) -> None:
    user = UserFactory.create(role="developer")
    older = service.add(function, ROUTE, by=None).revision
    newer = service.change(function, triggers.read(ROUTE).id, ROUTE | {"path": "/second"}, by=None).revision
    FunctionDeploymentFactory.create(function_revision=newer, is_live=False)
    environment = FunctionDeploymentFactory.create(function_revision=older).environment
    key = triggers.read(ROUTE).key
    TriggerFactory.create(
        environment=environment, function=function, definition=older.triggers[0], key=key, status="live"
    )

    headers = {"Authorization": f"Bearer {access.issue_token(user, 'ci', by=user)[1]}"}
    address = f"/api/v1/functions/{function.name}"
    whole = client.get(address, headers=headers).json()
    assert (whole["revision"], whole["triggers_revision"]) == (newer.number, older.number)
    assert client.get("/api/v1/functions", headers=headers).json()["results"][0] == whole
    [told] = whole["triggers"]
    assert (told["source"], told["status"]) == ("GET /orders", "live")
    changed = client.patch(
        f"{address}/triggers/{told['id']}", '{"settings": {"path": "/third"}}', "application/json", headers=headers
    )
    assert changed.status_code == 200
    assert changed.json()["triggers_revision"] == newest(function).number == newer.number + 1
    assert [one["path"] for one in newest(function).triggers] == ["/third"]


def test_what_was_typed_stays_when_somebody_changed_the_trigger_meanwhile(function: Function, client: Client) -> None:
    known = triggers.read(ROUTE)
    service.add(function, ROUTE, by=None)
    client.force_login(UserFactory.create(role="developer"))
    address = f"/functions/{function.name}/triggers/{known.id}/edit"
    typed = dict(client.get(address).context["trigger"].typed) | {"/path": "/second"}
    service.change(function, known.id, ROUTE | {"path": "/first"}, by=None)
    late = client.post(address, typed)
    assert late.status_code == 409 and "changed or removed" in text(late) and 'value="/second"' in late.content.decode()
    assert client.post(late.context["action"], typed).status_code == 302
    assert [one["path"] for one in newest(function).triggers] == ["/first", "/second"]

    for gone in (client.get(address, follow=True), client.post(address.replace("/edit", "/remove"), follow=True)):
        assert "is no trigger of" in text(gone)
    assert client.get(f"/functions/{function.name}/triggers/0123456789abcdef/edit").status_code == 404


def test_what_goes_by_the_key_of_another_source_is_not_deployed_over_it(function: Function) -> None:
    environment = EnvironmentFactory.create()
    known = triggers.read({"type": "sqs", "queue": "orders", "create": True})
    TriggerFactory.create(function=function, definition=known.as_dict(), key=known.key, invoke_url="")
    service.add(function, {"type": "sqs", "queue": "orders"}, by=None)
    line = next(one for one in plan(newest(function), None, environment) if one.what == "Trigger SQS queue orders")
    assert line.verb == "stop" and "Deploy without this trigger first" in line.details[0]


def test_rest_names_the_setting_that_is_wrong(function: Function, client: Client) -> None:
    Environment.objects.create(slug="default", title="Default", region="us-east-1")
    user = UserFactory.create(role="developer")
    headers = {"Authorization": f"Bearer {access.issue_token(user, 'ci', by=user)[1]}"}

    def post(body: dict[str, Any]) -> Any:
        address = f"/api/v1/functions/{function.name}/triggers"
        return client.post(address, json.dumps(body), "application/json", headers=headers)

    wrong = post({"type": "http", "settings": {"method": "GET", "path": "orders"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (422, "/settings/path")
    added = post({"type": "eventbridge", "settings": {"name": "big", "pattern": {"detail": {"n": [1.5, 2]}}}})
    [told] = added.json()["triggers"]
    assert (added.status_code, told["type"], told["status"]) == (201, "eventbridge", "defined")
    assert newest(function).triggers[0]["pattern"] == {"detail": {"n": [1.5, 2]}}
    gone = client.delete(f"/api/v1/functions/{function.name}/triggers/{told['id']}", headers=headers)
    assert (gone.status_code, gone.json()["triggers"]) == (200, [])


def test_what_is_live_is_told_apart_from_what_is_only_declared(function: Function) -> None:
    live = TriggerFactory.create(function=function)
    service.add(function, live.definition, by=None)
    service.add(function, ROUTE, by=None)
    leaving = TriggerFactory.create(function=function)

    def status() -> dict[str, str]:
        return {one.source: one.status.value for one in connections.by_function(live.environment)[function.name]}

    path = {row.pk: f"GET {row.definition['path']}" for row in (live, leaving)}
    assert status() == {path[live.pk]: "live", "GET /orders": "defined", path[leaving.pk]: "leaving"}


def test_after_a_rollback_a_trigger_is_added_to_what_is_live_and_the_page_says_so(
    function: Function, client: Client
) -> None:
    first = newest(function)
    second = FunctionRevisionFactory.create(function=function, number=first.number + 1, package=b"bad")
    live = FunctionDeploymentFactory.create(function_revision=first)
    FunctionDeploymentFactory.create(function_revision=second, is_live=False)
    client.force_login(UserFactory.create(role="developer"))
    address = f"/functions/{function.name}/triggers/new?type=http"
    assert f"begins with r{first.number}, which is live in {live.environment}" in text(client.get(address))
    told = client.post(address, {"/method": "GET", "/path": "/orders", "action": "save"}, follow=True)
    assert f"what r{second.number} changed is left out" in text(told)
    added = newest(function)
    assert (added.package_sha256, added.triggers) == (first.package_sha256, [ROUTE])

    # What was saved and not deployed yet is gone on with, and the pages say that it is not what is live.
    client.post(address, {"/method": "PUT", "/path": "/orders", "action": "save"})
    assert len(newest(function).triggers) == 2
    page = text(client.get(f"/functions/{function.name}/edit"))
    assert f"begins with r{newest(function).number}, while r{first.number} is live" in page


def test_before_a_trigger_is_removed_all_that_goes_with_it_is_said_and_saving_alone_is_offered(
    function: Function, client: Client
) -> None:
    first = service.add(function, ROUTE, by=None).revision
    live = FunctionDeploymentFactory.create(function_revision=first)
    known = triggers.read(ROUTE)
    TriggerFactory.create(function=function, environment=live.environment, definition=known.as_dict(), key=known.key)
    service.add(function, {"type": "sqs", "queue": "orders"}, by=None)
    saved = service.change(function, known.id, ROUTE | {"path": "/second"}, by=None).revision
    client.force_login(UserFactory.create(role="developer"))
    [moved] = [one.id for one in triggers.read_all(saved.triggers) if one.type == "http"]
    address = f"/functions/{function.name}/triggers/{moved}/remove"
    assert f'href="{address}"' in client.get(f"/functions/{function.name}").content.decode()

    asked = client.get(address)
    said = text(asked)
    assert f"begins with r{saved.number}, while r{first.number} is live" in said
    assert "It is not set up in" in said
    planned = {line.what: line.verb for line in asked.context["plan"]}
    assert (planned["Trigger SQS queue orders"], planned[f"Trigger {known.title}"]) == ("create", "remove")
    assert f"Trigger {triggers.read(ROUTE | {'path': '/second'}).title}" not in planned
    assert said.index('value="save"') < said.index('value="deploy"')
    assert newest(function) == saved

    client.post(address, {"action": "save"})
    assert [one["type"] for one in newest(function).triggers] == ["sqs"]
    assert Deployment.objects.count() == 1


def test_removing_what_is_set_up_is_deployed_if_that_is_asked_for(function: Function, client: Client) -> None:
    live = FunctionDeploymentFactory.create(function_revision=service.add(function, ROUTE, by=None).revision)
    known = triggers.read(ROUTE)
    TriggerFactory.create(function=function, environment=live.environment, definition=known.as_dict(), key=known.key)
    client.force_login(UserFactory.create(role="developer"))
    address = f"/functions/{function.name}/triggers/{known.id}/remove"
    asked = text(client.get(address))
    assert "until that is deployed" in asked and "brings all that differs" not in asked
    assert asked.index('value="deploy"') < asked.index('value="save"')
    client.post(address, {"action": "deploy"})
    assert newest(function).triggers == []
    assert Deployment.objects.order_by("-pk")[0].function_revision == newest(function)


def test_no_trigger_is_removed_from_a_function_that_was_deleted(function: Function, client: Client) -> None:
    before = service.add(function, ROUTE, by=None).revision
    Function.objects.update(deleted_at=before.created_at)
    client.force_login(UserFactory.create(role="developer"))
    refused = client.post(f"/functions/{function.name}/triggers/{triggers.read(ROUTE).id}/remove", {"action": "save"})
    assert refused.status_code == 422 and "restore it first" in text(refused)
    assert newest(function) == before


RULE = {"type": "schedule", "name": "often", "expression": "rate(1 day)"}
OBJECTS = {"type": "s3", "bucket": "uploads", "prefix": "in/"}


@pytest.mark.parametrize("given", [RULE, OBJECTS], ids=["rule", "notification"])
def test_what_leads_to_one_function_only_is_not_given_to_another(function: Function, given: dict[str, Any]) -> None:
    service.add(function, given, by=None)
    copy = FunctionDefinition("Copy", "python3.12", "h.h", 128, 3, triggers=triggers.read_all([given]))
    with pytest.raises(DefinitionProblem, match=f"leads to {function} already"):
        definitions.save_function(copy, zip_of([("h.py", b"", False)]), by=None)


@pytest.mark.parametrize(
    ("more", "overlaps"),
    [
        ({}, True),
        ({"prefix": "in/2026/"}, True),
        ({"prefix": "in/", "suffix": ".json"}, True),
        ({"prefix": "in/x", "events": ["s3:ObjectCreated:Put"]}, True),
        ({"prefix": "in/x", "events": ["s3:ObjectRemoved:*"]}, False),
        ({"prefix": "out/"}, False),
        ({"bucket": "downloads"}, False),
    ],
)
def test_notifications_of_one_bucket_that_overlap_are_refused(
    function: Function, more: dict[str, Any], overlaps: bool
) -> None:
    service.add(function, OBJECTS, by=None)
    given = {"type": "s3", "bucket": "uploads", **more}
    copy = FunctionDefinition("Copy", "python3.12", "h.h", 128, 3, triggers=triggers.read_all([given]))
    if not overlaps:
        assert definitions.save_function(copy, zip_of([("h.py", b"", False)]), by=None).is_new
        return
    with pytest.raises(DefinitionProblem, match=f"of {function}, which AWS does not take: narrow its filter"):
        definitions.save_function(copy, zip_of([("h.py", b"", False)]), by=None)
    with pytest.raises(TriggerProblem, match="overlap, which AWS does not take"):
        service.add(function, given, by=None)


def test_what_another_function_still_has_in_aws_stops_the_plan() -> None:
    row = TriggerFactory.create(definition=RULE, key=triggers.read(RULE).key, invoke_url="")
    mine = FunctionRevisionFactory.create(triggers=[RULE], function__name="Mine")
    lines = {line.what: line for line in plan(mine, None, row.environment)}
    assert lines["Trigger Schedule often, rate(1 day)"].verb == "stop"
    own = FunctionRevisionFactory.create(triggers=[RULE], function=row.function, number=9)
    assert "stop" not in {line.verb for line in plan(own, None, row.environment)}


def test_routes_that_no_request_tells_apart_are_refused(function: Function) -> None:
    route = {"type": "http", "method": "POST", "path": "/pay/{id}"}
    service.add(function, route, by=None)
    with pytest.raises(TriggerProblem, match="would be one in AWS"):
        service.add(function, route | {"path": "/pay/{other}"}, by=None)
    service.add(function, route | {"path": "/pay/{rest+}"}, by=None)


def test_a_queue_is_read_by_one_function(function: Function) -> None:
    service.add(function, {"type": "sqs", "queue": "orders", "create": True}, by=None)
    other = FunctionRevisionFactory.create(function__name="Other").function
    with pytest.raises(TriggerProblem, match=f"SQS queue orders is read by {function} already"):
        service.add(other, {"type": "sqs", "queue": "orders", "create": True}, by=None)


@pytest.mark.parametrize(
    ("made", "named"),
    [
        ({"type": "sqs", "queue": "orders", "create": True}, {"type": "sqs", "queue": "signalbox-orders"}),
        ({"type": "s3", "bucket": "files", "create": True}, {"type": "s3", "bucket": "signalbox-files", "prefix": "a"}),
    ],
)
def test_a_source_made_here_is_known_by_its_whole_name_too(made: dict[str, Any], named: dict[str, Any]) -> None:
    row = TriggerFactory.create(definition=triggers.read(made).as_dict(), key=triggers.read(made).key, invoke_url="")
    other = FunctionRevisionFactory.create(function__name="Other", triggers=[triggers.read(named).as_dict()])
    title = f"Trigger {triggers.read(named).title}"
    assert {line.what: line.verb for line in plan(other, None, row.environment)}[title] == "stop"


def test_a_rule_and_a_schedule_of_one_name_are_refused(function: Function) -> None:
    service.add(function, RULE, by=None)
    rule = {"type": "eventbridge", "name": "often", "pattern": {"source": ["shop"]}}
    with pytest.raises(TriggerProblem, match="would be one in AWS"):
        service.add(function, rule, by=None)


@pytest.mark.parametrize(
    ("given", "path", "said"),
    [
        (RULE | {"expression": "cron(0 8 * * * *)"}, "/expression", "exactly one of them"),
        (RULE | {"expression": "cron(0 8 ? * MON)"}, "/expression", "six fields"),
        ({"type": "eventbridge", "name": "a", "pattern": {"source": "a"}}, "/pattern/source", "list of values"),
        ({"type": "sqs", "queue": "a", "filter": {"body": {"type": []}}}, "/filter/body/type", "list of values"),
        ({"type": "sns", "topic": "a", "filter_policy": {"$or": [{"a": "b"}]}}, "/filter_policy/$or/0/a", "list of"),
    ],
)
def test_what_aws_would_refuse_is_not_saved(function: Function, given: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(TriggerProblem, match=said) as refused:
        service.add(function, given, by=None)
    assert refused.value.path == path
    copy = FunctionDefinition("Copy", "python3.12", "h.h", 128, 3, triggers=triggers.read_all([given]))
    with pytest.raises(DefinitionProblem, match=said):
        definitions.save_function(copy, zip_of([("h.py", b"", False)]), by=None)
    assert function.revisions.count() == 1


def test_patterns_and_schedules_that_aws_takes_are_saved(function: Function) -> None:
    pattern = {"source": ["a"], "detail": {"n": [{"numeric": [">", 1]}], "$or": [{"a": ["x"]}, {"b": ["y"]}]}}
    service.add(function, {"type": "eventbridge", "name": "a", "pattern": pattern}, by=None)
    service.add(function, RULE | {"expression": "cron(0 8 ? * MON-FRI *)"}, by=None)
    assert len(newest(function).triggers) == 2
