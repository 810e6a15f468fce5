"""Environments made and changed over REST, by admins."""

import json

import pytest

from tests.factories import EnvironmentFactory
from tests.workflows.api.conftest import Asker, asker
from workflows.models import Activity, Environment

pytestmark = pytest.mark.django_db
NEW = {
    "name": "prod",
    "title": "Production",
    "colour": "red",
    "is_production": True,
    "region": "eu-central-1",
    "account_id": "210987654321",
    "role_arn": "arn:aws:iam::210987654321:role/signalbox",
    "external_id": "ours-7",
}


@pytest.fixture
def admin() -> Asker:
    EnvironmentFactory.create()
    return asker("admin")


def test_an_admin_makes_one_once_for_each_key(admin: Asker) -> None:
    made = admin.post("environments", NEW, 201, **{"Idempotency-Key": "k"})
    assert admin.post("environments", NEW, 201, **{"Idempotency-Key": "k"}) == made
    assert {name: made[name] for name in NEW} == NEW
    row = Environment.objects.get(slug="prod")
    assert (row.name_prefix, row.is_embedded, row.external_id) == ("signalbox-", False, "ours-7")
    assert Activity.objects.get(action="environment.create").by_name == admin.user.username
    assert "external_id" not in admin.get("environments/prod")


def test_what_can_be_done_there_is_told(admin: Asker) -> None:
    told = {one["name"]: one for one in admin.get("environments/default")["capabilities"]}
    assert told["express"] == {"name": "express", "is_available": True, "refusal": None}
    assert told["weighted aliases"]["refusal"].startswith("A weighted alias is not available in this environment.")


def test_a_change_leaves_what_it_does_not_name(admin: Asker) -> None:
    admin.post("environments", NEW)
    told = json.loads(admin.ask("PATCH", "environments/prod", {"title": "Live", "external_id": ""}).content)
    assert (told["title"], told["external_id"], told["region"]) == ("Live", "", "eu-central-1")
    assert admin.ask("PATCH", "environments/prod", {"name": "other"}).status_code == 422
    assert admin.ask("PATCH", "environments/none", {}).status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", "default", "of this name already"),
        ("region", "Frankfurt", "a region such as us-east-1"),
        ("account_id", "12", "Twelve digits"),
        ("role_arn", "signalbox", "the ARN of a role"),
        ("title", " ", "blank"),
    ],
)
def test_what_aws_could_not_make_sense_of_is_told_at_its_place(admin: Asker, field: str, value: str, told: str) -> None:
    said = admin.post("environments", NEW | {field: value}, 422)
    assert said["errors"][0]["path"] == f"/{field}"
    assert told in said["errors"][0]["message"]
    assert Environment.objects.count() == 1


def test_a_token_bound_to_environments_makes_and_changes_no_other(admin: Asker) -> None:
    bound = asker("admin", environments=["default"])
    bound.post("environments", NEW, 403)
    assert bound.ask("PATCH", "environments/default", {"title": "Mine"}).status_code == 200
    asker("developer").post("environments", NEW, 403)


def test_a_name_that_somebody_took_meanwhile_is_told_at_its_place(
    admin: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    EnvironmentFactory.create(slug="prod")
    monkeypatch.setattr(Environment, "validate_unique", lambda self, exclude=None: None)  # it was free a moment ago
    for key in ({}, {"Idempotency-Key": "k"}):
        assert admin.post("environments", NEW, 422, **key)["errors"][0]["path"] == "/name"
