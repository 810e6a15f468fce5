"""The settings of triggers are told where they are looked up: in the guide and in the API's description."""

from pathlib import Path

from django.test import Client

from workflows import triggers

ROOT = Path(__file__).parents[3]


def test_the_guide_has_the_settings_of_every_type() -> None:
    assert f"\n{triggers.table()}\n" in (ROOT / "docs" / "api.md").read_text(), "Put the table in again."


def test_the_description_of_the_api_has_them_too(admin_client: Client) -> None:
    told = admin_client.get("/api/v1/openapi.json").json()["components"]["schemas"]["TriggerIn"]
    assert triggers.table() in told["properties"]["settings"]["description"]
