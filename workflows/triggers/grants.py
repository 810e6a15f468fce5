"""PURE: what the resource policy of a function's alias allows because of a trigger: one service, as one source."""

from collections.abc import Mapping
from typing import Any

from workflows.policies import Place
from workflows.triggers.definitions import TriggerDefinition
from workflows.triggers.sources import source_arn

# What is polled calls nobody: Lambda reads it in the name of the function's role.
SERVICES: Mapping[str, str] = {
    "http": "apigateway.amazonaws.com",
    "s3": "s3.amazonaws.com",
    "sns": "sns.amazonaws.com",
    "eventbridge": "events.amazonaws.com",
    "schedule": "events.amazonaws.com",
}


def granted_source(trigger: TriggerDefinition, place: Place, api_id: str) -> str:
    """The ARN in whose name the service calls; only AWS knows the id of an API."""
    if trigger.type != "http":
        return source_arn(trigger, place)
    # As API Gateway names the request that calls: a variable of the path stands for anything.
    parts = ["*" if part.startswith("{") else part for part in trigger.settings["path"].split("/")]
    method = trigger.settings["method"]
    here = f"{place.region}:{place.account_id}"
    return f"arn:aws:execute-api:{here}:{api_id}/*/{'*' if method == 'ANY' else method}{'/'.join(parts)}"


def grant_id(trigger: TriggerDefinition) -> str:
    """The id of its statement."""
    return f"signalbox-{trigger.id}"


def statement(trigger: TriggerDefinition, place: Place, function: str, api_id: str) -> dict[str, Any] | None:
    """As AWS shows it; None for what needs none."""
    if trigger.type not in SERVICES:
        return None
    return {
        "Sid": grant_id(trigger),
        "Effect": "Allow",
        "Principal": {"Service": SERVICES[trigger.type]},
        "Action": "lambda:InvokeFunction",
        "Resource": place.alias_arn(function),
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": place.account_id},
            "ArnLike": {"AWS:SourceArn": granted_source(trigger, place, api_id)},
        },
    }
