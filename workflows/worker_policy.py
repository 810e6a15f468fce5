"""PURE: what a worker's role must be allowed in an environment: each call of the gateway, its actions and resources.

The table is the source; the policy in docs/operating.md is made from it, and a test holds both to the gateway.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from workflows.policies import ROLE_PATH, VERSION

FUNCTION, MAPPING = "arn:aws:lambda:{region}:{account}:function:{prefix}*", "*"
API, MACHINE = "arn:aws:apigateway:{region}::/apis*", "arn:aws:states:{region}:{account}:stateMachine:{prefix}*"
API_TAGS = "arn:aws:apigateway:{region}::/tags/*"
EXECUTION = "arn:aws:states:{region}:{account}:execution:{prefix}*"
ROLE = "arn:aws:iam::{account}:role" + ROLE_PATH + "{prefix}*"
QUEUE, ANY_QUEUE = "arn:aws:sqs:{region}:{account}:{prefix}*", "arn:aws:sqs:{region}:{account}:*"
TOPIC, ANY_TOPIC = "arn:aws:sns:{region}:{account}:{prefix}*", "arn:aws:sns:{region}:{account}:*"
TABLE, ANY_TABLE = "arn:aws:dynamodb:{region}:{account}:table/{prefix}*", "arn:aws:dynamodb:{region}:{account}:table/*"
BUCKET, ANY_BUCKET, OBJECT = "arn:aws:s3:::{prefix}*", "arn:aws:s3:::*", "arn:aws:s3:::{prefix}*/*"
RULE, BUS = "arn:aws:events:{region}:{account}:rule/*{prefix}*", "arn:aws:events:{region}:{account}:event-bus/*"
LOGS = "arn:aws:logs:{region}:{account}:log-group:/aws/lambda/{prefix}*"
# What is imported was made by anybody.
ANY_FUNCTION = "arn:aws:lambda:{region}:{account}:function:*"
ANY_MACHINE = "arn:aws:states:{region}:{account}:stateMachine:*"
EVERYTHING = "*"  # AWS lets these be narrowed to nothing less


Condition = tuple[str, ...]  # a key and what it may equal; nothing: without one


@dataclass(frozen=True, slots=True)
class Need:
    """Actions on one pattern of ARNs, under a condition."""

    actions: tuple[str, ...]
    resource: str
    condition: Condition = ()


def actions_of(call: str) -> list[str]:
    """What a role must be allowed for a call of the gateway; the call itself where the table does not know it."""
    return list(dict.fromkeys(action for need in NEEDS.get(call, ()) for action in need.actions)) or [call]


def _on(resource: str, *actions: str, condition: Condition = ()) -> Need:
    return Need(actions, resource, condition)


TO_OURS = ("iam:PassedToService", "lambda.amazonaws.com", "states.amazonaws.com")
BOUNDED = ("iam:PermissionsBoundary", "{boundary}")  # only where the environment has one
PASS = _on(ROLE, "iam:PassRole", condition=TO_OURS)
LAYERS = _on("arn:aws:lambda:{region}:*:layer:*", "lambda:GetLayerVersion")

# What is changed is ours, by its name's prefix; what is only read, or linked to, may be anybody's in the account.
NEEDS: Mapping[str, tuple[Need, ...]] = {
    "apigateway:CreateApi": (_on(API, "apigateway:POST"), _on(API_TAGS, "apigateway:PUT")),
    "apigateway:CreateIntegration": (_on(API, "apigateway:POST"),),
    "apigateway:CreateRoute": (_on(API, "apigateway:POST"),),
    "apigateway:CreateStage": (_on(API, "apigateway:POST"),),
    "apigateway:DeleteApi": (_on(API, "apigateway:DELETE"),),
    "apigateway:DeleteCorsConfiguration": (_on(API, "apigateway:DELETE"),),
    "apigateway:DeleteIntegration": (_on(API, "apigateway:DELETE"),),
    "apigateway:DeleteRoute": (_on(API, "apigateway:DELETE"),),
    "apigateway:GetApis": (_on(API, "apigateway:GET"),),
    "apigateway:GetIntegrations": (_on(API, "apigateway:GET"),),
    "apigateway:GetRoutes": (_on(API, "apigateway:GET"),),
    "apigateway:GetStage": (_on(API, "apigateway:GET"),),
    "apigateway:UpdateApi": (_on(API, "apigateway:PATCH"),),
    "cloudwatch:GetMetricData": (_on(EVERYTHING, "cloudwatch:GetMetricData"),),
    "dynamodb:CreateTable": (_on(TABLE, "dynamodb:CreateTable", "dynamodb:TagResource"),),
    "dynamodb:DeleteItem": (_on(TABLE, "dynamodb:DeleteItem"),),
    "dynamodb:DeleteTable": (_on(TABLE, "dynamodb:DeleteTable"),),
    "dynamodb:DescribeTable": (_on(ANY_TABLE, "dynamodb:DescribeTable"),),
    "dynamodb:ListTagsOfResource": (_on(ANY_TABLE, "dynamodb:ListTagsOfResource"),),
    "dynamodb:PutItem": (_on(TABLE, "dynamodb:PutItem"),),
    "dynamodb:Scan": (_on(TABLE, "dynamodb:Scan"),),
    "events:DeleteRule": (_on(RULE, "events:DeleteRule"),),
    "events:DescribeEventBus": (_on(BUS, "events:DescribeEventBus"),),
    "events:DescribeRule": (_on(RULE, "events:DescribeRule"),),
    "events:ListTagsForResource": (_on(RULE, "events:ListTagsForResource"),),
    "events:ListTargetsByRule": (_on(RULE, "events:ListTargetsByRule"),),
    "events:PutEvents": (_on(BUS, "events:PutEvents"),),
    "events:PutRule": (_on(RULE, "events:PutRule", "events:TagResource"),),
    "events:PutTargets": (_on(RULE, "events:PutTargets"),),
    "events:RemoveTargets": (_on(RULE, "events:RemoveTargets"),),
    "iam:CreateRole": (_on(ROLE, "iam:CreateRole", condition=BOUNDED), _on(ROLE, "iam:TagRole")),
    "iam:DeleteRole": (_on(ROLE, "iam:DeleteRole"),),
    "iam:DeleteRolePolicy": (_on(ROLE, "iam:DeleteRolePolicy"),),
    "iam:GetRole": (_on(ROLE, "iam:GetRole"),),
    "iam:GetRolePolicy": (_on(ROLE, "iam:GetRolePolicy"),),
    "iam:ListAttachedRolePolicies": (_on(ROLE, "iam:ListAttachedRolePolicies"),),
    "iam:ListRolePolicies": (_on(ROLE, "iam:ListRolePolicies"),),
    "iam:ListRoleTags": (_on(ROLE, "iam:ListRoleTags"),),
    "iam:PutRolePolicy": (_on(ROLE, "iam:PutRolePolicy", condition=BOUNDED),),
    "iam:UpdateAssumeRolePolicy": (_on(ROLE, "iam:UpdateAssumeRolePolicy"),),
    "lambda:AddPermission": (_on(FUNCTION, "lambda:AddPermission"),),
    "lambda:CreateAlias": (_on(FUNCTION, "lambda:CreateAlias"),),
    "lambda:CreateEventSourceMapping": (_on(MAPPING, "lambda:CreateEventSourceMapping", "lambda:TagResource"),),
    "lambda:CreateFunction": (_on(FUNCTION, "lambda:CreateFunction", "lambda:TagResource"), PASS, LAYERS),
    "lambda:DeleteEventSourceMapping": (_on(MAPPING, "lambda:DeleteEventSourceMapping"),),
    "lambda:DeleteFunction": (_on(FUNCTION, "lambda:DeleteFunction"),),
    "lambda:DeleteFunctionConcurrency": (_on(FUNCTION, "lambda:DeleteFunctionConcurrency"),),
    "lambda:DeleteFunctionEventInvokeConfig": (_on(FUNCTION, "lambda:DeleteFunctionEventInvokeConfig"),),
    "lambda:GetAlias": (_on(FUNCTION, "lambda:GetAlias"),),
    "lambda:GetFunction": (_on(ANY_FUNCTION, "lambda:GetFunction"),),
    "lambda:GetFunctionEventInvokeConfig": (_on(FUNCTION, "lambda:GetFunctionEventInvokeConfig"),),
    "lambda:GetPolicy": (_on(ANY_FUNCTION, "lambda:GetPolicy"),),  # of an import: what calls it
    "lambda:InvokeFunction": (_on(FUNCTION, "lambda:InvokeFunction"),),
    "lambda:ListEventSourceMappings": (_on(MAPPING, "lambda:ListEventSourceMappings"),),
    "lambda:ListFunctions": (_on(EVERYTHING, "lambda:ListFunctions"),),
    "lambda:ListVersionsByFunction": (_on(FUNCTION, "lambda:ListVersionsByFunction"),),
    "lambda:PublishVersion": (_on(FUNCTION, "lambda:PublishVersion"),),
    "lambda:PutFunctionEventInvokeConfig": (_on(FUNCTION, "lambda:PutFunctionEventInvokeConfig"),),
    "lambda:PutFunctionConcurrency": (_on(FUNCTION, "lambda:PutFunctionConcurrency"),),
    "lambda:RemovePermission": (_on(FUNCTION, "lambda:RemovePermission"),),
    "lambda:TagResource": (_on(FUNCTION, "lambda:TagResource"),),
    "lambda:UntagResource": (_on(FUNCTION, "lambda:UntagResource"),),
    "lambda:UpdateAlias": (_on(FUNCTION, "lambda:UpdateAlias"),),
    "lambda:UpdateEventSourceMapping": (_on(MAPPING, "lambda:UpdateEventSourceMapping"),),
    "lambda:UpdateFunctionCode": (_on(FUNCTION, "lambda:UpdateFunctionCode"),),
    "lambda:UpdateFunctionConfiguration": (_on(FUNCTION, "lambda:UpdateFunctionConfiguration"), PASS, LAYERS),
    "logs:FilterLogEvents": (_on(LOGS, "logs:FilterLogEvents"),),
    "s3:CreateBucket": (_on(BUCKET, "s3:CreateBucket"),),
    "s3:DeleteBucket": (_on(BUCKET, "s3:DeleteBucket"),),
    "s3:DeleteObject": (_on(OBJECT, "s3:DeleteObject"),),
    "s3:GetBucketNotification": (_on(ANY_BUCKET, "s3:GetBucketNotification"),),
    "s3:GetBucketTagging": (_on(ANY_BUCKET, "s3:GetBucketTagging"),),
    "s3:ListBucketVersions": (_on(BUCKET, "s3:ListBucketVersions"),),
    "s3:PutBucketNotification": (_on(ANY_BUCKET, "s3:PutBucketNotification"),),
    "s3:PutBucketTagging": (_on(BUCKET, "s3:PutBucketTagging"),),
    "s3:PutObject": (_on(OBJECT, "s3:PutObject"),),
    "sns:CreateTopic": (_on(TOPIC, "sns:CreateTopic", "sns:TagResource"),),
    "sns:DeleteTopic": (_on(TOPIC, "sns:DeleteTopic"),),
    "sns:GetSubscriptionAttributes": (_on(ANY_TOPIC, "sns:GetSubscriptionAttributes"),),
    "sns:ListSubscriptionsByTopic": (_on(ANY_TOPIC, "sns:ListSubscriptionsByTopic"),),
    "sns:ListTagsForResource": (_on(ANY_TOPIC, "sns:ListTagsForResource"),),
    "sns:Publish": (_on(TOPIC, "sns:Publish"),),
    "sns:SetSubscriptionAttributes": (_on(ANY_TOPIC, "sns:SetSubscriptionAttributes"),),
    "sns:Subscribe": (_on(ANY_TOPIC, "sns:Subscribe"),),
    "sns:Unsubscribe": (_on(ANY_TOPIC, "sns:Unsubscribe"),),
    "sqs:CreateQueue": (_on(QUEUE, "sqs:CreateQueue", "sqs:TagQueue"),),
    "sqs:DeleteQueue": (_on(QUEUE, "sqs:DeleteQueue"),),
    "sqs:GetQueueAttributes": (_on(ANY_QUEUE, "sqs:GetQueueAttributes"),),
    "sqs:GetQueueUrl": (_on(ANY_QUEUE, "sqs:GetQueueUrl"),),
    "sqs:ListQueueTags": (_on(ANY_QUEUE, "sqs:ListQueueTags"),),
    "sqs:SendMessage": (_on(QUEUE, "sqs:SendMessage"),),
    "sqs:SetQueueAttributes": (_on(QUEUE, "sqs:SetQueueAttributes"),),
    "states:CreateStateMachine": (_on(MACHINE, "states:CreateStateMachine", "states:TagResource"), PASS),
    "states:CreateStateMachineAlias": (_on(MACHINE, "states:CreateStateMachineAlias"),),
    "states:DescribeExecution": (_on(EXECUTION, "states:DescribeExecution"),),
    "states:DescribeStateMachine": (_on(ANY_MACHINE, "states:DescribeStateMachine"),),
    "states:DescribeStateMachineAlias": (_on(MACHINE, "states:DescribeStateMachineAlias"),),
    "states:GetExecutionHistory": (_on(EXECUTION, "states:GetExecutionHistory"),),
    "states:ListExecutions": (_on(MACHINE, "states:ListExecutions"),),
    "states:ListStateMachineVersions": (_on(MACHINE, "states:ListStateMachineVersions"),),
    "states:ListStateMachines": (_on(EVERYTHING, "states:ListStateMachines"),),
    "states:ListTagsForResource": (_on(ANY_MACHINE, "states:ListTagsForResource"),),
    "states:PublishStateMachineVersion": (_on(MACHINE, "states:PublishStateMachineVersion"),),
    "states:RedriveExecution": (_on(EXECUTION, "states:RedriveExecution"),),
    "states:StartExecution": (_on(MACHINE, "states:StartExecution"),),
    "states:StopExecution": (_on(EXECUTION, "states:StopExecution"),),
    "states:TagResource": (_on(MACHINE, "states:TagResource"),),
    "states:UpdateStateMachine": (_on(MACHINE, "states:UpdateStateMachine"), PASS),
    "states:UpdateStateMachineAlias": (_on(MACHINE, "states:UpdateStateMachineAlias"),),
    "states:ValidateStateMachineDefinition": (_on(EVERYTHING, "states:ValidateStateMachineDefinition"),),
    "sts:AssumeRole": (),  # the worker's own identity needs it, not the role it assumes
    "sts:GetCallerIdentity": (),  # AWS asks for no permission
}


@dataclass(frozen=True, slots=True)
class Imported:
    """ARNs of what was imported and has another name than it would have here: what is found there is looked at and
    tested; what was adopted is changed, with the roles it brought along.
    """

    found: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    def statements(self) -> Iterator[tuple[set[str], tuple[str, ...], Condition]]:
        """Actions, on what, and under which condition."""
        executions = tuple(f"{arn.replace(':stateMachine:', ':execution:')}:*" for arn in self.machines)
        yield {"lambda:InvokeFunction"}, self.found, ()
        yield _actions(LOGS), self.logs, ()
        yield _actions(FUNCTION), self.functions, ()
        yield _actions(MACHINE), self.machines, ()
        yield _actions(EXECUTION), executions, ()
        yield set(PASS.actions), self.roles, PASS.condition


def _actions(resource: str) -> set[str]:
    """What is done with what is ours."""
    every = (need for needs in NEEDS.values() for need in needs)
    return {action for need in every if need.resource == resource for action in need.actions}


def document(
    account: str, region: str, prefix: str, boundary: str = "", imported: Imported | None = None
) -> dict[str, Any]:
    """The policy of the role that workers assume in an environment: its account, region, prefix and boundary."""
    place = {"account": account, "region": region, "prefix": prefix, "boundary": boundary}
    actions: dict[tuple[str, Condition], set[str]] = {}
    for need in chain.from_iterable(NEEDS.values()):
        condition = () if need.condition == BOUNDED and not boundary else need.condition
        actions.setdefault((need.resource.format(**place), condition), set()).update(need.actions)
    statements = [
        _statement(allowed, resource, condition, place) for (resource, condition), allowed in sorted(actions.items())
    ]
    for allowed, arns, condition in (imported or Imported()).statements():
        every = [one for arn in arns for one in ((arn, f"{arn}:*") if ":function:" in arn else (arn,))]
        if every:
            statements.append(_statement(allowed, every, condition, place))
    return {"Version": VERSION, "Statement": statements}


def _statement(
    allowed: set[str], resource: str | list[str], condition: Condition, place: Mapping[str, str]
) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": sorted(allowed), "Resource": resource}
    if not condition:
        return statement
    key, *values = (part.format(**place) for part in condition)
    return statement | {"Condition": {"StringEquals": {key: values if len(values) > 1 else values[0]}}}
