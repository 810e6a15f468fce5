"""What a function cost, by day and by month: from CloudWatch's counts, what was deployed, and the prices of the day."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.answers import text
from tests.factories import FunctionDeploymentFactory, FunctionRevisionFactory, UserFactory
from workflows import costs
from workflows.models import Deployment, MetricSet, Price
from workflows.ranges import DAYS, HOUR_S

pytestmark = pytest.mark.django_db
REGION = "mars-1"


def at(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


@pytest.fixture
def live() -> Deployment:
    """128 MB, deployed on 10 May 2026, where a request costs 1 and a GB-second 8, from June on 16."""
    revision = FunctionRevisionFactory.create(memory_mb=128)
    deployment = FunctionDeploymentFactory.create(
        function_revision=revision, finished_at=datetime(2026, 5, 10, tzinfo=UTC)
    )
    deployment.environment.region = REGION
    deployment.environment.save()
    for item, day, amount in (("request", 1, 1), ("gb-second", 1, 8), ("gb-second", 6, 16)):
        Price.objects.create(region=REGION, item=f"lambda.{item}", valid_from=date(2026, day, 1), amount=amount)
    return deployment


def recorded(live: Deployment, *days: tuple[date, int, float], **more: Any) -> MetricSet:
    return MetricSet.objects.create(
        environment=live.environment,
        kind="cost",
        name="ProcessPurchase",
        range_s=int(DAYS.length.total_seconds()),
        period_s=HOUR_S,
        series={
            "Invocations.Sum": [[at(day), count] for day, count, _ in days],
            "Duration.Sum": [[at(day), milliseconds] for day, _, milliseconds in days],
        },
        **more,
    )


def test_each_day_costs_what_was_in_force_on_it(live: Deployment) -> None:
    row = recorded(live, (date(2026, 5, 31), 2, 1000.0), (date(2026, 6, 1), 2, 1000.0), (date(2026, 6, 2), 0, 0.0))
    days = costs.of_days(row)
    assert [(bill.begins.day, bill.invocations, bill.seconds, bill.amount) for bill in days] == [
        (1, 2, Decimal(1), Decimal(4)),  # two requests, and an eighth of a GB for a second at 16
        (31, 2, Decimal(1), Decimal(3)),
    ]


def test_a_bigger_revision_costs_more_from_its_deployment_on(live: Deployment) -> None:
    bigger = FunctionRevisionFactory.create(function=live.function, memory_mb=1024)
    Deployment.objects.update(is_live=False)
    FunctionDeploymentFactory.create(function_revision=bigger, finished_at=datetime(2026, 5, 20, tzinfo=UTC))
    row = recorded(live, (date(2026, 5, 19), 1, 1000.0), (date(2026, 5, 20), 1, 1000.0))
    assert [bill.amount for bill in costs.of_days(row)] == [Decimal(1) + 8, Decimal(1) + 1]


def test_a_day_on_which_it_grew_is_priced_hour_by_hour(live: Deployment) -> None:
    bigger = FunctionRevisionFactory.create(function=live.function, memory_mb=1024)
    Deployment.objects.update(is_live=False)
    FunctionDeploymentFactory.create(function_revision=bigger, finished_at=datetime(2026, 5, 20, 10, 45, tzinfo=UTC))
    row = recorded(live)
    hours = [at(date(2026, 5, 20)) + hour * HOUR_S for hour in (9, 10, 11)]
    row.series = {
        "Invocations.Sum": [[hour, 1] for hour in hours],
        "Duration.Sum": [[hour, 1000.0] for hour in hours],
    }
    [bill] = costs.of_days(row)
    # An eighth of a GB for a second costs 1, a GB 8; of the hour between three quarters were small.
    assert (bill.invocations, bill.amount) == (3, Decimal(3) + 1 + (Decimal("0.75") + 2) + 8)


def test_a_share_of_the_calls_and_the_rest_of_the_first_day_are_left_out(live: Deployment) -> None:
    bigger = FunctionRevisionFactory.create(function=live.function, memory_mb=1024)
    FunctionDeploymentFactory.create(
        function_revision=bigger, share=10, is_live=False, finished_at=datetime(2026, 5, 11, tzinfo=UTC)
    )
    begin = datetime(2026, 5, 12, 0, 30, tzinfo=UTC)
    row = recorded(live, (date(2026, 5, 12), 1, 1000.0), (date(2026, 5, 13), 1, 1000.0), begin_at=begin)
    assert [(bill.begins.day, bill.amount) for bill in costs.of_days(row)] == [(13, Decimal(2))]


def test_days_are_added_up_by_calendar_month(live: Deployment) -> None:
    row = recorded(live, *((date(2026, 5, 31) + timedelta(days=n), 1, 1000.0) for n in range(3)))
    months = costs.of_months(costs.of_days(row))
    assert [(bill.begins, bill.invocations, bill.amount) for bill in months] == [
        (date(2026, 6, 1), 2, Decimal(6)),
        (date(2026, 5, 1), 1, Decimal(2)),
    ]


def test_a_month_with_a_day_that_has_no_price_has_none(live: Deployment) -> None:
    Price.objects.filter(valid_from=date(2026, 1, 1)).delete()
    row = recorded(live, (date(2026, 5, 31), 1, 1.0), (date(2026, 6, 1), 1, 1.0))
    assert [bill.amount for bill in costs.of_months(costs.of_days(row))] == [None, None]


def test_the_page_shows_the_bill_its_prices_and_how_it_was_worked_out(live: Deployment, client: Client) -> None:
    client.force_login(UserFactory.create(role="viewer"))
    assert "being read" in text(client.get("/functions/ProcessPurchase/cost"))
    MetricSet.objects.all().delete()
    now = timezone.now()
    recorded(live, (date(2026, 6, 1), 2, 1000.0), asked_at=now, read_at=now)
    shown = text(client.get("/functions/ProcessPurchase/cost"))
    for said in ("USD 4", "June 2026", "Lambda, request", "CloudWatch counts each hour", "live in that hour"):
        assert said in shown
    version = f"{now.timestamp():.3f}"
    assert client.get(f"/functions/ProcessPurchase/cost?version={version}").status_code == 204


def test_prices_in_two_currencies_are_told_where_nothing_can_be_added_up(
    live: Deployment, admin_client: Client
) -> None:
    today = timezone.now().date()
    assert costs.problem(REGION, today) == ""
    euro = {"region": REGION, "item": "lambda.request", "valid_from": today, "amount": "0.5", "currency": "EUR"}
    said = "Prices of mars-1 are in EUR and USD"
    assert said in text(admin_client.post("/admin/workflows/price/add/", euro, follow=True))
    assert said in text(admin_client.get("/functions/ProcessPurchase/cost"))
