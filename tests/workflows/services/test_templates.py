"""A file is looked at before it is taken, taken whole or not at all, and gives the content that was exported."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.answers import text
from tests.factories import FunctionRevisionFactory, UserFactory, WorkflowRevisionFactory
from workflows import exchange, exports, packaging
from workflows.exchange import Bundle, NotTaken
from workflows.jobs import templates as jobs
from workflows.models import Activity, Function, FunctionRevision, TemplateImport, Workflow, WorkflowRevision
from workflows.packaging import FunctionDefinition, WorkflowDefinition
from workflows.services import definitions, templates
from workflows.services.access import Forbidden

pytestmark = pytest.mark.django_db

CODE = packaging.zip_of([("handler.py", b"def handler(event, context):\n    return 1\n", False)])
SECRET = "s3cr3t-value"


def save(name: str = "Charge", **more: object) -> FunctionRevision:
    definition = FunctionDefinition(name, "python3.12", "handler.handler", 128, 10, **more)  # type: ignore[arg-type]
    return definitions.save_function(definition, CODE, by=None).revision


ROLE = "arn:aws:iam::123456789012:role/payments"


def workflow(name: str = "payments", function: str = "Charge") -> WorkflowRevision:
    states = {"StartAt": "Go", "States": {"Go": {"Type": "Task", "Resource": f"${{{function}}}", "End": True}}}
    schema, keys = '{"type": "object"}', {"amount": "$.amount"}
    definition = WorkflowDefinition(name, "Payments", "STANDARD", keys, json.dumps(states), schema, True, ROLE)
    return definitions.save_workflow(definition, by=None).revision


def verbs(row: TemplateImport) -> list[tuple[str, str]]:
    return [(line.verb, line.what) for line in templates.plan(row)]


@pytest.mark.parametrize("form", ["sam", "json"])
def test_what_ships_is_exported_and_taken_into_an_empty_installation(form: str) -> None:
    call_command("load", stdout=io.StringIO())
    bundles = [exports.of_workflow(one, may_reveal=True) for one in WorkflowRevision.objects.all()]
    bundles += [exports.of_function(one, may_reveal=True) for one in FunctionRevision.objects.all()]
    assert len(bundles) >= 7  # and whatever else somebody has put into the folders
    was = {name: (sha256, bytes(code)) for name, sha256, code in contents()}
    of_workflows = dict(WorkflowRevision.objects.values_list("workflow__name", "sha256"))
    files = [exchange.to_sam(one) if form == "sam" else exchange.to_json(one) for one in bundles]
    for model in (WorkflowRevision, Workflow, FunctionRevision, Function):
        model.objects.all().delete()
    for file in files:
        templates.take(templates.propose(file, by=None), by=None)
    assert {name: (sha256, bytes(code)) for name, sha256, code in contents()} == was
    assert dict(WorkflowRevision.objects.values_list("workflow__name", "sha256")) == of_workflows


def contents() -> "list[tuple[str, str, bytes | memoryview[int]]]":
    return list(FunctionRevision.objects.values_list("function__name", "sha256", "package"))


@pytest.mark.parametrize("write", [exchange.to_sam, exchange.to_json], ids=["sam", "json"])
def test_what_is_taken_under_another_name_has_the_same_content(write: Callable[[Bundle], bytes]) -> None:
    one, of = save(environment={"TOKEN": SECRET}), workflow()
    names = {"functions": {"Charge": "Charge2"}, "workflows": {"payments": "payments2"}}
    row = templates.propose(write(exports.of_workflow(of, may_reveal=True)), by=None, names=names)
    assert verbs(row) == [("create", "Function Charge2"), ("create", "Workflow payments2")]
    templates.take(row, by=None)
    copy = FunctionRevision.objects.get(function__name="Charge2")
    assert (copy.sha256, bytes(copy.package)) == (one.sha256, CODE.content)
    other = WorkflowRevision.objects.get(workflow__name="payments2")
    assert (other.input_schema, other.keys, other.unique_references) == (of.input_schema, of.keys, True)
    assert other.custom_role_arn == of.custom_role_arn == ROLE
    assert other.definition == of.definition.replace("${Charge}", "${Charge2}")
    assert (other.workflow.title, other.problems) == ("Payments", of.problems)


def test_the_plan_says_what_would_be_made_changed_and_left() -> None:
    save()
    workflow()
    bundle = exports.of_workflow(WorkflowRevision.objects.get(), may_reveal=True)
    changed = FunctionDefinition("Charge", "python3.12", "handler.handler", 512, 10)
    carried = (
        exchange.Carried(changed, None),
        exchange.Carried(FunctionDefinition("New", "python3.12", "handler.handler", 128, 3), CODE),
    )
    row = templates.propose(exchange.to_json(Bundle(carried, bundle.workflows)), by=None)
    assert verbs(row) == [("change", "Function Charge"), ("create", "Function New"), ("leave", "Workflow payments")]
    assert "Memory: 128 MB becomes 512 MB" in templates.plan(row)[0].details
    assert templates.plan(row)[2].details == ("It is the same as r1.",)
    assert not Function.objects.filter(name="New").exists()
    seen = templates.fingerprint(templates.plan(row))
    templates.take(row, by=None, seen=seen)
    row.refresh_from_db()
    assert [(one["name"], one["revision"], one["is_new"]) for one in row.taken] == [
        ("Charge", 2, True),
        ("New", 1, True),
        ("payments", 1, False),
    ]
    assert (row.document, verbs(row)) == ({}, [])
    assert templates.take(row, by=None).taken == row.taken


def test_what_is_not_as_it_was_seen_is_not_taken() -> None:
    row = templates.propose(exchange.to_json(exports.of_function(save(), may_reveal=True)), by=None)
    seen = templates.fingerprint(templates.plan(row))
    save(tags={"team": "shop"})
    with pytest.raises(templates.Otherwise, match="since you looked"):
        templates.take(row, by=None, seen=seen)
    assert FunctionRevision.objects.count() == 2


def test_masked_values_stay_what_they_are_and_are_refused_where_nothing_is_known() -> None:
    one = save(environment={"TOKEN": SECRET})
    file = exchange.to_json(exports.of_function(one, may_reveal=False))
    assert SECRET.encode() not in file
    row = templates.propose(file, by=None)
    assert verbs(row) == [("leave", "Function Charge")]
    templates.rename(row, {"functions": {"Charge": "Other"}}, by=None)
    assert verbs(row) == [("stop", "Function Other")]
    with pytest.raises(NotTaken, match="he value of TOKEN was masked"):
        templates.take(row, by=None)


def test_a_route_that_is_taken_and_code_that_did_not_come_stop_it() -> None:
    route = packaging.read_triggers("", [{"type": "http", "method": "GET", "path": "/a", "api": "shop"}])
    save(triggers=route)
    alone = exchange.to_json(Bundle((exchange.Carried(FunctionDefinition("New", "python3.12", "a.b", 128, 3), None),)))
    row = templates.propose(alone, by=None)
    assert [(line.verb, "did not come with it" in line.details[0]) for line in templates.plan(row)] == [("stop", True)]
    names = {"functions": {"Charge": "Copy"}}
    row = templates.propose(
        exchange.to_json(exports.of_function(FunctionRevision.objects.get(), may_reveal=True)), by=None, names=names
    )
    assert "is a route of Charge already" in templates.plan(row)[0].details[0]


def test_names_are_checked() -> None:
    file = exchange.to_json(exports.of_function(save(), may_reveal=True))
    for names, said in (
        ({"functions": {"Charge": "a b"}}, "letters, digits"),
        ({"functions": {"Other": "x"}}, "There is no function Other in it"),
        ({"things": {}}, "Names are given as"),
    ):
        with pytest.raises(NotTaken, match=said):
            templates.propose(file, by=None, names=names)


def test_only_who_may_save_revisions_gives_files_and_takes_them() -> None:
    file = exchange.to_json(exports.of_function(save(), may_reveal=True))
    viewer = UserFactory.create(role="viewer")
    with pytest.raises(Forbidden):
        templates.propose(file, by=viewer)
    with pytest.raises(Forbidden):
        templates.take(templates.propose(file, by=None), by=viewer)


def test_the_row_holds_no_secret_in_the_clear_and_goes_after_a_day() -> None:
    row = templates.propose(
        exchange.to_json(exports.of_function(save(environment={"TOKEN": SECRET}), may_reveal=True)), by=None
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT document FROM workflows_templateimport")
        assert SECRET not in cursor.fetchone()[0]
    assert jobs.forget_old() == 0
    TemplateImport.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=2))
    assert jobs.forget_old() == 1


# ---- pages


@pytest.fixture
def developer(client: Client) -> Client:
    client.force_login(UserFactory.create(username="dora", role="developer"))
    return client


def test_a_file_is_exported_looked_at_renamed_and_taken_on_the_page(developer: Client, tmp_path: Path) -> None:
    save(environment={"TOKEN": SECRET})
    workflow()
    answer = developer.get("/workflows/payments/export?as=sam")
    assert answer["Content-Disposition"] == 'attachment; filename="payments.sam.zip"'
    file = tmp_path / "payments.sam.zip"
    file.write_bytes(answer.content)
    with file.open("rb") as opened:
        answer = developer.post("/import/templates", {"file": opened, "note": "from staging"})
    row = TemplateImport.objects.get()
    assert answer["Location"] == f"/import/templates/{row.pk}"
    page = text(developer.get(f"/import/templates/{row.pk}"))
    assert "It is the same as r1." in page and "Take all of it" in page and SECRET not in page
    developer.post(f"/import/templates/{row.pk}/names", {"functions/Charge": "Copy", "workflows/payments": "copy"})
    page = text(developer.get(f"/import/templates/{row.pk}"))
    assert "Function Copy</span>" in page and "Workflow copy</span>" in page
    developer.post(f"/import/templates/{row.pk}/take", {"seen": "another"})
    assert not Workflow.objects.filter(name="copy").exists()
    row.refresh_from_db()
    developer.post(f"/import/templates/{row.pk}/take", {"seen": templates.fingerprint(templates.plan(row))})
    page = text(developer.get(f"/import/templates/{row.pk}"))
    assert "/functions/Copy?revision=1" in page and "/workflows/copy?revision=1" in page
    assert FunctionRevision.objects.get(function__name="Copy").note == "from staging"
    assert Activity.objects.filter(action="template.take", by_name="dora").count() == 1
    assert "Copy r1" in text(developer.get("/import/"))


def test_a_file_that_cannot_be_taken_says_why_on_the_page(developer: Client, tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text("Transform: AWS::Serverless-2016-10-31\n")
    with file.open("rb") as opened:
        answer = developer.post("/import/templates", {"file": opened})
    assert answer.status_code == 422
    assert "template.yaml cannot be taken" in text(answer) and "YAML is not read here" in text(answer)
    assert not TemplateImport.objects.exists()


def test_who_may_not_see_values_exports_masks(client: Client) -> None:
    save(environment={"TOKEN": SECRET})
    client.force_login(UserFactory.create(role="viewer"))
    assert client.get("/functions/Charge/export?as=json").json()["functions"][0]["environment"] == {"TOKEN": "••••••"}
    assert SECRET.encode() not in client.get("/functions/Charge/export").content


def test_an_older_revision_can_be_exported(developer: Client) -> None:
    FunctionRevisionFactory.create(function__name="Two", number=1, memory_mb=192)
    FunctionRevisionFactory.create(function=Function.objects.get(name="Two"), number=2, memory_mb=256)
    assert developer.get("/functions/Two/export?as=json&revision=1").json()["functions"][0]["memory"] == 192
    WorkflowRevisionFactory.create(workflow__name="alone", definition="not JSON")
    assert developer.get("/workflows/alone/export?as=json").json()["workflows"][0]["definition"] == "not JSON"
