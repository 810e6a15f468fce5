"""A function as it is live: read, compared with its deployment, and made a definition again. Only reads in AWS."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from workflows import archives, triggers
from workflows.aws import iam, lambda_
from workflows.aws.clients import Target
from workflows.jobs.deployments.functions import wanted_configuration
from workflows.jobs.drift import additions
from workflows.jobs.drift.differences import NONE, Difference, compared, document
from workflows.jobs.drift.triggers import look_at_triggers
from workflows.models import Deployment, FunctionRevision
from workflows.models.drift import AGE, DELETED, ON_FAILURE, RETRIES
from workflows.packaging import DefinitionProblem, FunctionDefinition, Package
from workflows.policies import ALIAS, OWNER_TAG, POLICY_NAME, Place, put_names, same, trust
from workflows.services import definitions
from workflows.triggers import TriggerDefinition, TriggerProblem

MARKS = ("aws:", "signalbox:")  # beginnings of tags that no definition names


@dataclass(frozen=True, slots=True)
class LiveFunction:
    """What calls would run: the version the alias leads to where somebody moved it, else the function itself."""

    runs: lambda_.Function | None
    qualifier: str | None
    differences: tuple[Difference, ...]
    triggers: tuple[TriggerDefinition, ...] = ()


def look(deployment: Deployment, target: Target, place: Place) -> LiveFunction:
    """Read the function of a live deployment, and say what differs. Raises AwsError."""
    revision = _revision(deployment)
    if deployment.is_found:
        return _look_at_found(deployment, revision, target, place)
    name = place.function_name(revision.function.name)
    found = lambda_.get_function(target, name)
    if found is None:
        gone = Difference(f"Function {name}", deployment.version_arn or str(revision), DELETED, is_acceptable=False)
        return LiveFunction(None, None, (gone,))
    alias = lambda_.get_alias(target, name, ALIAS)
    version = alias.version if alias else None
    deployed_version = deployment.version_arn.rpartition(":")[2]
    is_moved = version is not None and version != deployed_version
    is_elsewhere = is_moved or (version is not None and _left_by_a_failure(deployment, found, place))
    runs = (lambda_.get_function(target, name, version) if is_elsewhere else found) or found
    called = look_at_triggers(deployment, revision, target)
    differences = (
        *_of_content(revision, runs, found, place, deployment.role_arn),
        *compared(
            {f"Alias {ALIAS}": f"version {deployed_version}"},
            {f"Alias {ALIAS}": _led_to(alias)},
            is_acceptable=False,
        ),
        *_of_on_failure(revision, target, name),
        *_of_owner(found, deployment),
        *of_role(deployment, target, place.role_name("function", revision.function.name), "lambda.amazonaws.com"),
        *chain.from_iterable(one.differences for one in called),
        *additions.of_callers(deployment, revision.function, target),
    )
    taken = tuple(one.definition for one in called)
    return LiveFunction(runs, version if is_elsewhere else None, differences, taken)


def _look_at_found(deployment: Deployment, revision: FunctionRevision, target: Target, place: Place) -> LiveFunction:
    """The function as it is itself: what was imported has no alias of ours, no role and no trigger."""
    found = lambda_.get_function(target, deployment.resource_arn)
    if found is None:
        gone = Difference(f"Function {deployment.name_there}", str(revision), DELETED, is_acceptable=False)
        return LiveFunction(None, None, (gone,))
    is_ours = revision.function.name in place.functions
    differences = (
        *_of_content(revision, found, found, place, deployment.role_arn),
        *(_of_owner(found, deployment) if is_ours else ()),
    )
    return LiveFunction(found, None, differences)


def _left_by_a_failure(deployment: Deployment, found: lambda_.Function, place: Place) -> bool:
    """Whether the function itself is as a deployment that failed since has left it: then nobody else changed it.

    Calls go to the version that its alias leads to, which that did not touch. It may have come to the code alone.
    """
    since = Deployment.objects.filter(environment=deployment.environment, function=deployment.function)
    failed = (
        since.filter(status="failed", removes=False, pk__gt=deployment.pk).select_related("function_revision").first()
    )
    revisions = [one.function_revision for one in (deployment, failed) if one and one.function_revision]
    codes = [lambda_.code_sha256(one.package_sha256) for one in revisions]
    wanted = [wanted_configuration(one, deployment.role_arn, place) for one in revisions]
    return failed is not None and found.code_sha256 in codes and found.configuration in wanted


def of_role(deployment: Deployment, target: Target, name: str, service: str) -> Iterator[Difference]:
    """What differs in who may assume the role and in what it may do, where it was made here."""
    wanted = deployment.policy
    if wanted is None:
        return
    role = iam.get_role(target, name)
    if role is None:
        yield Difference(f"Role {name}", deployment.role_arn, DELETED, is_acceptable=False)
        return
    if not same(role.trust, trust(service)):
        yield Difference("Who may assume the role", document(trust(service)), document(role.trust), is_acceptable=False)
    found = iam.get_policy(target, name, POLICY_NAME)
    is_none = found is None and not wanted.get("Statement")
    if not is_none and not same(found, wanted):
        yield Difference("Permissions of the role", document(wanted), document(found), is_acceptable=False)
    yield from additions.of_role(target, name)


def _led_to(alias: lambda_.Alias | None) -> str:
    if alias is None:
        return DELETED
    shares = [f"{weight:.0%} to version {version}" for version, weight in sorted(alias.weights.items())]
    return ", ".join([f"version {alias.version}", *shares])


def _of_on_failure(revision: FunctionRevision, target: Target, name: str) -> Iterator[Difference]:
    """Retries and age are not part of a definition: AWS's own are wanted."""
    is_now = lambda_.event_invoke_config(target, name, ALIAS)
    retries, age_s = f"{lambda_.RETRIES}, AWS's own", f"{lambda_.AGE_S:,} s, AWS's own"
    wanted, live = ({ON_FAILURE: arn or NONE} for arn in (revision.on_failure_arn, is_now.on_failure))
    yield from compared(wanted, live)
    yield from compared(
        {RETRIES: retries, AGE: age_s},
        {
            RETRIES: retries if is_now.retries is None else str(is_now.retries),
            AGE: age_s if is_now.age_s is None else f"{is_now.age_s:,} s",
        },
        is_acceptable=False,
    )


