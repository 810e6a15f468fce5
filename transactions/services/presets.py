"""Keeps inputs under a name, and forgets them. Who may submit may do both."""

from django.db import transaction

from transactions.models import Preset
from transactions.services.submissions import Rejected
from workflows import inputs
from workflows.inputs import FieldProblem
from workflows.models import User, Workflow
from workflows.services import activity
from workflows.services.access import require

LONGEST_NAME = 60
MOST = 50  # of a workflow: they are all offered


def save(workflow: Workflow, name: str, text: str, *, by: User) -> Preset:
    """Keep `text` as the preset of that name, in place of an earlier one. Raises Forbidden, Rejected."""
    require(by, "transactions.submit")
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or "\0" in name:
        raise Rejected(FieldProblem("/name", f"It needs a name of at most {LONGEST_NAME} characters."))
    try:
        inputs.parse_input(text)
    except inputs.InputProblem as problem:
        raise Rejected(FieldProblem(f"/input{problem.path}", problem.message)) from problem
    with transaction.atomic():
        # Locked, so that two people may keep one of the same name at once.
        Workflow.objects.select_for_update().get(pk=workflow.pk)
        earlier = Preset.objects.filter(workflow=workflow, name=name).first()
        if earlier is None and Preset.objects.filter(workflow=workflow).count() >= MOST:
            raise Rejected(FieldProblem("/name", f"There are {MOST} presets already. Delete one first."))
        preset = earlier or Preset(workflow=workflow, name=name, created_by=by)
        before = {"input": earlier.input} if earlier else None
        preset.input = inputs.serialise(text)
        preset.save()
        activity.record_change("preset", preset, by=by, before=before, after={"input": preset.input})
    return preset


def delete(preset: Preset, *, by: User) -> None:
    """Forget it. Raises Forbidden."""
    require(by, "transactions.submit")
    with transaction.atomic():
        activity.record("preset.delete", preset, by=by, before={"input": preset.input})
        preset.delete()
