"""What ran is what the charts of its pages show: figure by figure what AWS itself says of the same time."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from tests.answers import text
from tests.fixtures_aws import EmbeddedAws
from tests.flows.conftest import Road, needs_mends
from workflows import panels
from workflows.jobs import metrics as jobs
from workflows.models import Deployment

pytestmark = [
    pytest.mark.flow,
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
    needs_mends("The embedded AWS records no metrics without its mends"),
]
MACHINE, FUNCTION = "transaction-processor", "ProcessPurchase"


def shown(client: Client, query: str) -> list[dict[str, Any]]:
    """What the charts of a page draw, once a worker has read it."""
    client.get(f"/charts?{query}&range=1h")
    jobs.drain()
    page = text(client.get(f"/charts?{query}&range=1h"))
    blocks = re.findall(r'<script id="chart-\d" type="application/json">(.*?)</script>', page, re.DOTALL)
    return [json.loads(block) for block in blocks]


def said(aws: EmbeddedAws, line: panels.Line, namespace: panels.Namespace, value: str, times: list[int]) -> list[float]:
    """The same of AWS, asked by the test itself."""
    dimensions = [{"Name": jobs.DIMENSIONS[namespace], "Value": value}]
    metric = {"Namespace": namespace, "MetricName": line.metric, "Dimensions": dimensions}
    query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": times[1] - times[0], "Stat": line.statistic}}
    answer = aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query],
        StartTime=datetime.fromtimestamp(times[0], UTC),
        EndTime=datetime.fromtimestamp(times[-1] + times[1] - times[0], UTC),
    )
    return list(answer["MetricDataResults"][0]["Values"])


def test_the_charts_of_what_ran_add_up_to_what_aws_says(road: Road, embedded_aws: EmbeddedAws, client: Client) -> None:
    for kind in ("PURCHASE", "REFUND", "PURCHASE", "GIFT"):
        road.run(json.dumps({"TransactionType": kind, "CustomerId": "c-1", "Amount": 5}))
    client.force_login(road.operator)
    function, machine = (
        Deployment.objects.get(**named, is_live=True).resource_arn
        for named in ({"function__name": FUNCTION}, {"workflow__name": MACHINE})
    )
    for query, kind, value in (
        (f"workflow={MACHINE}", "workflow", machine),
        (f"function={FUNCTION}", "function", function.split(":")[6]),
    ):
        drawn = shown(client, query)
        known = [panel for panel in panels.OF[kind] if panel is not panels.THROTTLES]
        assert len(drawn) >= len(known)
        for panel in known:
            chart = next(
                one for one in drawn if [line["label"] for line in one["lines"]] == [a.label for a in panel.lines]
            )
            for line, found in zip(panel.lines, chart["lines"], strict=True):
                values = said(embedded_aws, line, panel.namespace, value, chart["times"])
                assert values, f"AWS recorded no {line.key}"
                assert sum(one for one in found["values"] if one) == pytest.approx(sum(values))
