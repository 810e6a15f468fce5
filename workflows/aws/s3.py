"""S3: buckets that call functions. A bucket has one notification configuration: what others put there is kept."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from workflows.aws.clients import Target, calling, client
from workflows.aws.errors import NotFound

FUNCTIONS = "LambdaFunctionConfigurations"
OTHERS = ("TopicConfigurations", "QueueConfigurations", "EventBridgeConfiguration")


@dataclass(frozen=True, slots=True)
class Notification:
    """Which events of which objects call a function."""

    id: str
    function_arn: str
    events: tuple[str, ...]
    prefix: str
    suffix: str


def bucket_tags(target: Target, bucket: str) -> dict[str, str] | None:
    """The tags of a bucket; None when there is none of that name."""
    try:
        with calling("s3:GetBucketTagging"):
            found = client(target, "s3").get_bucket_tagging(Bucket=bucket)
    except NotFound as error:
        return {} if error.code == "NoSuchTagSet" else None
    return {tag["Key"]: tag["Value"] for tag in found["TagSet"]}


def create_bucket(target: Target, bucket: str, tags: Mapping[str, str]) -> None:
    """Make a bucket nobody else can see into. Conflict: the name is taken, by anyone in the world."""
    s3 = client(target, "s3")
    # us-east-1 is the one region that must not be named.
    place = {} if target.region == "us-east-1" else {"LocationConstraint": target.region}
    with calling("s3:CreateBucket"):
        s3.create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": place} if place else {}))
    with calling("s3:PutBucketTagging"):
        s3.put_bucket_tagging(
            Bucket=bucket, Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}
        )


def delete_bucket(target: Target, bucket: str) -> bool:
    """Do away with a bucket; False where something is in it."""
    s3 = client(target, "s3")
    try:
        with calling("s3:ListBucketVersions"):
            within = s3.list_object_versions(Bucket=bucket, MaxKeys=1)
        if within.get("Versions") or within.get("DeleteMarkers"):
            return False
        with calling("s3:DeleteBucket"):
            s3.delete_bucket(Bucket=bucket)
    except NotFound:
        return True
    return True


def list_notifications(target: Target, bucket: str) -> list[Notification]:
    """What of a bucket calls functions, ours or others'."""
    return [_notification(row) for row in _configuration(target, bucket).get(FUNCTIONS, [])]


def put_notifications(
    target: Target, bucket: str, notifications: Collection[Notification], *, in_place_of: Collection[str] = ()
) -> None:
    """Let events of a bucket call functions, in place of the notifications of those ids and of theirs, in one call.

    Invalid: one overlaps with another, or S3 may not invoke the function yet.
    """
    _put(target, bucket, {*in_place_of, *(one.id for one in notifications)}, [_row(one) for one in notifications])


def _row(notification: Notification) -> dict[str, Any]:
    rules = [{"Name": "prefix", "Value": notification.prefix}, {"Name": "suffix", "Value": notification.suffix}]
    return {
        "Id": notification.id,
        "LambdaFunctionArn": notification.function_arn,
        "Events": list(notification.events),
        "Filter": {"Key": {"FilterRules": [rule for rule in rules if rule["Value"]]}},
    }


def delete_notification(target: Target, bucket: str, notification_id: str) -> None:
    """Let it call no more; nothing where there is no such notification, or no bucket."""
    try:
        if any(one.id == notification_id for one in list_notifications(target, bucket)):
            _put(target, bucket, {notification_id}, [])
    except NotFound:
        return


def put_object(target: Target, bucket: str, key: str, body: str) -> None:
    """Put a text into a bucket."""
    with calling("s3:PutObject"):
        client(target, "s3").put_object(Bucket=bucket, Key=key, Body=body.encode())


def delete_object(target: Target, bucket: str, key: str) -> None:
    """Take an object out of a bucket."""
    with calling("s3:DeleteObject"):
        client(target, "s3").delete_object(Bucket=bucket, Key=key)


def _configuration(target: Target, bucket: str) -> dict[str, Any]:
    with calling("s3:GetBucketNotification"):
        found: dict[str, Any] = client(target, "s3").get_bucket_notification_configuration(Bucket=bucket)
    return found


def _put(target: Target, bucket: str, ids: Collection[str], rows: list[dict[str, Any]]) -> None:
    was = _configuration(target, bucket)
    kept = [row for row in was.get(FUNCTIONS, []) if row.get("Id") not in ids]
    others = {name: was[name] for name in OTHERS if name in was}
    with calling("s3:PutBucketNotification"):
        client(target, "s3").put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={**others, FUNCTIONS: [*kept, *rows]}
        )


def _notification(row: Mapping[str, Any]) -> Notification:
    rules = row.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    values = {rule["Name"].lower(): rule["Value"] for rule in rules}
    return Notification(
        row.get("Id", ""),
        row["LambdaFunctionArn"],
        tuple(row["Events"]),
        values.get("prefix", ""),
        values.get("suffix", ""),
    )
