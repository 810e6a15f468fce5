"""Revisions brought to environments, and the log of how."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from workflows.models.environments import Environment
from workflows.models.functions import Function, FunctionRevision
from workflows.models.workflows import Workflow, WorkflowRevision
from workflows.statuses import DEPLOYMENT, IMPORT, REMOVAL, STEP, Status, choices


class Deployment(models.Model):
    """One revision of a function or a workflow, to be in AWS. `is_live` marks the one in force there."""

    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="deployments")
    function = models.ForeignKey(Function, null=True, blank=True, on_delete=models.PROTECT, related_name="deployments")
    function_revision = models.ForeignKey(
        FunctionRevision, null=True, blank=True, on_delete=models.PROTECT, related_name="deployments"
    )
    workflow = models.ForeignKey(Workflow, null=True, blank=True, on_delete=models.PROTECT, related_name="deployments")
    workflow_revision = models.ForeignKey(
        WorkflowRevision, null=True, blank=True, on_delete=models.PROTECT, related_name="deployments"
    )
    status = models.CharField(max_length=12, choices=choices(DEPLOYMENT), default="requested")
    is_live = models.BooleanField(default=False)
    is_found = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Not brought there from here: AWS had it so when it was imported, under the name in its ARN.",
    )
    removes = models.BooleanField(
        default=False, db_default=False, help_text="Takes a function out of the environment; its revision was the last."
    )
    share = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Percent of the calls that go to it beside what is live; empty: all of them."
    )
    is_look = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Asked for at a start, to have again what AWS has lost: forgotten where AWS has it all.",
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True, help_text="AWS could not be reached since then.")
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=100, blank=True, default="")
    cause = models.TextField(blank=True, default="", help_text="AWS's own message.")
    advice = models.TextField(blank=True, default="", help_text="What to do about it.")
    role_arn = models.CharField(max_length=200, blank=True, default="")
    policy = models.JSONField(null=True, blank=True, help_text="The role's policy as read back from AWS.")
    resource_arn = models.CharField(max_length=300, blank=True, default="", help_text="The function or state machine.")
    version_arn = models.CharField(max_length=300, blank=True, default="", help_text="The published version.")
    definition = models.TextField(blank=True, default="", help_text="The definition as sent: ARNs in place of names.")
    alias_move = models.JSONField(
        null=True,
        blank=True,
        help_text="Where the alias led before this moved it, where to, and whether it leads back again.",
    )
    outcome = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="Which version has the calls since this deployment failed.",
    )

    is_gone = False  # deleted in AWS, as last compared; selectors that show it put it here
    is_in_force = False  # of several of one revision the one to call live, where a start's look has the mark

    class Meta:
        ordering = ["-requested_at", "-id"]
        permissions = [("deploy", "Can deploy a revision to an environment")]
        constraints = [
            models.CheckConstraint(
                name="deployment_of_one_thing",
                condition=Q(
                    function__isnull=True,
                    function_revision__isnull=True,
                    workflow__isnull=False,
                    workflow_revision__isnull=False,
                )
                | Q(
                    function__isnull=False,
                    function_revision__isnull=False,
                    workflow__isnull=True,
                    workflow_revision__isnull=True,
                ),
            ),
            models.UniqueConstraint(
                fields=["environment", "function"],
                condition=Q(is_live=True, function__isnull=False),
                name="one_live_function",
            ),
            models.UniqueConstraint(
                fields=["environment", "workflow"],
                condition=Q(is_live=True, workflow__isnull=False),
                name="one_live_workflow",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(status__in=["requested", "running"]), name="deployment_due"
            ),
        ]

    def __str__(self) -> str:
        if self.removes:
            return f"Deletion of {self.function} in {self.environment}"
        return f"{self.revision} to {self.environment}"

    @property
    def revision(self) -> FunctionRevision | WorkflowRevision:
        """What is deployed."""
        revision = self.function_revision or self.workflow_revision
        assert revision is not None  # noqa: S101 - the check constraint above
        return revision

    @property
    def status_now(self) -> Status:
        """The status with its label and tone; nothing was deployed where it was found there."""
        if self.is_found:
            return IMPORT["succeeded"]
        return (REMOVAL if self.removes else DEPLOYMENT)[self.status]

    @property
    def name_there(self) -> str:
        """What the function or state machine is called in AWS; empty until that is known."""
        return self.resource_arn.rpartition(":")[2]

    @property
    def has_strayed(self) -> bool:
        """Failed, with the alias moved and not moved back: what was not deployed may have the calls."""
        return self.status == "failed" and self.alias_move is not None and not self.alias_move.get("is_back")


class DeploymentStep(models.Model):
    """One thing a deployment asked about and, where needed, changed."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    status = models.CharField(max_length=12, choices=choices(STEP), default="running")
    detail = models.TextField(blank=True, default="")
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["deployment", "position"], name="one_step_per_position")]

    def __str__(self) -> str:
        return self.name

    @property
    def status_now(self) -> Status:
        """The status with its label and tone."""
        return STEP[self.status]
