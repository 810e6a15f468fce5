"""The steps that take a function out of an environment: what calls it, itself, its role. Never what is not ours."""

from collections.abc import Iterator

from django.db.models import QuerySet

from workflows import policies, removals, triggers
from workflows.aws import errors, iam, lambda_
from workflows.jobs.deployments.parts import check_ours
from workflows.jobs.deployments.steps import NotShown, Refusal, Step, patience
from workflows.jobs.deployments.triggers import others, steps_of
from workflows.jobs.deployments.triggers.bases import TriggerSteps
from workflows.jobs.targets import target_of
from workflows.models import Deployment, Drift, Trigger
from workflows.places import log_group_of, place_of
from workflows.policies import ALIAS, OWNER_TAG
from workflows.services import removals as service
from workflows.triggers import TriggerDefinition


def removal_steps(deployment: Deployment) -> list[Step]:
    """The steps for a deployment that takes a function away."""
    return _RemovalSteps(deployment).steps()


def note_removed(deployment: Deployment) -> None:
    """It is gone there: nothing is live, versions may be counted anew, and nothing is compared."""
    assert deployment.function is not None  # noqa: S101 - by the caller's choice
    same = Deployment.objects.filter(environment=deployment.environment, function=deployment.function)
    same.update(is_live=False, version_arn="")
    Drift.objects.filter(environment=deployment.environment, function=deployment.function).delete()
    service.settle(deployment.function)


