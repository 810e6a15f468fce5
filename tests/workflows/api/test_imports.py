"""Imports listed over REST: newest first, within what the token is bound to."""

import pytest

from tests.factories import EnvironmentFactory, ImportFactory, TemplateImportFactory
from tests.workflows.api.conftest import Asker, asker

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
