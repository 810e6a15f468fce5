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
    wanted = [triggers.read(row.definition) for row in rows]
    ours = {triggers.grant_id(one) for one in wanted}
    same = {(triggers.SERVICES.get(one.type), row.source_arn) for one, row in zip(wanted, rows, strict=True)}
    for one in resource_policies.list_grants(target, name, alias):
        # Nor does it let anybody else call what lets the same source under another id, as older versions gave it.
        if one.id not in ours and (one.service, one.source_arn) not in same:
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