class _RemovalSteps:
    def __init__(self, deployment: Deployment) -> None:
        assert deployment.function is not None  # noqa: S101 - by the caller's choice
        self._deployment, self._function = deployment, deployment.function
        self._environment = deployment.environment
        self._target = target_of(deployment.environment, by=deployment.requested_by)
        self._place = place_of(deployment.environment)
        self._name = self._place.function_name(self._function.name)
        self._role = self._place.role_name("function", self._function.name)
        self._set_up, self._former = self._read_triggers()

    @property
    def _rows(self) -> QuerySet[Trigger]:
        return Trigger.objects.filter(environment=self._environment, function=self._function)

    def steps(self) -> list[Step]:
        """What calls it first, so that nothing calls into the void; its role last, for it runs as that."""
        return [
            Step("What uses it", self._is_unused, lambda: ""),
            *self._trigger_steps(),
            Step("Function", self._function_is_gone, self._delete_function),
            Step("Permissions of the role", self._policy_is_gone, self._delete_policy),
            Step("Execution role", self._role_is_gone, self._delete_role),
            Step("Log group", self._keep_log, lambda: ""),
            Step("Read back", self._read_back, self._differs),
        ]

    def _trigger_steps(self) -> Iterator[Step]:
        for one in self._set_up:
            yield from one.away()

    def _read_triggers(self) -> tuple[list[TriggerSteps], list[TriggerSteps]]:
        """Those there are, and those that an attempt which was cut short may have taken away."""
        there = [triggers.read(row.definition) for row in self._rows]
        keys, revision = {one.key for one in there}, self._deployment.function_revision
        former = [one for one in triggers.read_all(revision.triggers) if one.key not in keys] if revision else []
        return [self._steps_of(one) for one in there], [self._steps_of(one) for one in former]

    def _steps_of(self, wanted: TriggerDefinition) -> TriggerSteps:
        return steps_of(self._deployment, self._target, wanted)

    # ---- whether it may go

    def _is_unused(self) -> str:
        if uses := removals.uses(self._function):
            told = ", ".join(map(str, uses))
            raise Refusal("StillUsed", f"It is used by {told}.", "Take it out of those first, then delete it again.")
        found = lambda_.get_function(self._target, self._name)
        if found is None:
            return "The function is gone from AWS already"
        if self._is_foreign(found):
            return f"{self._name} was never made here: it stays"
        check_ours(f"The function {self._name}", found.tags, self._environment)
        if callers := list(dict.fromkeys(self._others())):
            raise Refusal(
                "CalledByOthers",
                f"What was not set up here calls it: {'; '.join(callers)}.",
                "Take that away in AWS first, then delete it again.",
            )
        return "Nothing else calls it"

    def _is_foreign(self, found: lambda_.Function) -> bool:
        """Whether it has a name we wanted, and no deployment from here ever got further than to see that."""
        rows = Deployment.objects.filter(environment=self._environment, function=self._function, removes=False)
        is_ours = found.tags.get(OWNER_TAG) == str(self._environment.install)
        return not is_ours and not rows.filter(is_found=False, status="succeeded").exists()

    def _others(self) -> Iterator[str]:
        """What calls it in AWS beside the triggers that were set up here."""
        rows, alias = list(self._rows), self._place.alias_arn(self._function.name)
        for qualifier in (ALIAS, None):
            yield from map(str, others.grants(self._target, self._name, qualifier, rows))
        for function in (alias, self._name):
            for one in others.mappings(self._target, function, alias, rows):
                yield f"it is handed what is found in {others.source_of(one)}"

    # ---- the function

    def _function_is_gone(self) -> str | None:
        found = lambda_.get_function(self._target, self._name)
        if found is None:
            return "There is none of that name"
        return f"{self._name} is not ours, and stays" if self._is_foreign(found) else None

    def _delete_function(self) -> str:
        found = lambda_.get_function(self._target, self._name)
        if found is None:
            return "It has just gone"
        check_ours(f"The function {self._name}", found.tags, self._environment)
        published = sum(one.version != "$LATEST" for one in lambda_.list_versions(self._target, self._name))
        lambda_.delete_function(self._target, self._name)
        self._wait_until_gone()
        versions = f"{published} published {'version' if published == 1 else 'versions'}"
        return f"Deleted {self._name}, the alias {ALIAS} and {versions}"

    def _wait_until_gone(self) -> None:
        for _ in patience():
            if self._function_is_gone():
                return
        raise NotShown("AWS still shows the function.")

    # ---- the role

    def _policy_is_gone(self) -> str | None:
        role = iam.get_role(self._target, self._role)
        if role is None:
            return "There is no role made for it"
        check_ours(f"The role {self._role}", role.tags, self._environment)
        found = iam.get_policy(self._target, self._role, policies.POLICY_NAME)
        return None if found else "It has none from here"

    def _delete_policy(self) -> str:
        iam.delete_policy(self._target, self._role, policies.POLICY_NAME)
        return f"Took the policy {policies.POLICY_NAME} away"

    def _role_is_gone(self) -> str | None:
        role = iam.get_role(self._target, self._role)
        if role is not None:
            check_ours(f"The role {self._role}", role.tags, self._environment)
            return None
        return "There is no role made for it"

    def _delete_role(self) -> str:
        try:
            iam.delete_role(self._target, self._role)
        except errors.Conflict as error:
            raise Refusal(
                "RoleHasMore",
                f"The role {self._role} has policies that were not put there from here: {error.message}",
                "Take them off in AWS, then delete it again: the function itself is gone.",
            ) from error
        return f"Deleted {self._role}"

    def _keep_log(self) -> str:
        return f"{log_group_of(self._function, self._environment)} stays, with what was logged"

    # ---- reading back

    def _read_back(self) -> str | None:
        self._left = [
            *([f"the function {self._name}"] if self._function_is_gone() is None else []),
            *([f"the role {self._role}"] if iam.get_role(self._target, self._role) else []),
            *(f"the trigger {triggers.read(row.definition).title}" for row in self._rows),
        ]
        return None if self._left else f"AWS has nothing of it any more that was made here{self._what_stays()}"

    def _what_stays(self) -> str:
        staying = list(dict.fromkeys(left for one in (*self._set_up, *self._former) if (left := one.left())))
        return f", but {' and '.join(staying)}" if staying else ""

    def _differs(self) -> str:
        for _ in patience():
            if told := self._read_back():
                return told
        raise NotShown(f"There still is {', '.join(self._left)}.")
