"""DynamoDB: tables whose streams functions read. Nothing here looks at what a table holds, but whether it is empty."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from workflows.aws.clients import Target, calling, client
from workflows.aws.errors import Invalid, NotFound

KEY = "id"


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it is in AWS; no `stream_arn` where it has no stream. `key` is the name of its partition key."""

    arn: str
    is_active: bool
    stream_arn: str
    tags: Mapping[str, str]


def get_table(target: Target, name: str) -> Table | None:
    """A table with its tags, or None."""
    dynamodb = client(target, "dynamodb")
    try:
        with calling("dynamodb:DescribeTable"):
            found = dynamodb.describe_table(TableName=name)["Table"]
        with calling("dynamodb:ListTagsOfResource"):
            tags = dynamodb.list_tags_of_resource(ResourceArn=found["TableArn"])["Tags"]
    except NotFound:
        return None
    has_stream = found.get("StreamSpecification", {}).get("StreamEnabled", False)
    return Table(
        arn=found["TableArn"],
        is_active=found["TableStatus"] == "ACTIVE",
        stream_arn=found.get("LatestStreamArn", "") if has_stream else "",
        tags={tag["Key"]: tag["Value"] for tag in tags},
    )


def create_table(target: Target, name: str, tags: Mapping[str, str]) -> None:
    """Make a table paid for by use, keyed by the text `id`; its stream tells of each item before and after."""
    with calling("dynamodb:CreateTable"):
        client(target, "dynamodb").create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": KEY, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": KEY, "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )


def delete_table(target: Target, name: str) -> bool:
    """Do away with a table; False where something is in it."""
    dynamodb = client(target, "dynamodb")
    try:
        with calling("dynamodb:Scan"):
            if dynamodb.scan(TableName=name, Limit=1, ConsistentRead=True)["Items"]:
                return False
        with calling("dynamodb:DeleteTable"):
            dynamodb.delete_table(TableName=name)
    except NotFound:
        return True
    return True


def put_item(target: Target, name: str, item_id: str, attributes: Mapping[str, Any]) -> None:
    """Put an item with these attributes into a table that was made here. Invalid: DynamoDB has no such value."""
    try:
        item = {key: TypeSerializer().serialize(value) for key, value in attributes.items()}
    except (TypeError, ArithmeticError) as error:
        raise Invalid("ValidationException", f"DynamoDB keeps no such value: {error}", "dynamodb:PutItem") from error
    with calling("dynamodb:PutItem"):
        client(target, "dynamodb").put_item(TableName=name, Item={**item, KEY: {"S": item_id}})


def delete_item(target: Target, name: str, item_id: str) -> None:
    """Take it out again."""
    with calling("dynamodb:DeleteItem"):
        client(target, "dynamodb").delete_item(TableName=name, Key={KEY: {"S": item_id}})
