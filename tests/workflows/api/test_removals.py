"""Deleting a function over REST, and who comes second when two deploy it."""

import json
from typing import Any

import pytest

from tests.factories import (
    DeploymentFactory,
    DriftFactory,
    EnvironmentFactory,
    FunctionDeploymentFactory,
    FunctionRevisionFactory,
    UserFactory,
    difference,
)
from tests.workflows.api.conftest import Asker, asker
from workflows.models import Deployment

pytestmark = pytest.mark.django_db


def delete(by: Asker, status: int = 202) -> Any:
    answer = by.ask("DELETE", "functions/ProcessPurchase")
    assert answer.status_code == status, answer.content
    return json.loads(answer.content)


def test_what_uses_it_is_told_before_and_with_409(developer: Asker) -> None:
    live = FunctionDeploymentFactory.create()
    number = DeploymentFactory.create(environment=live.environment).revision.number
    where = f"its newest revision, r{number}, live in Embedded"
    told = developer.get("functions/ProcessPurchase/deletion")
    assert told["used_by"] == [{"kind": "workflow", "name": "transaction-processor", "where": where}]
    assert [step["what"] for step in told["environments"][0]["steps"]] == [
        "Function signalbox-ProcessPurchase",
        "Alias live",
        "Role /signalbox/signalbox-function-ProcessPurchase",
        "Log group /aws/lambda/signalbox-ProcessPurchase",
    ]
    assert "transaction-processor" in delete(developer, 409)["errors"][0]["message"]


@pytest.mark.parametrize(
    ("field", "live"),
    [
        ("Who else may call it", "* may invoke it (evil)"),
        ("What else is handed to it", "arn:aws:sqs:us-east-1:123456789012:theirs"),
        ("Tag signalbox:install", "none"),
    ],
)
def test_what_a_deletion_would_end_at_is_told_before(developer: Asker, field: str, live: str) -> None:
    DriftFactory.create(differences=[difference(field, live)])
    [told] = developer.get("functions/ProcessPurchase/deletion")["environments"]
    [stop] = [step for step in told["steps"] if step["verb"] == "stop"]
    assert stop["what"] == f"{field}: {live}"
    assert "last compared" in stop["details"][0] and "then compare with AWS again" in stop["details"][1]


def test_it_is_deleted_once_and_restored(developer: Asker) -> None:
    FunctionDeploymentFactory.create()
    asked = delete(developer)
    [row] = asked["deployments"]
    assert (asked["deleted_at"], row["removes"]) == (None, True)
    assert developer.get(f"deployments/{row['id']}")["function"] == "ProcessPurchase"
    assert delete(developer)["deployments"][0]["id"] == row["id"]
    assert developer.post("functions/ProcessPurchase/deployments", {}, 409)["code"] == "changed_meanwhile"


def test_what_was_deleted_is_listed_apart(developer: Asker) -> None:
    EnvironmentFactory.create()
    FunctionRevisionFactory.create()
    assert delete(developer)["deleted_at"]
    assert developer.get("functions")["results"] == []
    [told] = developer.get("functions?deleted=true")["results"]
    assert told["deleted_at"] and developer.get("functions/ProcessPurchase")["deleted_at"]
    assert developer.post("functions/ProcessPurchase/restore", None, 200)["deleted_at"] is None
    developer.post("functions/ProcessPurchase/restore", None, 409)
    assert [one["name"] for one in developer.get("functions")["results"]] == ["ProcessPurchase"]


def test_a_token_for_some_environments_deletes_nothing() -> None:
    FunctionRevisionFactory.create()
    delete(asker(environments=["default"]), 403)


def test_who_deploys_second_is_told_409_with_who_is_ahead(developer: Asker) -> None:
    live = FunctionDeploymentFactory.create()
    other = FunctionRevisionFactory.create(function=live.function, number=500)
    ahead = UserFactory.create(username="olga", role="developer")
    busy = {"status": "running", "is_live": False, "requested_by": ahead}
    FunctionDeploymentFactory.create(environment=live.environment, function_revision=other, **busy)
    revision = {"revision": live.revision.number}
    refused = developer.post("functions/ProcessPurchase/deployments", revision, 409)
    assert refused["code"] == "changed_meanwhile"
    assert "olga deploys ProcessPurchase r500 at this moment" in refused["detail"]
    assert Deployment.objects.count() == 2
