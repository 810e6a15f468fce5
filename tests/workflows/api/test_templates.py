"""Exporting and taking over REST: what one installation gives, another takes after having told what it would do."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import FunctionRevisionFactory
from tests.workflows.api.conftest import Asker, asker
from workflows.models import Function, FunctionRevision

pytestmark = pytest.mark.django_db


def propose(by: Asker, content: bytes, status: int = 201, **more: str) -> Any:
    sent = {"file": SimpleUploadedFile("given.json", content), **more}
    answer = Client().post("/api/v1/imports/templates", sent, headers={"Authorization": f"Bearer {by.secret}"})
    said = json.loads(answer.content)
    assert answer.status_code == status, said
    return said


def test_a_file_that_is_sent_as_text_is_refused_with_how_to_send_it(developer: Asker) -> None:
    headers = {"Authorization": f"Bearer {developer.secret}"}
    refused = Client().post("/api/v1/imports/templates", {"file": "e.json"}, headers=headers)
    [told] = refused.json()["errors"]
    assert (refused.status_code, told["path"], "@ stands before" in told["message"]) == (422, "/file", True)
    [told] = Client().post("/api/v1/imports/templates", {}, headers=headers).json()["errors"]
    assert (told["path"], told["message"]) == ("/file", "This is required.")


def test_an_export_is_taken_under_another_name(developer: Asker) -> None:
    one = FunctionRevisionFactory.create(environment={"TOKEN": "secret"})
    exported = developer.ask("GET", "functions/ProcessPurchase/export").content
    names = json.dumps({"functions": {"ProcessPurchase": "Copy"}})
    row = propose(developer, exported, names=names, note="a copy")
    assert [(line["verb"], line["what"]) for line in row["plan"]] == [("create", "Function Copy")]
    assert developer.get(f"imports/templates/{row['id']}")["plan"] == row["plan"]
    assert not Function.objects.filter(name="Copy").exists()
    told = developer.post(f"imports/templates/{row['id']}/take", {"seen": row["seen"]}, status=200)
    assert told["taken"] == [{"kind": "function", "name": "Copy", "revision": 1, "is_new": True}]
    copy = FunctionRevision.objects.get(function__name="Copy")
    assert (copy.environment, bytes(copy.package)) == (one.environment, bytes(one.package))
    assert (copy.note, copy.created_by) == ("a copy", developer.user)


def test_what_changed_since_it_was_looked_at_is_409_and_what_cannot_be_taken_is_422(developer: Asker) -> None:
    FunctionRevisionFactory.create()
    row = propose(developer, developer.ask("GET", "functions/ProcessPurchase/export").content)
    developer.post(f"imports/templates/{row['id']}/take", {"seen": "another"}, status=409)
    said = propose(developer, b'{"Resources": {}}', 422)
    assert (said["errors"][0]["path"], "neither" in said["errors"][0]["message"]) == ("/file", True)
    said = propose(developer, b"{}", 422, names="[1]")
    assert said["errors"][0]["path"] == "/names"
    developer.post("imports/templates/99/take", {}, status=404)


def test_a_token_that_only_reads_is_given_masks() -> None:
    FunctionRevisionFactory.create(environment={"TOKEN": "secret"})
    reader = asker(scopes=["read"])
    assert reader.get("functions/ProcessPurchase/export")["functions"][0]["environment"] == {"TOKEN": "••••••"}
    answer = reader.ask("GET", "functions/ProcessPurchase/export?as=sam")
    assert (answer["Content-Type"], answer.content[:2]) == ("application/zip", b"PK")
    assert reader.ask("GET", "functions/ProcessPurchase/export?revision=9").status_code == 404
    assert reader.ask("GET", "workflows/none/export").status_code == 404
    propose(reader, b"{}", 403)


def test_what_a_file_carries_is_called_otherwise_after_it_was_given(developer: Asker) -> None:
    FunctionRevisionFactory.create()
    row = propose(developer, developer.ask("GET", "functions/ProcessPurchase/export").content)
    address = f"imports/templates/{row['id']}"

    def rename(names: dict[str, str], status: int = 200) -> Any:
        return developer.patch(address, {"functions": names}, status)

    told = rename({"ProcessPurchase": "Copy"})
    assert [(line["verb"], line["what"]) for line in told["plan"]] == [("create", "Function Copy")]
    assert (told["names"]["functions"], told["seen"] == row["seen"]) == ({"ProcessPurchase": "Copy"}, False)
    assert rename({})["seen"] == row["seen"]
    for old, new in (("Other", "Copy"), ("ProcessPurchase", "no blanks")):
        assert [error["path"] for error in rename({old: new}, 422)["errors"]] == [f"/functions/{old}"]
    developer.post(f"{address}/take", {}, status=200)
    assert "not kept any more" in rename({"ProcessPurchase": "Copy"}, 422)["errors"][0]["message"]
