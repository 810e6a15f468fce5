"""What is typed to make or change a workflow. The definition's own problems are for the checker to say."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from workflows import inputs, lines, packaging
from workflows.forms.texts import LongText, SourceText, rule
from workflows.models import Workflow, WorkflowRevision
from workflows.packaging import WorkflowDefinition
from workflows.statuses import MachineType

LONGEST = 1_048_576  # AWS's limit for a definition
START = """{
  "Comment": "What this workflow is for",
  "StartAt": "Done",
  "States": {
    "Done": {
      "Type": "Succeed"
    }
  }
}
"""


class WorkflowForm(forms.Form):
    """One revision being written. `base` is the number of the revision it began from, `base_title` the title then."""

    name = forms.CharField(validators=[rule("name", packaging.NAME)])
    title = forms.CharField(max_length=120)
    type = forms.ChoiceField(choices=MachineType.choices)
    definition = SourceText(max_length=LONGEST)
    input_schema = SourceText(max_length=LONGEST, required=False)
    keys = LongText(max_length=4_000, required=False)
    unique_references = forms.BooleanField(required=False)
    role = forms.CharField(max_length=600, required=False, validators=[rule("role", packaging.ROLE_ARN)])
    note = forms.CharField(max_length=200, required=False)
    base = forms.IntegerField(required=False, min_value=0, max_value=2**31)
    base_title = forms.CharField(max_length=120, required=False)

    def __init__(self, data: Any = None, *, workflow: Workflow | None = None, **more: Any) -> None:
        super().__init__(data, **more)
        if workflow is not None:
            del self.fields["name"]

    def clean_name(self) -> str:
        """A name that is not taken: a workflow that exists is changed on its own page."""
        name: str = self.cleaned_data["name"]
        if Workflow.objects.filter(name=name).exists():
            raise ValidationError("There is a workflow of this name. Change it on its own page, or choose another.")
        return name

    def clean_input_schema(self) -> str:
        """A schema that can be used."""
        schema: str = self.cleaned_data["input_schema"]
        if problems := inputs.check_schema(schema):
            raise ValidationError([" ".join(filter(None, (one.path, one.message))) for one in problems])
        return schema

    def clean_keys(self) -> dict[str, str]:
        """Names with paths to one value each."""
        try:
            keys = lines.read(self.cleaned_data["keys"])
        except lines.BadLine as problem:
            raise ValidationError(str(problem)) from problem
        wrong = [path for path in keys.values() if not inputs.is_key_path(path)]
        if wrong:
            raise ValidationError(f"{wrong[0] or 'Nothing'} is not a path to one value, such as $.customer.id.")
        return keys

    def definition_of(self, name: str) -> WorkflowDefinition:
        """What was typed, as the service takes it; for a form that is valid."""
        given = self.cleaned_data
        return WorkflowDefinition(
            name,
            given["title"],
            given["type"],
            given["keys"],
            given["definition"],
            given["input_schema"],
            given["unique_references"],
            given["role"],
        )


def blank() -> dict[str, Any]:
    """What a new workflow starts from."""
    return {"type": MachineType.STANDARD, "definition": START}


def of_revision(revision: WorkflowRevision, newest: int) -> dict[str, Any]:
    """The same as typed; `newest` is the number of the newest revision there is."""
    return {
        "title": revision.workflow.title,
        "type": revision.type,
        "definition": revision.definition,
        "input_schema": revision.input_schema,
        "keys": lines.write(revision.keys),
        "unique_references": revision.unique_references,
        "role": revision.custom_role_arn,
        "base": newest,
        "base_title": revision.workflow.title,
    }
