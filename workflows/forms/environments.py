"""What is typed to make or change an environment."""

from django import forms

from workflows.models import Environment


class EnvironmentForm(forms.ModelForm):  # type: ignore[type-arg]
    """A place in an AWS account. Its slug stays as it was made: addresses and rows know it by that."""

    class Meta:
        model = Environment
        fields = (
            "slug",
            "title",
            "colour",
            "is_production",
            "region",
            "account_id",
            "role_arn",
            "external_id",
            "name_prefix",
            "permissions_boundary",
        )
        widgets = {"colour": forms.RadioSelect}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if self.instance.pk:
            del self.fields["slug"]
