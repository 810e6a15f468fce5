"""Where things run: an AWS account, region and role to assume, or the embedded AWS."""

import re
import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from workflows import capabilities
from workflows.arns import account_of
from workflows.capabilities import Capabilities

DEFAULT = "default"  # the slug of the environment that is meant where none is named
WELL_FORMED = {
    "region": (r"[a-z]{2}(-[a-z]+)+-\d", "a region such as us-east-1"),
    "role_arn": (r"arn:aws[a-z-]*:iam::\d{12}:role/\S+", "the ARN of a role"),
    "permissions_boundary": (r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/\S+", "the ARN of a policy"),
    "external_id": (r"[\w+=,.@:/-]{2,}", "an external id as AWS takes it: letters, digits and +=,.@:/-"),
}


class Environment(models.Model):
    """One place to deploy to. No access key is ever stored: workers assume `role_arn`."""

    class Colour(models.TextChoices):
        GREEN = "green"
        BLUE = "blue"
        AMBER = "amber"
        RED = "red"

    slug = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=80)
    is_embedded = models.BooleanField(default=False, help_text="Runs on the embedded AWS of this installation.")
    is_production = models.BooleanField(default=False)
    colour = models.CharField(max_length=8, choices=Colour.choices, default=Colour.BLUE)
    region = models.CharField(max_length=32)
    account_id = models.CharField(
        max_length=12, blank=True, default="", validators=[RegexValidator(r"^\d{12}$", "Twelve digits.")]
    )
    role_arn = models.CharField("role to assume", max_length=200, blank=True, default="")
    external_id = models.CharField(max_length=200, blank=True, default="")
    name_prefix = models.CharField(
        max_length=24,
        blank=True,
        default="",
        validators=[RegexValidator(r"^[A-Za-z0-9_-]*$", "Letters, digits, - and _.")],
    )
    permissions_boundary = models.CharField(max_length=200, blank=True, default="")
    install = models.UUIDField(
        default=uuid.uuid4, editable=False, help_text="Tag of everything made there by this one."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    reached_at = models.DateTimeField(null=True, blank=True, help_text="When AWS last answered.")
    unreachable_since = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True, default="", help_text="What AWS last said when it could not be used.")

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """What AWS could not make sense of is told at its field, in every form."""
        problems = {
            name: f"This is not {what}."
            for name, (pattern, what) in WELL_FORMED.items()
            if getattr(self, name) and not re.fullmatch(pattern, getattr(self, name))
        }
        if self.account_id and not problems and account_of(self.role_arn) not in ("", self.account_id):
            problems["account_id"] = f"The role belongs to the account {account_of(self.role_arn)}."
        if problems:
            raise ValidationError(problems)

    @property
    def capabilities(self) -> Capabilities:
        """What can be done there but not in every environment."""
        if not self.is_embedded:
            return capabilities.AWS
        return capabilities.of_embedded_aws(
            is_mended=settings.EMBEDDED_AWS_IS_MENDED,
            has_node=settings.EMBEDDED_AWS_HAS_NODE,
            python=settings.EMBEDDED_AWS_PYTHON,
        )
