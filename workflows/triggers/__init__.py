"""PURE: what may call a function: the types of trigger, what each is set up with, and the names it goes by in AWS."""

from workflows.triggers.definitions import TITLES, TriggerDefinition, TriggerProblem, TriggerType, read, read_all
from workflows.triggers.grants import SERVICES, grant_id, granted_source, statement
from workflows.triggers.limits import check_accepted
from workflows.triggers.reference import table
from workflows.triggers.schemas import form_schema_of, schema_of
from workflows.triggers.sources import (
    buckets_told_of,
    bus_arn,
    cors_of,
    polled_arns,
    source_arn,
    source_name,
    takes_own_events,
    visibility_s,
    written_arn,
)

__all__ = [
    "SERVICES",
    "TITLES",
    "TriggerDefinition",
    "TriggerProblem",
    "TriggerType",
    "buckets_told_of",
    "bus_arn",
    "check_accepted",
    "cors_of",
    "form_schema_of",
    "grant_id",
    "granted_source",
    "polled_arns",
    "read",
    "read_all",
    "schema_of",
    "source_arn",
    "source_name",
    "statement",
    "table",
    "takes_own_events",
    "visibility_s",
    "written_arn",
]
