"""A mended embedded AWS and short ways to put functions and machines on it."""

import io
import itertools
import json
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures_aws import EmbeddedAws, run_embedded_aws

ROLE = "arn:aws:iam::123456789012:role/test"
_numbers = itertools.count()


@dataclass(frozen=True)
class Bench:
    """The mended embedded AWS with what tests do to it again and again; every name it gives is new."""

    aws: EmbeddedAws
    lambda_: Any = field(repr=False)
    states: Any = field(repr=False)

    def function(self, source: str, *, handler: str = "app.handler", name: str = "", **settings: Any) -> str:
        """Deploy a function, in Python unless the settings say otherwise; its name."""
        name = name or f"function-{next(_numbers)}"
        settings = {"Runtime": "python3.12", "Timeout": 10, "Code": {"ZipFile": package(source)}} | settings
        self.lambda_.create_function(FunctionName=name, Role=ROLE, Handler=handler, **settings)
        return name

    def function_arn(self, name: str) -> str:
        return f"arn:aws:lambda:{self.aws.region}:{self.aws.access_key_id}:function:{name}"

    def invoke(self, name: str, event: Any = None, **options: Any) -> tuple[Any, dict[str, Any]]:
        """The payload, read, and the whole answer."""
        answer = self.lambda_.invoke(FunctionName=name, Payload=json.dumps(event).encode(), **options)
        return json.loads(answer["Payload"].read() or b"null"), answer

    def machine(self, definition: dict[str, Any], **settings: Any) -> str:
        """Create a state machine; its ARN."""
        answer = self.states.create_state_machine(
            name=f"machine-{next(_numbers)}", definition=json.dumps(definition), roleArn=ROLE, **settings
        )
        return str(answer["stateMachineArn"])

    def start(self, machine_arn: str, value: Any = None, **options: Any) -> str:
        """Start an execution; its ARN."""
        text = json.dumps({} if value is None else value)
        return str(self.states.start_execution(stateMachineArn=machine_arn, input=text, **options)["executionArn"])

    def wait(self, execution_arn: str, seconds: float = 15) -> dict[str, Any]:
        """DescribeExecution once it is over."""
        described = self.end_of(execution_arn, seconds)
        return described or pytest.fail(f"{execution_arn} is still running: {self.types(execution_arn)}")

    def end_of(self, execution_arn: str, seconds: float) -> dict[str, Any] | None:
        """DescribeExecution once it is over; None when that takes longer."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            described: dict[str, Any] = self.states.describe_execution(executionArn=execution_arn)
            if described["status"] != "RUNNING":
                return described
            time.sleep(0.01)
        return None

    def run(self, definition: dict[str, Any], value: Any = None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Run a definition to its end; its description and its events."""
        arn = self.start(self.machine(definition), value)
        return self.wait(arn), self.events(arn)

    def events(self, execution_arn: str) -> list[dict[str, Any]]:
        history = self.states.get_execution_history(executionArn=execution_arn, maxResults=1000)
        return list(history["events"])

    def types(self, execution_arn: str) -> list[str]:
        return [event["type"] for event in self.events(execution_arn)]

    def log(self, function: str) -> list[str]:
        """Every line the function logged; none before it has logged any, when there is no group of it either."""
        logs = self.aws.client("logs")
        try:
            events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in events]

    def metric(self, namespace: str, name: str, statistic: str, **dimensions: str) -> list[float]:
        """GetMetricData of the last minutes, one value for all of them or none."""
        now = datetime.now(UTC)
        wanted = [{"Name": key, "Value": value} for key, value in dimensions.items()]
        metric = {"Namespace": namespace, "MetricName": name, "Dimensions": wanted}
        query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 86_400, "Stat": statistic}}
        answer = self.aws.client("cloudwatch").get_metric_data(
            MetricDataQueries=[query], StartTime=now - timedelta(hours=1), EndTime=now + timedelta(hours=1)
        )
        return list(answer["MetricDataResults"][0]["Values"])


def package(source: str, name: str = "app.py") -> bytes:
    """A zip with `source` as its one file."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, source)
    return content.getvalue()


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    """These tests are about the mends, so theirs are on whatever the others run with."""
    with tempfile.TemporaryDirectory(prefix="signalbox-aws-") as folder, run_embedded_aws(Path(folder)) as aws:
        yield Bench(aws, aws.client("lambda"), aws.client("stepfunctions"))
