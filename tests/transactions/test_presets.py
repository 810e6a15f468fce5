"""Inputs kept under a name: saved from the form, chosen on it, deleted."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import DeploymentFactory, UserFactory
from transactions.models import Preset
from transactions.services import presets
from transactions.services.submissions import Rejected
from workflows.models import Activity, Deployment, User, Workflow
from workflows.services.access import Forbidden

pytestmark = pytest.mark.django_db
INPUT = '{"TransactionType": "REFUND", "Amount": 12.50}'
NEW = "/transactions/new?workflow=transaction-processor"


@pytest.fixture
def workflow() -> Workflow:
    deployment: Deployment = DeploymentFactory.create()
    assert deployment.workflow
    return deployment.workflow


def test_a_preset_is_saved_from_the_form_and_begins_the_next(page: Client, workflow: Workflow) -> None:
    asked = page.post(NEW, {"mode": "form", "/TransactionType": "REFUND", "/Amount": "12.50", "action": "preset"})
    sent = {"workflow": workflow.name, "name": "A refund", "input": asked.context["text"]}
    answer = page.post("/transactions/presets", sent, follow=True)
    assert "A refund" in text(answer)
    assert answer.context["draft"].mode == "form"
    assert answer.context["draft"].input == INPUT
    assert Activity.objects.get().action == "preset.create"


@pytest.mark.parametrize("mode", ["form", "json"])
def test_the_way_back_leads_to_what_was_typed(page: Client, workflow: Workflow, mode: str) -> None:
    typed = {"/TransactionType": "REFUND", "/Amount": "12.50"} if mode == "form" else {"input": INPUT}
    asked = page.post(NEW, {"mode": mode, **typed, "reference": "order-1", "action": "preset"})
    assert asked.context["text"] == '{\n  "TransactionType": "REFUND",\n  "Amount": 12.50\n}'
    refused = page.post("/transactions/presets", sent_back(asked))
    (action,) = re.findall(r'name="action"\s+value="([^"]+)"', text(refused))
    draft = page.post(NEW, {**sent_back(refused), "action": action}).context["draft"]
    assert (draft.mode, json.loads(draft.input), draft.reference) == (mode, json.loads(INPUT), "order-1")


def sent_back(page: Any) -> dict[str, str]:
    """What the form on the page sends, without a name."""
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', text(page)))
    return {**hidden, "name": "", "input": page.context["text"]}


def test_a_preset_the_form_cannot_hold_begins_as_json(page: Client, workflow: Workflow, operator: User) -> None:
    preset = presets.save(workflow, "odd", '{"surprise": 1}', by=operator)
    draft = page.get(f"{NEW}&preset={preset.pk}").context["draft"]
    assert (draft.mode, json.loads(draft.text)) == ("json", {"surprise": 1})


def test_the_same_name_replaces_and_the_record_keeps_what_was(workflow: Workflow, operator: User) -> None:
    presets.save(workflow, "a", "{}", by=operator)
    presets.save(workflow, " a ", INPUT, by=operator)
    assert json.loads(Preset.objects.get().input) == json.loads(INPUT)
    newest = Activity.objects.latest("pk")
    assert (newest.action, newest.before) == ("preset.change", {"input": "{}"})


@pytest.mark.parametrize(("name", "sent"), [("", "{}"), ("x" * 61, "{}"), ("a\0", "{}"), ("a", "{"), ("a", "")])
def test_what_cannot_be_kept_is_refused_with_the_reason(page: Client, workflow: Workflow, name: str, sent: str) -> None:
    answer = page.post("/transactions/presets", {"workflow": workflow.name, "name": name, "input": sent})
    assert answer.status_code == 422
    assert 'class="error"' in text(answer)
    assert not Preset.objects.exists()


def test_a_workflow_has_so_many_presets_and_no_more(workflow: Workflow, operator: User) -> None:
    for number in range(presets.MOST):
        presets.save(workflow, str(number), "{}", by=operator)
    with pytest.raises(Rejected):
        presets.save(workflow, "one more", "{}", by=operator)
    presets.save(workflow, "0", INPUT, by=operator)


def test_a_preset_is_deleted_and_what_it_was_is_recorded(page: Client, workflow: Workflow, operator: User) -> None:
    preset = presets.save(workflow, "a", "{}", by=operator)
    shown = text(page.get(f"{NEW}&preset={preset.pk}"))
    assert 'data-confirm="Delete the preset “a”?' in shown
    assert 'aria-current="true">a</a>' in shown
    page.post(f"/transactions/presets/{preset.pk}/delete")
    assert not Preset.objects.exists()
    assert Activity.objects.latest("pk").action == "preset.delete"


def test_many_presets_fold_and_the_chosen_one_is_said(page: Client, workflow: Workflow, operator: User) -> None:
    kept = [presets.save(workflow, f"preset {number}", "{}", by=operator) for number in range(9)]
    shown = text(page.get(f"{NEW}&preset={kept[3].pk}"))
    assert "Begin with another of 9 presets" in shown
    assert "Begun with <strong>preset 3</strong>" in shown


@pytest.mark.parametrize("wanted", ["0", "x", "9" * 30])
def test_a_preset_that_is_not_there_is_not_found(page: Client, workflow: Workflow, wanted: str) -> None:
    assert page.get(f"{NEW}&preset={wanted}").status_code == 404


def test_a_viewer_may_neither_save_nor_delete(client: Client, workflow: Workflow, operator: User) -> None:
    preset = presets.save(workflow, "a", "{}", by=operator)
    viewer = UserFactory.create(role="viewer")
    with pytest.raises(Forbidden):
        presets.delete(preset, by=viewer)
    client.force_login(viewer)
    sent = {"workflow": workflow.name, "name": "b", "input": "{}"}
    assert client.post("/transactions/presets", sent).status_code == 403
    assert client.post(f"/transactions/presets/{preset.pk}/delete").status_code == 403
    assert Preset.objects.get() == preset
