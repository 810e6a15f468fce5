"""The steps that bring a function's revision to AWS: role, permissions, code, configuration, version, alias."""

from collections.abc import Iterator

from workflows import policies, selectors
from workflows.aws import errors, lambda_
from workflows.jobs.deployments.moves import note_move
from workflows.jobs.deployments.parts import RoleWanted, check_ours, owner_tags, role_steps
from workflows.jobs.deployments.smoke_tests import SmokeTest
from workflows.jobs.deployments.steps import NotShown, NotYet, Refusal, Step, patience
from workflows.jobs.deployments.triggers import check_steps, source_steps, trigger_steps
from workflows.jobs.targets import target_of
from workflows.models import Deployment, Drift, Function, FunctionRevision
from workflows.places import place_of
from workflows.policies import ALIAS, Place


def function_steps(deployment: Deployment) -> list[Step]:
    """The steps for a deployment of a function."""
    revision = deployment.function_revision
    assert revision is not None  # noqa: S101 - by the caller's choice of steps
    return _FunctionSteps(deployment, revision).steps()


def wanted_configuration(revision: FunctionRevision, role_arn: str, place: Place) -> lambda_.Configuration:
    """What a function that runs `revision` as `role_arn` is to be set to."""
    return lambda_.Configuration(
        runtime=revision.runtime,
        handler=revision.handler,
        role_arn=role_arn,
        memory_mb=revision.memory_mb,
        timeout_s=revision.timeout_s,
        environment={name: policies.put_names(value, place) for name, value in revision.environment.items()},
        layers=tuple(revision.layers),
        storage_mb=revision.storage_mb,
        dead_letter_arn=revision.dead_letter_arn,
    )


