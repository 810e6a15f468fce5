"""The API as a whole: its description, and what no operation answers itself."""

import pytest
from django.test import Client

from tests.factories import UserFactory
from workflows.services import access


@pytest.mark.django_db
def test_a_method_that_an_address_does_not_know_is_a_problem_too(client: Client) -> None:
    _, secret = access.issue_token(user := UserFactory.create(), "t", by=user)
    answer = client.delete("/api/v1/workflows", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer["Content-Type"], answer["Allow"]) == (405, "application/problem+json", "GET")
    assert answer.json()["detail"] == "DELETE is not done here."


@pytest.mark.django_db
def test_a_program_reads_the_description_with_its_token(client: Client) -> None:
    _, secret = access.issue_token(user := UserFactory.create(), "t", by=user)
    assert client.get("/api/v1/openapi.json").status_code == 302
    wrong = client.get("/api/v1/openapi.json", headers={"Authorization": "Bearer wrong"})
    assert wrong.status_code == 302
    told = client.get("/api/v1/openapi.json", headers={"Authorization": f"Bearer {secret}"})
    assert told.json()["info"]["title"] == "Signalbox"
