"""What somebody added in AWS beside what was deployed: no deployment takes it away, so it is told apart."""

from collections.abc import Iterable, Iterator

from workflows.aws import errors, iam
from workflows.aws.clients import Target
from workflows.jobs.deployments.triggers import others
from workflows.jobs.drift.differences import NONE, Difference
from workflows.models import Deployment, Function, Trigger
from workflows.models.drift import OTHER_CALLERS, OTHER_POLICIES, OTHER_SOURCES
from workflows.places import place_of
from workflows.policies import ALIAS, POLICY_NAME


def of_role(target: Target, name: str) -> Iterator[Difference]:
    """The policies of a role made here that were not put there from here. Raises AwsError."""
    try:
        found = iam.list_policies(target, name)
    except errors.NotFound:
        return  # it is told of as deleted
    yield from _told(OTHER_POLICIES, (one for one in found if one != POLICY_NAME))


def of_callers(deployment: Deployment, function: Function, target: Target) -> Iterator[Difference]:
    """Who may call the alias of a function, and what is handed to it, without a trigger from here. Raises AwsError."""
    place = place_of(deployment.environment)
    rows = list(Trigger.objects.filter(environment=deployment.environment, function=function))
    granted = others.grants(target, place.function_name(function.name), ALIAS, rows)
    yield from _told(OTHER_CALLERS, (f"{one}{f' ({one.id})' if one.id else ''}" for one in granted))
    alias_arn = place.alias_arn(function.name)
    handed = others.mappings(target, alias_arn, alias_arn, rows)
    stay = (one for one in handed if one.function_arn == alias_arn and one.state != "Deleting")
    yield from _told(OTHER_SOURCES, map(others.source_of, stay))


def _told(field: str, found: Iterable[str]) -> Iterator[Difference]:
    if listed := ", ".join(sorted(found)):
        yield Difference(field, NONE, listed, is_acceptable=False)