class _FunctionSteps:
    def __init__(self, deployment: Deployment, revision: FunctionRevision) -> None:
        self._deployment, self._revision = deployment, revision
        self._environment = deployment.environment
        self._target = target_of(deployment.environment, by=deployment.requested_by)
        self._place = place_of(deployment.environment)
        self._name = self._place.function_name(revision.function.name)
        self._live = self._shared_with()
        policy = selectors.planned_policy(revision, deployment.environment)
        if self._live:  # both run under the one role
            policy = policies.together(self._live.policy or {}, policy)
        role = self._place.role_name("function", revision.function.name)
        wanted = RoleWanted(role, "lambda.amazonaws.com", policy)
        self._role = role_steps(deployment, self._target, wanted, revision.custom_role_arn)
        self._found: lambda_.Function | None = None

    def steps(self) -> list[Step]:
        return [
            Step("Runtime", self._runtime_is_so, self._refuse_runtime),
            *([] if self._live else check_steps(self._deployment, self._target)),
            *self._role.steps(),
            Step("Function", self._exists, self._create),
            Step("Code", self._code_is_so, self._update_code),
            Step("Configuration", self._configuration_is_so, self._update_configuration),
            Step("Tags", self._tags_are_so, self._put_tags),
            Step("Reserved concurrency", self._concurrency_is_so, self._reserve_concurrency),
            Step("Published version", self._version_is_so, self._publish),
            *self._smoke_steps(),
            *([] if self._live else source_steps(self._deployment, self._target)),
            Step(f"Alias {ALIAS}", self._alias_is_so, self._point_alias),
            *([] if self._live else [*self._on_failure_steps(), *trigger_steps(self._deployment, self._target)]),
            Step("Read back", self._read_back, self._differs),
        ]

    # ---- what it should be

    def _shared_with(self) -> Deployment | None:
        """What keeps the other calls, where this is to have a share of them."""
        if self._deployment.share is None:
            return None
        same = Deployment.objects.filter(environment=self._environment, function=self._deployment.function)
        return same.filter(is_live=True).first()

    @property
    def _wanted_alias(self) -> lambda_.Alias:
        live = self._live.version_arn.rpartition(":")[2] if self._live else self._version
        share = self._deployment.share
        if share is None or live == self._version:
            return lambda_.Alias(self._version)
        return lambda_.Alias(live, {self._version: share / 100})

    @property
    def _wanted(self) -> lambda_.Configuration:
        return wanted_configuration(self._revision, self._deployment.role_arn, self._place)

    @property
    def _code(self) -> lambda_.Code:
        return lambda_.Code(bytes(self._revision.package), self._revision.architecture)

    @property
    def _code_sha256(self) -> str:
        return lambda_.code_sha256(self._revision.package_sha256)

    @property
    def _tags(self) -> dict[str, str]:
        return {**self._revision.tags, **owner_tags(self._environment)}

    def _has_code(self, function: lambda_.Function) -> bool:
        return (function.code_sha256, function.architecture) == (self._code_sha256, self._revision.architecture)

    def _is_as_wanted(self, function: lambda_.Function | None) -> bool:
        return function is not None and self._has_code(function) and function.configuration == self._wanted

    # ---- the steps

    def _runtime_is_so(self) -> str | None:
        return self._revision.runtime if self._environment.capabilities.runtime(self._revision.runtime) else None

    def _refuse_runtime(self) -> str:
        """Asked for before the environment lost it: an emulator that answers as if it had run is worse than none."""
        refusal = self._environment.capabilities.runtime(self._revision.runtime).refusal
        raise Refusal("RuntimeNotHere", refusal, "Save the function with another runtime and deploy that.")

    def _exists(self) -> str | None:
        self._found = lambda_.get_function(self._target, self._name)
        if self._found is None:
            return None
        check_ours(f"The function {self._name}", self._found.tags, self._environment)
        self._settled()
        return self._found.arn

    def _create(self) -> str:
        try:
            lambda_.create_function(
                self._target,
                name=self._name,
                code=self._code,
                configuration=self._wanted,
                tags=self._tags,
            )
        except errors.Invalid as error:
            if "cannot be assumed" in error.message:
                raise NotYet("AWS does not let Lambda assume the new role yet.") from error
            raise
        self._settled()
        return f"Made {self._name}"

    def _code_is_so(self) -> str | None:
        return f"sha256 {self._code_sha256}" if self._has_code(self._settled()) else None

    def _update_code(self) -> str:
        lambda_.update_code(self._target, self._name, self._code)
        self._settled()
        return f"sha256 {self._code_sha256}, for {self._revision.architecture}"

    def _configuration_is_so(self) -> str | None:
        return "As wanted" if self._settled().configuration == self._wanted else None

    def _update_configuration(self) -> str:
        lambda_.update_configuration(self._target, self._name, self._wanted)
        self._settled()
        return f"{self._wanted.memory_mb} MB, {self._wanted.timeout_s} s, {self._wanted.runtime}"

    def _tags_are_so(self) -> str | None:
        return "As wanted" if self._settled().tags == self._tags else None

    def _put_tags(self) -> str:
        """What AWS itself put there stays; what an earlier revision wanted goes."""
        function = self._settled()
        gone = [name for name in function.tags if name not in self._tags and not name.startswith("aws:")]
        lambda_.tag(self._target, function.arn, self._tags, without=gone)
        return ", ".join(sorted(self._tags))

    def _concurrency_is_so(self) -> str | None:
        wanted = self._revision.concurrency
        if self._settled().concurrency != wanted:
            return None
        return "None is reserved" if wanted is None else f"{wanted} reserved"

    def _reserve_concurrency(self) -> str:
        wanted = self._revision.concurrency
        lambda_.reserve_concurrency(self._target, self._name, wanted)
        return "The reservation is taken away" if wanted is None else f"{wanted} reserved"

    def _version_is_so(self) -> str | None:
        live = lambda_.get_function(self._target, self._name, ALIAS)
        versions = [live] if self._is_as_wanted(live) else lambda_.list_versions(self._target, self._name)
        same = [one for one in versions if one and one.version != "$LATEST" and self._is_as_wanted(one)]
        if not same:
            return None
        self._version = same[-1].version
        return f"Version {self._version}"

    def _publish(self) -> str:
        self._version = lambda_.publish_version(self._target, self._name)
        return f"Version {self._version}"

    def _alias_is_so(self) -> str | None:
        self._alias = lambda_.get_alias(self._target, self._name, ALIAS)
        return self._alias_in_words() if self._alias == self._wanted_alias else None

    def _alias_in_words(self) -> str:
        wanted = self._wanted_alias
        if not wanted.weights:
            return f"Leads to version {wanted.version}"
        return f"Leads to version {wanted.version}, with {self._deployment.share} % of the calls to {self._version}"

    def _point_alias(self) -> str:
        note_move(self._deployment, self._alias, self._wanted_alias)
        lambda_.point_alias(self._target, self._name, ALIAS, self._wanted_alias, exists=self._alias is not None)
        return self._alias_in_words()

    def _smoke_steps(self) -> list[Step]:
        function = Function.objects.select_related("smoke_test").get(pk=self._revision.function_id)
        payload = function.smoke_test  # as chosen by now
        if payload is None or self._revision.concurrency == 0:  # which lets nothing run, a test neither
            return []
        test = SmokeTest(self._deployment, self._revision, self._target, payload)
        arn = self._place.function_arn(self._revision.function.name)

        def is_so() -> str | None:
            alias = lambda_.get_alias(self._target, self._name, ALIAS)
            if alias is not None and alias.version == self._version:
                return f"Version {self._version} has calls already"
            return test.passed()

        return [Step(f"Smoke test: {payload.name}"[:80], is_so, lambda: test.run(f"{arn}:{self._version}"))]

    def _on_failure_steps(self) -> list[Step]:
        """None where no revision that was brought here ever named a destination, nor somebody else set any of it."""
        same = {"environment": self._environment, "function": self._deployment.function}
        was_named = Deployment.objects.filter(**same).exclude(function_revision__on_failure_arn="").exists()
        drift = Drift.objects.filter(**same).first()
        if not was_named and not (drift and drift.has_other_event_invoke_config):
            return []
        return [Step("On-failure destination", self._on_failure_is_so, self._set_on_failure)]

    def _on_failure_is_so(self) -> str | None:
        is_now = lambda_.event_invoke_config(self._target, self._name, ALIAS)
        wanted = lambda_.EventInvokeConfig(self._revision.on_failure_arn)
        return (is_now.on_failure or "None") if is_now == wanted else None

    def _set_on_failure(self) -> str:
        wanted = self._revision.on_failure_arn
        lambda_.set_on_failure(self._target, self._name, ALIAS, wanted)
        return wanted or "Taken away"

    def _read_back(self) -> str | None:
        alias = lambda_.get_alias(self._target, self._name, ALIAS)
        runs = lambda_.get_function(self._target, self._name, self._version if self._live else ALIAS)
        self._seen = tuple(self._differences(runs, alias))
        if self._seen:
            return None
        self._role.read_back()
        self._deployment.resource_arn = self._place.function_arn(self._revision.function.name)
        self._deployment.version_arn = f"{self._deployment.resource_arn}:{self._version}"
        return "What AWS has is what was wanted"

    def _differences(self, runs: lambda_.Function | None, alias: lambda_.Alias | None) -> Iterator[str]:
        if alias != self._wanted_alias:
            yield f"alias {ALIAS} leads to {f'version {alias.version}' if alias else 'nothing'}"
        if runs is None:
            yield "there is no such version"
            return
        if not self._has_code(runs):
            yield f"the code of version {runs.version} is sha256 {runs.code_sha256}, for {runs.architecture}"
        if runs.configuration != self._wanted:
            yield f"version {runs.version} is configured otherwise"

    def _differs(self) -> str:
        for _ in patience():
            if told := self._read_back():
                return told
        raise NotShown(f"What AWS shows is not what was wanted: {'; '.join(self._seen)}.")

    # ---- waiting

    def _settled(self) -> lambda_.Function:
        """The function as it is now. Raises NotYet while AWS is still at it, Refusal when it says that it failed."""
        for _ in patience():
            self._found = lambda_.get_function(self._target, self._name)
            if self._found is not None and self._found.has_failed:
                raise Refusal("FunctionFailed", self._found.reason, "Mend what AWS names, then deploy again.")
            if self._found is not None and self._found.is_settled:
                return self._found
        raise NotYet("AWS is still preparing the function.")
