"""Writing workflows in the page; and who may write at all."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import (
    DEFINITION,
    SCHEMA,
    DeploymentFactory,
    FunctionRevisionFactory,
    UserFactory,
    WorkflowRevisionFactory,
)
from workflows.models import Activity, Workflow, WorkflowRevision

pytestmark = pytest.mark.django_db

WORKFLOW: dict[str, Any] = {
    "name": "orders",
    "title": "Orders",
    "type": "STANDARD",
    "definition": DEFINITION.replace("\n", "\r\n"),
    "input_schema": SCHEMA,
    "keys": "customer_id = $.CustomerId",
    "note": "First",
}
BROKEN = '{"StartAt": "A",\n "States": {\n  "A": {"Type": "Pass", "Next": "Nowhere"}}}'


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(UserFactory.create(username="dora", role="developer"))
    return client


def test_a_new_workflow_is_saved_with_author_note_and_record(page: Client) -> None:
    answer = page.post("/workflows/new/", WORKFLOW)
    revision = WorkflowRevision.objects.get()
    assert answer["Location"] == "/workflows/orders?revision=1"
    assert (revision.workflow.title, revision.note, str(revision.created_by)) == ("Orders", "First", "dora")
    assert revision.definition == DEFINITION
    assert revision.keys == {"customer_id": "$.CustomerId"}
    assert Activity.objects.get().action == "workflow.save"


def test_a_role_made_elsewhere_is_saved_with_the_rest_and_a_wrong_one_is_told(page: Client) -> None:
    role = "arn:aws:iam::111122223333:role/machines"
    refused = page.post("/workflows/new/", WORKFLOW | {"role": "admin"})
    assert (refused.status_code, "The ARN of a role" in text(refused)) == (422, True)
    page.post("/workflows/new/", WORKFLOW | {"role": role})
    assert WorkflowRevision.objects.get().custom_role_arn == role
    assert page.get("/workflows/orders/edit").context["form"]["role"].value() == role
    assert role in text(page.get("/workflows/orders"))


def test_a_change_is_a_further_revision_and_the_old_one_stays(page: Client) -> None:
    old = WorkflowRevisionFactory.create(number=1)
    page.post(f"/workflows/{old.workflow.name}/edit", WORKFLOW | {"type": "EXPRESS", "base": "1"})
    assert old.workflow.revisions.count() == 2
    assert WorkflowRevision.objects.get(pk=old.pk).type == "STANDARD"


def test_the_same_again_makes_no_revision(page: Client) -> None:
    page.post("/workflows/new/", WORKFLOW)
    answer = page.post("/workflows/orders/edit", WORKFLOW | {"base": "1"}, follow=True)
    assert "Nothing is different from r1" in text(answer)
    assert WorkflowRevision.objects.count() == 1


def test_another_title_makes_no_revision_and_is_told(page: Client) -> None:
    page.post("/workflows/new/", WORKFLOW)
    answer = page.post("/workflows/orders/edit", WORKFLOW | {"title": "Orders of today", "base": "1"}, follow=True)
    assert "The title is changed. Nothing else is different from r1." in text(answer)
    assert "Orders of today" in text(answer)
    assert WorkflowRevision.objects.count() == 1


def test_the_editor_holds_the_revision_it_begins_from(page: Client) -> None:
    old = WorkflowRevisionFactory.create(number=1, definition=BROKEN)
    WorkflowRevisionFactory.create(workflow=old.workflow, number=2)
    form = page.get(f"/workflows/{old.workflow.name}/edit?revision=1").context["form"]
    assert form["definition"].value() == BROKEN
    assert form["base"].value() == 2


def test_the_editor_says_which_revision_it_begins_from_and_what_that_leaves_out(page: Client) -> None:
    old = WorkflowRevisionFactory.create(number=1)
    address = f"/workflows/{old.workflow.name}/edit?revision=1"
    assert "This begins with" not in text(page.get(address))
    second = WorkflowRevisionFactory.create(workflow=old.workflow, number=2)
    assert "This begins with r1: what r2 changed is left out." in text(page.get(address))
    assert "This begins with" not in text(page.get(f"/workflows/{old.workflow.name}/edit"))
    live = DeploymentFactory.create(workflow_revision=second)
    WorkflowRevisionFactory.create(workflow=old.workflow, number=3)
    told = (
        f"This begins with r1, while r2 is live in {live.environment}: deploying it brings all that differs. And what"
    )
    assert f"{told} r2 to r3 changed is left out." in text(page.get(address))
    assert "This begins with r1, while r2" in text(page.post(address, {"action": "check"}))


def test_what_somebody_else_saved_meanwhile_is_told_before_anything_is_saved(page: Client) -> None:
    page.post("/workflows/new/", WORKFLOW)
    page.post("/workflows/orders/edit", WORKFLOW | {"type": "EXPRESS", "base": "1"})
    typed = WORKFLOW | {"keys": "", "base": "1"}
    answer = page.post("/workflows/orders/edit", typed)
    assert answer.status_code == 409 and "dora saved r2 meanwhile" in text(answer)
    assert WorkflowRevision.objects.count() == 2
    form = answer.context["form"]
    assert (form["base"].value(), form["definition"].value()) == ("2", typed["definition"])
    page.post("/workflows/orders/edit", typed | {"base": "2"})
    assert WorkflowRevision.objects.count() == 3


def test_a_title_that_somebody_else_gave_meanwhile_is_told_before_it_is_replaced(page: Client) -> None:
    page.post("/workflows/new/", WORKFLOW)
    form = page.get("/workflows/orders/edit").context["form"]
    assert form["base_title"].value() == "Orders"
    begun = WORKFLOW | {"base": "1", "base_title": "Orders"}
    page.post("/workflows/orders/edit", begun | {"title": "Theirs"})
    answer = page.post("/workflows/orders/edit", begun | {"title": "Mine"})
    assert answer.status_code == 409
    assert "Somebody called it “Theirs” meanwhile. Saving again calls it “Mine”." in text(answer)
    assert Workflow.objects.get().title == "Theirs"
    assert answer.context["form"]["base_title"].value() == "Theirs"
    page.post("/workflows/orders/edit", begun | {"title": "Mine", "base_title": "Theirs"})
    assert Workflow.objects.get().title == "Mine"


def test_a_title_that_was_not_touched_stays_what_somebody_else_made_it(page: Client) -> None:
    page.post("/workflows/new/", WORKFLOW)
    begun = WORKFLOW | {"base": "1", "base_title": "Orders"}
    page.post("/workflows/orders/edit", begun | {"title": "Theirs"})
    page.post("/workflows/orders/edit", begun | {"type": "EXPRESS"})
    assert (Workflow.objects.get().title, WorkflowRevision.objects.count()) == ("Theirs", 2)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "not a name", "Letters, digits"),
        ("title", "", "required"),
        ("type", "OTHER", "valid choice"),
        ("definition", "", "required"),
        ("definition", "x" * 1_048_577, "at most 1048576"),
        ("input_schema", '{"type": "nonsense"}', "not a usable JSON Schema"),
        ("keys", "customer", "Line 1: write it as name = value."),
        ("keys", "customer = CustomerId", "CustomerId is not a path to one value"),
        ("keys", "a = $.a\n\na = $.b", "Line 3: “a” was given before."),
        ("note", "x" * 201, "at most 200"),
        ("title", "a\0b", "Null characters"),
    ],
)
def test_bad_input_is_told_at_its_field_and_what_was_typed_is_kept(
    page: Client, field: str, value: str, said: str
) -> None:
    answer = page.post("/workflows/new/", WORKFLOW | {field: value})
    assert answer.status_code == 422
    assert said in " ".join(answer.context["form"].errors[field])
    assert 'id="id_title"' in text(answer)
    assert answer.context["form"][field].value() == value
    assert not Workflow.objects.exists()


def test_a_name_that_is_taken_is_told(page: Client) -> None:
    taken = WorkflowRevisionFactory.create().workflow.name
    assert "There is a workflow of this name" in text(page.post("/workflows/new/", WORKFLOW | {"name": taken}))


def test_a_definition_with_errors_is_kept_but_says_so(page: Client) -> None:
    answer = page.post("/workflows/new/", WORKFLOW | {"definition": BROKEN}, follow=True)
    assert WorkflowRevision.objects.get().has_errors
    assert "It has errors AWS would refuse it for" in text(answer)


def test_checking_tells_the_problem_with_its_line_and_saves_nothing(page: Client) -> None:
    shown = text(page.post("/workflows/check/", WORKFLOW | {"definition": BROKEN}))
    assert "Nowhere" in shown
    assert 'data-line="3"' in shown
    assert not Workflow.objects.exists()


def test_what_follows_from_another_error_is_folded_below_it(page: Client) -> None:
    typed = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Bee"}, "B": {"Type": "Succeed"}}}'
    checked = page.post("/workflows/check/", WORKFLOW | {"definition": typed})
    assert [one["code"] for one in checked.context["problems"]] == ["MISSING_TRANSITION_TARGET"]
    assert "1 state is not reached, perhaps because of that" in text(checked)
    alone = typed.replace('"Next": "Bee"', '"End": true')
    checked = page.post("/workflows/check/", WORKFLOW | {"definition": alone})
    assert [one["code"] for one in checked.context["problems"]] == ["UNREACHABLE_STATE"]
    assert "not reached, perhaps" not in text(checked)


def test_what_follows_from_another_error_is_folded_on_the_page_of_the_revision_and_counted_apart(page: Client) -> None:
    typed = (
        '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Bee"},'
        ' "B": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Succeed"}}}'
    )
    answer = page.post("/workflows/new/", WORKFLOW | {"definition": typed}, follow=True)
    assert [one["code"] for one in answer.context["problems"]] == ["MISSING_TRANSITION_TARGET"]
    at_once, folded = text(answer).split('id="consequences"')
    assert "No way leads to" not in at_once
    assert folded.split("</details>")[0].count("No way leads to") == 2
    assert "AWS would refuse it for 1 error; 2 states are not reached, perhaps because of that." in text(answer)


def test_a_state_not_reached_is_told_at_once_where_nothing_else_is_wrong(page: Client) -> None:
    alone = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}, "B": {"Type": "Succeed"}}}'
    answer = page.post("/workflows/new/", WORKFLOW | {"definition": alone}, follow=True)
    assert 'id="consequences"' not in text(answer)
    assert "No way leads to" in text(answer)
    assert "AWS would refuse it for 1 error. Mend it before it is deployed." in text(answer)


def test_checking_without_scripts_shows_the_page_again(page: Client) -> None:
    answer = page.post("/workflows/new/", WORKFLOW | {"definition": BROKEN, "action": "check"})
    assert answer.status_code == 200
    assert 'data-line="3"' in text(answer)
    assert not Workflow.objects.exists()


@pytest.mark.parametrize(
    "definition", ["", "{", "[]", "null", '{"States": 1}', "[" * 100_000, "\0", '{"a": "\\ud800"}']
)
def test_half_written_definitions_never_fail(page: Client, definition: str) -> None:
    given = WORKFLOW | {"definition": definition, "sample": definition, "results": definition, "input_schema": "{"}
    assert page.post("/workflows/check/", given).status_code == 200


def test_a_sample_is_followed_as_far_as_results_are_given(page: Client) -> None:
    sample = {"sample": '{"TransactionType": "REFUND"}'}
    shown = text(page.post("/workflows/check/", WORKFLOW | sample))
    assert "It goes ProcessTransaction → ProcessRefund." in shown
    results = {"results": json.dumps({"ProcessRefund": {"ok": True}})}
    shown = text(page.post("/workflows/check/", WORKFLOW | sample | results))
    assert "It goes ProcessTransaction → ProcessRefund and succeeds." in shown


def test_a_sample_no_rule_takes_fails_in_words(page: Client) -> None:
    shown = text(page.post("/workflows/check/", WORKFLOW | {"sample": '{"TransactionType": "OTHER"}'}))
    assert "States.NoChoiceMatched" in shown


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sample": "{"}, "The input cannot be read"),
        ({"sample": "{}", "results": "[]"}, "sample results are an object"),
    ],
)
def test_a_sample_that_is_no_json_says_so(page: Client, given: dict[str, str], said: str) -> None:
    assert said in text(page.post("/workflows/check/", WORKFLOW | given))


def test_the_form_of_the_schema_is_shown_before_it_is_saved(page: Client) -> None:
    assert "Transaction type" in text(page.post("/workflows/check/", WORKFLOW))


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_who_may_only_look_cannot_write(client: Client, role: str) -> None:
    client.force_login(UserFactory.create(role=role))
    workflow, written = WorkflowRevisionFactory.create().workflow.name, FunctionRevisionFactory.create().function.name
    for address in (f"/workflows/{workflow}", f"/functions/{written}", "/workflows/", "/functions/"):
        assert "/edit?" not in text(client.get(address))
        assert "/new/" not in text(client.get(address))
    for address in (f"/workflows/{workflow}/edit", f"/functions/{written}/edit", "/workflows/new/", "/functions/new/"):
        assert client.get(address).status_code == 403
        assert client.post(address, WORKFLOW).status_code == 403
    assert client.post("/workflows/check/", WORKFLOW).status_code == 403
    assert WorkflowRevision.objects.count() == 1
