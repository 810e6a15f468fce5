"""What is typed to make or change a hook, on its page and in the admin."""

from typing import Any

from django import forms

from transactions import payloads
from transactions.models import Hook
from transactions.services.hooks import Wish
from transactions.services.submissions import Rejected
from transactions.targets import LONGEST
from workflows.forms.texts import LongText
from workflows.models import Environment, Workflow


class HookForm(forms.Form):
    """Where to tell what. Whether that can be done is for the service to say; `show` puts its words to the fields."""

    target_url = forms.CharField(max_length=LONGEST, label="Address")
    events = forms.MultipleChoiceField(
        choices=[(event, event) for event in payloads.EVENTS], widget=forms.CheckboxSelectMultiple
    )
    workflow = forms.ModelChoiceField(Workflow.objects.all(), required=False, empty_label="All", to_field_name="name")
    environment = forms.ModelChoiceField(
        Environment.objects.all(), required=False, empty_label="All", to_field_name="slug"
    )
    branch = forms.CharField(max_length=170, required=False)
    conditions = LongText(max_length=4_000, required=False)

    @property
    def wish(self) -> Wish:
        """What was typed, as the service takes it; of a form that is valid."""
        given = self.cleaned_data
        return Wish(
            target_url=given["target_url"],
            events=given["events"],
            workflow=given["workflow"].name if given["workflow"] else "",
            environment=given["environment"].slug if given["environment"] else "",
            branch=given["branch"],
            conditions=[line for line in given["conditions"].split("\n") if line.strip()],
        )

    def show(self, rejected: Rejected) -> None:
        """Each problem beside the field it is about."""
        for problem in rejected.problems:
            name = problem.path.strip("/")
            self.add_error(name if name in self.fields else None, problem.message)


def of_hook(hook: Hook) -> dict[str, Any]:
    """A hook as typed."""
    return {
        "target_url": hook.target_url,
        "events": hook.events,
        "workflow": hook.workflow.name if hook.workflow else "",
        "environment": hook.environment.slug if hook.environment else "",
        "branch": hook.branch,
        "conditions": "\n".join(hook.conditions),
    }
