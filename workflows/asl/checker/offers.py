"""What Step Functions offers of each service by an integration of its own. Tables only, judging nothing.

After AWS's developer guide, "Integrating optimized services". The SDK's services are in `sdk`; their actions,
thousands, are in no table.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """The actions of one service: `jobs` are those it can wait for by `.sync`.

    `is_settled`: the guide has listed the same actions since the integration came, so AWS knows no other one. Of a
    service that is not, there may be actions by now that are not in the table.
    """

    actions: frozenset[str]
    jobs: frozenset[str]
    takes_token: bool
    is_settled: bool


def _offer(actions: str = "", *, jobs: str = "", takes_token: bool = False, is_settled: bool = False) -> Offer:
    waited_for = frozenset(jobs.split())
    return Offer(waited_for | frozenset(actions.split()), waited_for, takes_token, is_settled)


OFFERS: Mapping[str, Offer] = {
    "apigateway": _offer("invoke", takes_token=True, is_settled=True),
    "athena": _offer("stopQueryExecution getQueryExecution getQueryResults", jobs="startQueryExecution"),
    "batch": _offer(jobs="submitJob", is_settled=True),
    "bedrock": _offer("invokeModel", jobs="createModelCustomizationJob", takes_token=True),
    "bedrock-agentcore": _offer("invokeHarness"),
    "codebuild": _offer(
        "stopBuild batchDeleteBuilds batchGetReports stopBuildBatch deleteBuildBatch",
        jobs="startBuild startBuildBatch retryBuildBatch",
    ),
    "databrew": _offer(jobs="startJobRun"),
    "dynamodb": _offer("getItem putItem updateItem deleteItem", is_settled=True),
    "ecs": _offer(jobs="runTask", takes_token=True, is_settled=True),
    "eks": _offer(
        "call",
        jobs="runJob createCluster deleteCluster createFargateProfile deleteFargateProfile createNodegroup"
        " deleteNodegroup",
        takes_token=True,
    ),
    "elasticmapreduce": _offer(
        "setClusterTerminationProtection modifyInstanceFleetByName modifyInstanceGroupByName cancelStep",
        jobs="createCluster terminateCluster addStep",
    ),
    "emr-containers": _offer("createVirtualCluster", jobs="deleteVirtualCluster startJobRun"),
    "emr-serverless": _offer(
        jobs="createApplication startApplication stopApplication deleteApplication startJobRun cancelJobRun"
    ),
    "events": _offer("putEvents", takes_token=True, is_settled=True),
    "glue": _offer(jobs="startJobRun"),
    "http": _offer("invoke", is_settled=True),
    "lambda": _offer("invoke", takes_token=True, is_settled=True),
    "mediaconvert": _offer(jobs="createJob"),
    "sagemaker": _offer(
        "createEndpoint createEndpointConfig createModel updateEndpoint",
        jobs="createHyperParameterTuningJob createLabelingJob createProcessingJob createTrainingJob createTransformJob",
    ),
    "sns": _offer("publish", takes_token=True, is_settled=True),
    "sqs": _offer("sendMessage", takes_token=True, is_settled=True),
    "states": _offer(jobs="startExecution", takes_token=True, is_settled=True),
}

_OF_ITEMS = (
    "TableName Expected ConditionalOperator ReturnValues ReturnConsumedCapacity ReturnItemCollectionMetrics"
    " ConditionExpression ExpressionAttributeNames ExpressionAttributeValues ReturnValuesOnConditionCheckFailure"
)
# What the commonest calls take, after the services' own API references.
PARAMETERS: Mapping[str, frozenset[str]] = {
    called: frozenset(names.split())
    for called, names in {
        "lambda:invoke": "FunctionName InvocationType LogType ClientContext DurableExecutionName Payload Qualifier"
        " TenantId",
        "sqs:sendMessage": "QueueUrl MessageBody DelaySeconds MessageAttributes MessageSystemAttributes"
        " MessageDeduplicationId MessageGroupId",
        "sns:publish": "TopicArn TargetArn PhoneNumber Message Subject MessageStructure MessageAttributes"
        " MessageDeduplicationId MessageGroupId",
        "states:startExecution": "StateMachineArn Name Input TraceHeader",
        "events:putEvents": "Entries EndpointId",
        "dynamodb:getItem": "TableName Key AttributesToGet ConsistentRead ReturnConsumedCapacity ProjectionExpression"
        " ExpressionAttributeNames",
        "dynamodb:putItem": f"Item {_OF_ITEMS}",
        "dynamodb:updateItem": f"Key AttributeUpdates UpdateExpression {_OF_ITEMS}",
        "dynamodb:deleteItem": f"Key {_OF_ITEMS}",
    }.items()
}
