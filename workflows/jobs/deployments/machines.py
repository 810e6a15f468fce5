"""The steps that bring a workflow's revision to AWS: functions there, role, definition, version, alias."""

from workflows import policies
from workflows.aws import errors, stepfunctions
from workflows.jobs.deployments.parts import RoleWanted, check_ours, owner_tags, role_steps
from workflows.jobs.deployments.steps import NotShown, NotYet, Refusal, Step, patience
from workflows.jobs.targets import target_of
from workflows.models import Deployment, WorkflowRevision
from workflows.places import place_of
from workflows.policies import ALIAS


def machine_steps(deployment: Deployment) -> list[Step]:
    """The steps for a deployment of a workflow."""
    revision = deployment.workflow_revision
    assert revision is not None  # noqa: S101 - by the caller's choice of steps
    return _MachineSteps(deployment, revision).steps()


class _MachineSteps:
    def __init__(self, deployment: Deployment, revision: WorkflowRevision) -> None:
        self._deployment, self._revision = deployment, revision
        self._environment = deployment.environment
        self._target = target_of(deployment.environment, by=deployment.requested_by)
        self._place = place_of(deployment.environment)
        self._name = self._place.machine_name(revision.workflow.name)
        self._arn = self._place.machine_arn(revision.workflow.name)
        self._definition = policies.put_arns(revision.definition, self._place)
        policy = policies.of_workflow(revision.workflow.name, revision.definition, self._place)
        role = self._place.role_name("workflow", revision.workflow.name)
        wanted = RoleWanted(role, "states.amazonaws.com", policy)
        self._role = role_steps(deployment, self._target, wanted, revision.custom_role_arn)
        self._found: stepfunctions.Machine | None = None

    def steps(self) -> list[Step]:
        return [
            Step("Functions it names", self._functions_are_live, self._wait_for_functions),
            Step("Definition, as AWS checks it", self._is_valid, self._refuse),
            *self._role.steps(),
            Step("State machine", self._machine_is_so, self._put_machine),
            Step("Published version", self._version_is_so, self._publish),
            Step(f"Alias {ALIAS}", self._alias_is_so, self._point_alias),
            Step("Read back", self._read_back, self._differs),
        ]

    # ---- before anything is changed

    def _functions_are_live(self) -> str | None:
        names = policies.names_in(self._revision.definition)
        deployments = Deployment.objects.filter(environment=self._environment, function__name__in=names)
        live = set(deployments.filter(is_live=True, is_found=False).values_list("function__name", flat=True))
        coming = deployments.filter(status__in=["requested", "running"]).values_list("function__name", flat=True)
        self._missing = sorted(set(names) - live)
        self._coming = sorted(set(self._missing) & set(coming))
        return None if self._missing else (", ".join(names) or "It names none")

    def _wait_for_functions(self) -> str:
        if self._coming == self._missing:
            raise NotYet(f"Waiting for {', '.join(self._coming)} to be deployed.")
        missing = ", ".join(name for name in self._missing if name not in self._coming)
        raise Refusal(
            "FunctionNotDeployed",
            f"Not deployed to {self._environment}: {missing}.",
            "Deploy the functions first (also those that were imported: what is called is their alias "
            f"{ALIAS}), then this workflow again.",
        )

    def _is_valid(self) -> str | None:
        verdict = stepfunctions.validate_definition(self._target, self._definition, self._revision.type)
        if verdict is None:
            return "This AWS does not check definitions; Signalbox's own checks passed"
        self._problems = verdict.problems
        return None if self._problems else "AWS finds nothing wrong"

    def _refuse(self) -> str:
        code, message, location = self._problems[0]
        advice = "Mend the definition, save it as a new revision and deploy that."
        raise Refusal(code, f"{message} ({location})", advice)

    # ---- the machine

    def _machine_is_so(self) -> str | None:
        self._found = stepfunctions.describe_machine(self._target, self._arn)
        if self._found is None:
            return None
        check_ours(f"The state machine {self._name}", self._found.tags, self._environment)
        if self._found.type != self._revision.type:
            raise Refusal(
                "TypeCannotChange",
                f"The state machine in AWS is {self._found.type}; AWS never changes that.",
                f"Delete {self._name} in AWS, or save this as a workflow of another name.",
            )
        return self._arn if (self._found.definition, self._found.role_arn) == self._wanted else None

    @property
    def _wanted(self) -> tuple[str, str]:
        """The definition, and the role it runs as."""
        return self._definition, self._deployment.role_arn

    def _put_machine(self) -> str:
        wanted = {"definition": self._definition, "role_arn": self._deployment.role_arn}
        try:
            if self._found is not None:
                stepfunctions.update_machine(self._target, self._arn, **wanted)
                return f"Updated {self._arn}"
            made = {"name": self._name, "type": self._revision.type, "tags": owner_tags(self._environment)}
            stepfunctions.create_machine(self._target, **made, **wanted)  # type: ignore[arg-type]
        except errors.Denied as error:
            # AWS says AccessDenied while Step Functions cannot assume a role that was made a moment ago.
            if "assume" in error.message.lower():
                raise NotYet("AWS does not let Step Functions assume the new role yet.") from error
            raise
        return f"Made {self._arn}"

    def _version_is_so(self) -> str | None:
        for version_arn in stepfunctions.machine_versions(self._target, self._arn):
            if stepfunctions.version_content(self._target, version_arn) == self._wanted:
                self._deployment.version_arn = version_arn
                return version_arn
        return None

    def _publish(self) -> str:
        self._deployment.version_arn = stepfunctions.publish_machine_version(self._target, self._arn)
        return self._deployment.version_arn

    def _alias_is_so(self) -> str | None:
        self._alias = stepfunctions.machine_alias(self._target, f"{self._arn}:{ALIAS}")
        return f"Leads to {self._alias}" if self._alias == self._deployment.version_arn else None

    def _point_alias(self) -> str:
        version_arn = self._deployment.version_arn
        stepfunctions.point_machine_alias(
            self._target, f"{self._arn}:{ALIAS}", version_arn, exists=self._alias is not None
        )
        return f"Leads to {version_arn}"

    def _read_back(self) -> str | None:
        found = stepfunctions.describe_machine(self._target, self._arn)
        alias = stepfunctions.machine_alias(self._target, f"{self._arn}:{ALIAS}")
        if found is None or (found.definition, found.role_arn) != self._wanted:
            return None
        if alias != self._deployment.version_arn:
            return None
        self._role.read_back()
        self._deployment.resource_arn = self._arn
        self._deployment.definition = self._definition
        return "What AWS has is what was wanted"

    def _differs(self) -> str:
        for _ in patience():
            if told := self._read_back():
                return told
        raise NotShown("AWS does not show the definition that was put, or the alias that was moved.")
