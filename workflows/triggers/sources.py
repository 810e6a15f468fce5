"""PURE: what the source of a trigger is called in one environment, and its ARN."""

import re
from collections.abc import Iterable
from typing import Any

from workflows.policies import Place
from workflows.triggers.definitions import TriggerDefinition

NAMED_BY = {
    "s3": "bucket",
    "sqs": "queue",
    "sns": "topic",
    "dynamodb": "table",
    "eventbridge": "name",
    "schedule": "name",
}


def source_name(trigger: TriggerDefinition, place: Place) -> str:
    """Its name in AWS: as given for what exists, with the environment's prefix for what is made here."""
    if trigger.type == "http":
        return place.name(trigger.settings.get("api", ""))
    name = str(trigger.settings[NAMED_BY[trigger.type]])
    if trigger.type in ("eventbridge", "schedule"):
        return place.name(name)
    if not trigger.makes_source:
        return name
    return bucket_name(place.name(name)) if trigger.type == "s3" else place.name(name)


def bucket_name(text: str) -> str:
    """The nearest name S3 takes."""
    return re.sub(r"[^a-z0-9.-]", "-", text.lower()).strip("-.")[:63]


def source_arn(trigger: TriggerDefinition, place: Place) -> str:
    """Its ARN; that of an API is known only to AWS, so it is empty for an HTTP route."""
    name, here = source_name(trigger, place), f"{place.region}:{place.account_id}"
    if trigger.type == "http":
        return ""
    if trigger.type == "s3":
        return f"arn:aws:s3:::{name}"
    if trigger.type == "dynamodb":
        return f"arn:aws:dynamodb:{here}:table/{name}"
    if trigger.type in ("eventbridge", "schedule"):
        bus = trigger.settings.get("bus", "default")
        return f"arn:aws:events:{here}:rule/{name}" if bus == "default" else f"arn:aws:events:{here}:rule/{bus}/{name}"
    return f"arn:aws:{trigger.type}:{here}:{name}"


def visibility_s(timeout_s: int) -> int:
    """How long a queue made here hides a message from others while a function that may take so long has it.

    AWS's advice is six times as long: enough for a batch that is tried again while the function is throttled.
    """
    return min(timeout_s * 6, 43_200)


def cors_of(origins: Iterable[str]) -> dict[str, Any]:
    """What pages of these sites may send to an API, in AWS's words; nothing where there are none."""
    allowed = list(origins)
    rest = {"AllowMethods": ["*"], "AllowHeaders": ["content-type"], "MaxAge": 300}
    return {"AllowOrigins": allowed, **rest} if allowed else {}


def written_arn(trigger: TriggerDefinition, place: Place) -> str:
    """What is written to when something calls the function by it: of a bucket, the objects that it is told of."""
    arn, given = source_arn(trigger, place), trigger.settings
    return f"{arn}/{given.get('prefix', '')}*{given.get('suffix', '')}" if trigger.type == "s3" else arn


def bus_arn(trigger: TriggerDefinition, place: Place) -> str:
    """The bus whose events a rule is for."""
    return f"arn:aws:events:{place.region}:{place.account_id}:event-bus/{trigger.settings.get('bus', 'default')}"


def takes_own_events(trigger: TriggerDefinition) -> bool:
    """Whether a rule's pattern can fit an event that is put: one whose source is of AWS alone cannot."""
    wanted = (trigger.settings.get("pattern") or {}).get("source")
    if not isinstance(wanted, list) or not wanted:
        return True
    return not all(isinstance(one, str) and one.startswith("aws.") for one in wanted)


def buckets_told_of(trigger: TriggerDefinition) -> list[str]:
    """The buckets whose objects a rule is told of (by S3's own events), `*` for any; none where it is for others."""
    pattern = trigger.settings.get("pattern") or {}
    if "aws.s3" not in (pattern.get("source") or []):
        return []
    detail = pattern.get("detail")
    bucket = detail.get("bucket") if isinstance(detail, dict) else None
    names = bucket.get("name") if isinstance(bucket, dict) else None
    plain = [one for one in names if isinstance(one, str)] if isinstance(names, list) else []
    return plain if plain and isinstance(names, list) and len(plain) == len(names) else ["*"]


def polled_arns(triggers: Iterable[TriggerDefinition], place: Place) -> list[str]:
    """What Lambda reads in the name of the function's role: queues, and the streams of tables."""
    arns = [
        source_arn(one, place) + ("/stream/*" if one.type == "dynamodb" else "")
        for one in triggers
        if one.type in ("sqs", "dynamodb")
    ]
    return list(dict.fromkeys(arns))
