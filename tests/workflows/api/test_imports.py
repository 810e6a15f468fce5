"""Imports listed over REST: newest first, within what the token is bound to."""

from typing import Any

import pytest
from django.test import Client

from tests.answers import text
from tests.factories import EnvironmentFactory, FunctionDeploymentFactory, ImportFactory, TemplateImportFactory
from tests.workflows.api.conftest import Asker, asker
from workflows.models import Survey

pytestmark = pytest.mark.django_db


def test_imports_are_listed_newest_first_by_page(developer: Asker) -> None:
    rows = [ImportFactory.create() for _ in range(3)]
    first = developer.get("imports?limit=2")
    assert [one["id"] for one in first["results"]] == [rows[2].pk, rows[1].pk]
    assert [one["id"] for one in developer.get(f"imports?cursor={first['next']}")["results"]] == [rows[0].pk]


def test_a_bound_token_lists_its_own_environment_only() -> None:
    ImportFactory.create()
    mine = ImportFactory.create(environment=EnvironmentFactory.create(slug="other"))
    assert [one["id"] for one in asker(environments=["other"]).get("imports")["results"]] == [mine.pk]
    assert asker(workflows=["one"]).ask("GET", "imports").status_code == 403


def test_files_that_were_given_are_listed_without_what_they_carry(developer: Asker) -> None:
    row = TemplateImportFactory.create()
    [told] = developer.get("imports/templates")["results"]
    assert (told["id"], told["taken"], "plan" in told) == (row.pk, row.taken, False)


ARN = "arn:aws:lambda:us-east-1:123456789012:function:theirs"


@pytest.mark.parametrize(
    ("asked", "status", "path", "said"),
    [
        ({"arn": "rubbish", "name": "theirs"}, 422, "/arn", "That is no ARN."),
        ({"arn": f"{ARN}2", "name": "theirs"}, 422, "/arn", "Look again."),
        ({"arn": ARN, "name": "not a name"}, 422, "/name", "letters, digits"),
        ({"arn": ARN, "name": "another"}, 409, "/arn", "It is being imported as theirs just now."),
    ],
)
def test_what_cannot_be_imported_is_told_at_its_part(
    developer: Asker, asked: dict[str, Any], status: int, path: str, said: str
) -> None:
    environment = EnvironmentFactory.create()
    found = [{"arn": ARN, "kind": "function", "name": "theirs", "what": "python3.12", "owner": ""}]
    Survey.objects.create(environment=environment, found=found)
    ImportFactory.create(environment=environment, arn=ARN, name="theirs")
    refused = developer.post("imports", asked, status)
    assert [(one["path"], said in one["message"]) for one in refused["errors"]] == [(path, True)]


def test_what_has_lost_our_tag_is_not_offered_as_somebody_elses(developer: Asker, client: Client) -> None:
    live = FunctionDeploymentFactory.create()
    found = [{"arn": live.resource_arn, "kind": "function", "name": "signalbox-X", "what": "python3.12", "owner": ""}]
    Survey.objects.create(environment=live.environment, found=found)
    told = developer.post("imports", {"arn": live.resource_arn, "name": "another"}, 422)["errors"][0]
    assert (told["path"], "as ProcessPurchase, and has lost the tag" in told["message"]) == ("/arn", True)
    client.force_login(developer.user)
    page = text(client.get("/import/"))
    assert str(live.environment.install) in page
    assert 'name="arn"' not in page
