"""What differs in AWS, listed by REST: within what a token reaches, page by page, compared anew when asked."""

import json

import pytest
from django.utils import timezone

from tests.factories import DeploymentFactory, DriftFactory, FunctionDeploymentFactory
from tests.workflows.api.conftest import asker
from workflows.models import Drift

pytestmark = pytest.mark.django_db


def test_everything_compared_is_listed_and_what_differs_can_be_asked_for() -> None:
    DriftFactory.create(deployment=DeploymentFactory.create(), differs_since=None)
    DriftFactory.create(deployment=FunctionDeploymentFactory.create(), differs_since=timezone.now())
    by = asker("viewer")
    page = by.get("drift?limit=1")
    rest = by.get(f"drift?limit=1&cursor={page['next']}")
    found = [*page["results"], *rest["results"]]
    assert [(one["workflow"], one["function"]) for one in found] == [
        ("transaction-processor", None),
        (None, "ProcessPurchase"),
    ]
    assert [one["function"] for one in by.get("drift?differs=true")["results"]] == ["ProcessPurchase"]
    assert [one["since"][-1] for one in found[1]["differences"]] == ["Z"]  # as every time of the API
    assert [one["workflow"] for one in by.get("drift?differs=false")["results"]] == ["transaction-processor"]
    bound = asker("viewer", workflows=["transaction-processor"])
    assert [one["workflow"] for one in bound.get("drift")["results"]] == ["transaction-processor"]
    assert bound.ask("POST", "drift").status_code == 403


def test_all_that_is_live_is_compared_when_asked() -> None:
    DeploymentFactory.create()
    FunctionDeploymentFactory.create()
    asked = asker("viewer").ask("POST", "drift")
    assert asked.status_code == 202
    assert [one["is_pending"] for one in json.loads(asked.content)["results"]] == [True, True]
    assert Drift.objects.filter(next_check_at__isnull=False).count() == 2
