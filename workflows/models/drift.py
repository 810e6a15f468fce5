"""How what is live in AWS compares with what was deployed there, as a worker last saw it."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from workflows.encryption import Unreadable
from workflows.models.environments import Environment
from workflows.models.fields import EncryptedJSONField
from workflows.models.functions import Function
from workflows.models.workflows import Workflow
from workflows.policies import OWNER_TAG

DELETED = "deleted in AWS"
NOT_SO = "not so in AWS"
# What somebody added in AWS: deploying again leaves it.
OTHER_POLICIES = "Other policies of the role"
OTHER_CALLERS = "Who else may call it"
OTHER_SOURCES = "What else is handed to it"
# What becomes of asynchronous calls.
ON_FAILURE = "On-failure destination"
RETRIES = "Retries of asynchronous calls"
AGE = "Age of asynchronous calls"
ADDED = (OTHER_POLICIES, OTHER_CALLERS, OTHER_SOURCES)
# Without it nothing of a function or state machine is changed from here.
OWNER = f"Tag {OWNER_TAG}"


class Drift(models.Model):
    """One function or workflow in one environment. `differs_since` is empty while AWS has what was deployed."""

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="drifts")
    function = models.ForeignKey(Function, null=True, blank=True, on_delete=models.CASCADE, related_name="drifts")
    workflow = models.ForeignKey(Workflow, null=True, blank=True, on_delete=models.CASCADE, related_name="drifts")
    checked_at = models.DateTimeField(null=True, blank=True, help_text="When AWS was last compared.")
    differs_since = models.DateTimeField(null=True, blank=True, help_text="When it was first seen to differ.")
    is_gone = models.BooleanField(default=False, help_text="Deleted in AWS.")
    # Encrypted, for values of environment variables are among them.
    differences = EncryptedJSONField(default=list, blank=True, help_text="Field, deployed, live and since when.")
    fingerprint = models.CharField(max_length=64, blank=True, default="", help_text="SHA-256 of the differences.")
    problem = models.TextField(blank=True, default="", help_text="Why it could not be compared when last tried.")
    accept_asked_at = models.DateTimeField(null=True, blank=True, help_text="Somebody takes what is live as it is.")
    accept_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    accept_note = models.CharField(max_length=200, blank=True, default="")
    accept_seen = models.CharField(max_length=64, blank=True, default="", help_text="Fingerprint they decided by.")
    accept_problem = models.TextField(blank=True, default="", help_text="Why it was not accepted.")
    next_check_at = models.DateTimeField(null=True, blank=True, help_text="When a worker should look at it.")
    claimed_until = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="drift_of_one_thing",
                condition=Q(function__isnull=True, workflow__isnull=False)
                | Q(function__isnull=False, workflow__isnull=True),
            ),
            models.UniqueConstraint(fields=["environment", "function"], name="one_drift_per_function"),
            models.UniqueConstraint(fields=["environment", "workflow"], name="one_drift_per_workflow"),
        ]
        indexes = [
            models.Index(fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="drift_due"),
            models.Index(fields=["environment"], condition=Q(differs_since__isnull=False), name="drift_found"),
        ]

    def __str__(self) -> str:
        return f"{self.thing} in {self.environment}"

    @property
    def thing(self) -> Function | Workflow:
        """What is compared."""
        found = self.function or self.workflow
        assert found is not None  # noqa: S101 - the check constraint above
        return found

    @property
    def differs(self) -> bool:
        """Whether AWS has something else than what was deployed."""
        return self.differs_since is not None

    @property
    def lacks_role(self) -> bool:
        """Whether the role it runs as was deleted in AWS."""
        return any(one["field"].startswith("Role ") and one["live"] == DELETED for one in self.readable)

    @property
    def has_other_rights(self) -> bool:
        """Whether its role may do something else in AWS than was deployed, or is another; or whether others call it."""
        fields = ("Permissions of the role", "Who may assume the role", "Role", OTHER_POLICIES, OTHER_CALLERS)
        return any(one["field"] in fields for one in self.readable)

    @property
    def has_other_event_invoke_config(self) -> bool:
        """Whether somebody says otherwise what becomes of asynchronous calls."""
        return any(one["field"] in (ON_FAILURE, RETRIES, AGE) for one in self.readable)

    @property
    def has_additions(self) -> bool:
        """Whether some of what differs was added in AWS, and stays there when it is deployed again."""
        return any(one["field"] in ADDED for one in self.readable)

    @property
    def can_be_put_back(self) -> bool:
        """Whether deploying again mends anything of what differs."""
        return not self.is_disowned and any(one["field"] not in ADDED for one in self.readable)

    @property
    def is_disowned(self) -> bool:
        """Whether somebody took away the tag that says it is ours."""
        return any(one["field"] == OWNER for one in self.readable)

    @property
    def thrown_back(self) -> list[str]:
        """What of it no revision can say: accepting the rest puts it back."""
        return [one["field"] for one in self.readable if not one["is_acceptable"] and one["field"] not in ADDED]

    @property
    def readable(self) -> list[dict[str, Any]]:
        """The differences; none where their key is lost: the next comparison writes them anew."""
        try:
            found: list[dict[str, Any]] = self.differences
        except Unreadable:
            return []
        return found

    @property
    def is_pending(self) -> bool:
        """Whether a worker is asked to look."""
        return self.next_check_at is not None

    @property
    def can_be_accepted(self) -> bool:
        """Whether anything of what differs can become a revision, and that be deployed."""
        return not self.is_disowned and any(one["is_acceptable"] for one in self.readable)

    @property
    def version(self) -> str:
        """Differs whenever what is shown of it would."""
        checked = int(self.checked_at.timestamp()) if self.checked_at and not self.differs else ""
        states = (self.is_pending, self.accept_asked_at is not None, bool(self.problem), bool(self.accept_problem))
        return f"{self.pk}.{self.fingerprint[:12]}.{''.join(f'{one:d}' for one in states)}.{checked}"
