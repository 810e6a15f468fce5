"""READS: who calls a function in AWS beside the triggers that were set up here."""

from collections.abc import Collection, Iterator

from workflows import triggers
from workflows.aws import event_sources, resource_policies
from workflows.aws.clients import Target
from workflows.aws.event_sources import SourceMapping
from workflows.aws.resource_policies import Grant
from workflows.models import Trigger


def grants(target: Target, name: str, alias: str | None, rows: Collection[Trigger]) -> Iterator[Grant]:
    """The statements of a function's policy, or of its alias's, that no trigger put there. Raises AwsError."""
    ours = {triggers.grant_id(triggers.read(row.definition)) for row in rows}
    for one in resource_policies.list_grants(target, name, alias):
        if one.id not in ours:
            yield one


def mappings(target: Target, function: str, alias_arn: str, rows: Collection[Trigger]) -> Iterator[SourceMapping]:
    """What hands the function anything, other than to its alias from the source of a trigger. Raises AwsError."""
    sources = [arn for row in rows if (arn := row.source_arn)]
    for one in event_sources.list_all(target, function):
        is_known = any(one.source_arn == arn or one.source_arn.startswith(f"{arn}/stream/") for arn in sources)
        if not is_known or one.function_arn != alias_arn:
            yield one


def source_of(one: SourceMapping) -> str:
    """In words."""
    return one.source_arn or "a source outside AWS"
