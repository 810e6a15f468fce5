"""Where a deployment of a function failed: its alias leads back to where it led, or it is said who has the calls now.

What was live is what the alias leads to: a role that lost what that needs, or a destination of its failures that is
another now, come back along with it. Its triggers do not: those tell themselves what became of each.
"""

from dataclasses import asdict

from workflows.aws import errors, lambda_
from workflows.aws.clients import Target
from workflows.jobs.deployments.parts import RoleSteps, RoleWanted
from workflows.jobs.deployments.steps import NotYet, Refusal, Step, carry_out_more
from workflows.jobs.targets import target_of
from workflows.models import Deployment
from workflows.places import place_of
from workflows.policies import ALIAS
from workflows.services import activity

SERVICE = "lambda.amazonaws.com"


def note_move(deployment: Deployment, before: lambda_.Alias | None, to: lambda_.Alias) -> None:
    """Keep where the alias led, before it is moved; of several attempts what the first one found."""
    was = deployment.alias_move["from"] if deployment.alias_move else before and asdict(before)
    deployment.alias_move = {"from": was, "to": asdict(to)}
    Deployment.objects.filter(pk=deployment.pk).update(alias_move=deployment.alias_move)


def move_back(deployment: Deployment) -> str:
    """Undo what a failed deployment did to its function's alias, if it did; give a sentence on who has the calls."""
    if deployment.function_revision is None or deployment.removes:
        return ""
    back = _Back(deployment)
    try:
        return back.move()
    except (errors.AwsError, Refusal, NotYet) as error:
        return back.could_not(error)


class _Back:
    def __init__(self, deployment: Deployment) -> None:
        assert deployment.function is not None  # noqa: S101 - by the caller's choice
        self._deployment, self._function = deployment, deployment.function
        self._place = place_of(deployment.environment)
        self._name = self._place.function_name(self._function.name)
        self._target: Target = target_of(deployment.environment, by=deployment.requested_by)
        same = Deployment.objects.filter(environment=deployment.environment, function=self._function)
        self._earlier = same.filter(status="succeeded", removes=False).order_by("-pk")
        self._found: lambda_.Alias | None = None

    def move(self) -> str:
        moved = self._deployment.alias_move
        if moved is None:
            return self._as_it_is()
        self._found = lambda_.get_alias(self._target, self._name, ALIAS)
        before, to = lambda_.Alias(**moved["from"]) if moved["from"] else None, lambda_.Alias(**moved["to"])
        if self._found is None:
            return f"There is no alias {ALIAS} now: nothing has the calls."
        if before is None:
            return f"{self._leads(self._found)}: nothing was live before that it could be moved back to."
        if self._found not in (before, to):
            return f"{self._leads(self._found)}, which is not where this deployment moved it: it is left so."
        if self._found != before or not moved.get("is_back"):
            carry_out_more(self._deployment, self._steps(before))
            self._note(before, to)
        return f"Alias {ALIAS} moved back to {self._in_words(before)}.{self._of_triggers()}"

    def could_not(self, error: Exception) -> str:
        """What is known of who has the calls where AWS would not do it."""
        moved = self._deployment.alias_move
        if moved is None:
            return ""
        said = str(error).rstrip(".")
        which = self._in_words(self._found or lambda_.Alias(**moved["to"]))
        return f"Alias {ALIAS} could not be moved back ({said}): {which} has the calls now."

    def _as_it_is(self) -> str:
        """It failed before the alias. What was never deployed from here may be somebody else's."""
        if not self._earlier.exists():
            return ""
        found = lambda_.get_alias(self._target, self._name, ALIAS)
        return f"Alias {ALIAS} was not moved: it leads to {self._in_words(found)}." if found else ""

    def _steps(self, before: lambda_.Alias) -> list[Step]:
        """Rights first, so that what gets the calls may do what it does."""
        was = self._earlier.select_related("function_revision").first()
        steps: list[Step] = []
        if was is not None and was.policy is not None:
            role = self._place.role_name("function", self._function.name)
            permissions = RoleSteps(self._deployment, self._target, RoleWanted(role, SERVICE, was.policy)).steps()[1]
            steps.append(Step("Back: permissions of the role", permissions.is_so, permissions.change))
        steps.append(Step(f"Back: alias {ALIAS}", lambda: self._leads_to(before), lambda: self._point(before)))
        if was is not None and was.function_revision is not None:
            wanted = was.function_revision.on_failure_arn
            steps.append(
                Step(
                    "Back: on-failure destination",
                    lambda: (
                        "As it was"
                        if lambda_.event_invoke_config(self._target, self._name, ALIAS).on_failure == wanted
                        else None
                    ),
                    lambda: self._fail_to(wanted),
                )
            )
        return steps

    def _leads_to(self, before: lambda_.Alias) -> str | None:
        self._found = lambda_.get_alias(self._target, self._name, ALIAS)
        return f"Leads to version {before.version}" if self._found == before else None

    def _point(self, before: lambda_.Alias) -> str:
        lambda_.point_alias(self._target, self._name, ALIAS, before, exists=self._found is not None)
        told = self._leads_to(before)
        if told is None:
            raise NotYet("AWS does not show that the alias was moved back")
        return told

    def _fail_to(self, wanted: str) -> str:
        lambda_.set_on_failure(self._target, self._name, ALIAS, wanted)
        return wanted or "Taken away"

    def _note(self, before: lambda_.Alias, to: lambda_.Alias) -> None:
        self._deployment.alias_move = {"from": asdict(before), "to": asdict(to), "is_back": True}
        Deployment.objects.filter(pk=self._deployment.pk).update(alias_move=self._deployment.alias_move)
        led = {"before": {"version": to.version}, "after": {"version": before.version}}
        activity.record("deployment.move_back", self._deployment, by=None, **led)

    # ---- in words

    def _leads(self, to: lambda_.Alias) -> str:
        return f"Alias {ALIAS} leads to {self._in_words(to)}"

    def _in_words(self, alias: lambda_.Alias) -> str:
        shared = "".join(f", with {part:.0%} of the calls to version {one}" for one, part in alias.weights.items())
        return f"version {alias.version}{self._revision_of(alias.version)}{shared}"

    def _revision_of(self, version: str) -> str:
        rows = self._earlier.filter(version_arn__endswith=f":{version}").select_related("function_revision")
        row = rows.first()
        revision = row.function_revision if row else None
        if revision is None and version == self._own_version:
            revision = self._deployment.function_revision
        return f" (r{revision.number})" if revision else ""

    @property
    def _own_version(self) -> str:
        moved = self._deployment.alias_move
        to = lambda_.Alias(**moved["to"]) if moved else lambda_.Alias("")
        return next(iter(to.weights), to.version)

    def _of_triggers(self) -> str:
        was, revision = self._earlier.first(), self._deployment.function_revision
        before = was.function_revision if was else None
        if before is None or revision is None or before.triggers == revision.triggers:
            return ""
        return f" What calls it may have changed already: look at its triggers, or deploy r{before.number} again."