def _of_owner(found: lambda_.Function, deployment: Deployment) -> Iterator[Difference]:
    install = str(deployment.environment.install)
    if found.tags.get(OWNER_TAG) != install:
        yield Difference(f"Tag {OWNER_TAG}", install, found.tags.get(OWNER_TAG, NONE), is_acceptable=False)


def _of_content(
    revision: FunctionRevision, runs: lambda_.Function, found: lambda_.Function, place: Place, role_arn: str
) -> Iterator[Difference]:
    """Tags and reserved concurrency belong to the function itself, all else to what runs."""
    wanted = wanted_configuration(revision, role_arn, place)
    deployed_code = f"sha256 {lambda_.code_sha256(revision.package_sha256)}"
    yield from compared({"Code": deployed_code}, {"Code": f"sha256 {runs.code_sha256}"})
    yield from compared(
        _settings(wanted, revision.architecture, revision.concurrency),
        _settings(runs.configuration, runs.architecture, found.concurrency),
    )
    variables = (
        {f"Environment {name}": value for name, value in one.environment.items()}
        for one in (wanted, runs.configuration)
    )
    yield from compared(*variables, is_secret=True)
    yield from compared(_tags(revision.tags), _tags(found.tags))


def _settings(one: lambda_.Configuration, architecture: str, concurrency: int | None) -> dict[str, str]:
    return {
        "Runtime": one.runtime or NONE,
        "Handler": one.handler or NONE,
        "Role": one.role_arn,
        "Memory": f"{one.memory_mb} MB",
        "Timeout": f"{one.timeout_s} s",
        "Architecture": architecture,
        "Ephemeral storage": f"{one.storage_mb} MB",
        "Layers": ", ".join(one.layers) or NONE,
        "Dead-letter target": one.dead_letter_arn or NONE,
        "Reserved concurrency": NONE if concurrency is None else str(concurrency),
    }


def _tags(tags: Mapping[str, str]) -> dict[str, str]:
    return {f"Tag {name}": value for name, value in own_tags(tags).items()}


def own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Those a definition may name."""
    return {name: value for name, value in tags.items() if not name.startswith(MARKS)}


# ---- what is live as a definition


def as_definition(
    deployment: Deployment, live: LiveFunction, target: Target, place: Place
) -> tuple[FunctionDefinition, Package]:
    """The function as it is live, with what only definitions know from the deployed one.

    Raises AwsError, and DefinitionProblem where its code cannot be taken.
    """
    revision, runs = _revision(deployment), live.runs
    assert runs is not None  # noqa: S101 - what is gone cannot be accepted
    now, known = runs.configuration, definitions.definition_of(revision)
    name = deployment.resource_arn if deployment.is_found else place.function_name(known.name)
    found = runs if live.qualifier is None else lambda_.get_function(target, name) or runs
    definition = replace(
        known,
        runtime=now.runtime,
        handler=now.handler,
        memory=now.memory_mb,
        timeout=now.timeout_s,
        environment=_named_again(now.environment, known.environment, place),
        architecture=runs.architecture,
        layers=now.layers,
        storage=now.storage_mb,
        concurrency=found.concurrency,
        dead_letter=now.dead_letter_arn,
        on_failure=_on_failure(live, known.on_failure),
        role=known.role if now.role_arn == deployment.role_arn else now.role_arn,
        tags=own_tags(found.tags),
        triggers=known.triggers if deployment.is_found else _read_again(live.triggers),
    )
    if runs.code_sha256 == lambda_.code_sha256(revision.package_sha256):
        return definition, Package(bytes(revision.package), revision.package_sha256)
    return definition, fetch_package(target, name, live.qualifier, runs.code_sha256)


def _on_failure(live: LiveFunction, known: str) -> str:
    told = next((one.live for one in live.differences if one.field == ON_FAILURE), known)
    return "" if told == NONE else told


def _read_again(called: Iterable[TriggerDefinition]) -> tuple[TriggerDefinition, ...]:
    try:
        return triggers.read_all([one.as_dict() for one in called])
    except TriggerProblem as problem:
        raise DefinitionProblem("triggers", str(problem)) from problem


def fetch_package(target: Target, name: str, qualifier: str | None, code_sha256: str) -> Package:
    """The code AWS runs, checked as any other package. Raises AwsError, DefinitionProblem."""
    content = lambda_.fetch_code(target, name, qualifier)
    package = Package(content, hashlib.sha256(content).hexdigest())
    if lambda_.code_sha256(package.sha256) != code_sha256:
        raise DefinitionProblem("package", "what could be fetched is not the code that runs (its SHA-256 is another)")
    archives.check(content)
    return package


def _named_again(live: Mapping[str, str], known: Mapping[str, str], place: Place) -> dict[str, str]:
    """A value that still says what a definition's `${Function}` stands for is kept as the definition has it."""
    return {
        name: known[name] if name in known and put_names(known[name], place) == value else value
        for name, value in live.items()
    }


def _revision(deployment: Deployment) -> FunctionRevision:
    revision = deployment.function_revision
    assert revision is not None  # noqa: S101 - by the caller's choice
    return revision
