"""What is said of the embedded AWS is so: each capability tried on it, with the mends and without.

Redrive, versions and runtimes with the mends have tests of their own, beside the mends.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures_aws import EmbeddedAws
from workflows import capabilities

from .conftest import ROLE, Bench, package

MENDED = capabilities.of_embedded_aws(is_mended=True, has_node=True)
UNMENDED = capabilities.of_embedded_aws(is_mended=False, has_node=True)


def passing(result: str) -> str:
    return json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": result, "End": True}}})


def test_an_express_workflow_runs(bench: Bench) -> None:
    machine = bench.machine(json.loads(passing("quick")), type="EXPRESS")
    assert bool(MENDED.express) is (bench.wait(bench.start(machine))["output"] == '"quick"')


def test_a_weighted_alias_leads_to_one_version_only(bench: Bench) -> None:
    name = bench.function("def handler(e, c): return 'one'")
    bench.lambda_.publish_version(FunctionName=name)
    bench.lambda_.update_function_code(FunctionName=name, ZipFile=package("def handler(e, c): return 'two'"))
    bench.lambda_.publish_version(FunctionName=name)
    routing = {"AdditionalVersionWeights": {"2": 0.99}}
    bench.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=routing)
    answers = {bench.invoke(name, Qualifier="live")[0] for _ in range(5)}
    assert bool(MENDED.weighted_aliases) is (answers != {"one"})


def test_metric_math_is_not_computed(bench: Bench) -> None:
    now = datetime.now(UTC)
    answer = bench.aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "e", "Expression": "1 + 1"}], StartTime=now - timedelta(hours=1), EndTime=now
    )
    assert bool(MENDED.metric_math) is (answer["MetricDataResults"][0]["StatusCode"] == "Complete")


def test_logs_insights_does_not_discover_fields(bench: Bench) -> None:
    name = bench.function("def handler(e, c): return 1")
    bench.invoke(name)
    logs, now = bench.aws.client("logs"), int(time.time())
    query = logs.start_query(
        logGroupName=f"/aws/lambda/{name}",
        startTime=now - 3600,
        endTime=now + 3600,
        queryString="filter @type = 'REPORT' | stats max(@duration)",
    )["queryId"]
    assert bool(MENDED.insights) is bool(logs.get_query_results(queryId=query)["results"])


def test_an_alarm_looks_at_every_resource_whichever_it_is_for(bench: Bench) -> None:
    bench.invoke(bench.function("def handler(e, c): return 1"))
    quiet = bench.function("def handler(e, c): return 1")
    cloudwatch = bench.aws.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="busy",
        Namespace="AWS/Lambda",
        MetricName="Invocations",
        Dimensions=[{"Name": "FunctionName", "Value": quiet}],
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Statistic="Sum",
    )
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["busy"])["MetricAlarms"]
    assert bool(MENDED.alarms) is (alarm["StateValue"] != "ALARM")


def test_without_the_mends_neither_redrive_nor_versions_work(another_embedded_aws: Callable[..., EmbeddedAws]) -> None:
    states: Any = another_embedded_aws(mends=False).client("stepfunctions")
    machine = states.create_state_machine(name="m", definition=passing("one"), roleArn=ROLE)["stateMachineArn"]
    version = states.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    states.update_state_machine(stateMachineArn=machine, definition=passing("two"))
    execution = states.start_execution(stateMachineArn=version)["executionArn"]
    deadline = time.monotonic() + 15
    while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert bool(UNMENDED.versions) is (found["output"] == '"one"')
    with pytest.raises(ClientError, match="Unknown action"):
        states.redrive_execution(executionArn=execution)
    assert not UNMENDED.redrive
