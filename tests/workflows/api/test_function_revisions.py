"""Saving a function over REST: a zip and some configuration, of which what is absent stays."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import EnvironmentFactory, FunctionRevisionFactory
from tests.workflows.api.conftest import Asker
from workflows import packaging
from workflows.forms.functions import FunctionForm
from workflows.models import FunctionRevision
from workflows.variables import MASK

pytestmark = pytest.mark.django_db
CODE = packaging.zip_of([("app.py", b"def run(event, context):\n    return 2\n", False)]).content
NEW = {"runtime": "python3.12", "handler": "app.run", "memory": 256}
MAY_READ = {"actions": ["s3:GetObject"], "resources": ["*"]}


def save(by: Asker, name: str, status: int, code: bytes | None = None, given: Any = None, **more: str) -> Any:
    sent: dict[str, Any] = dict(more)
    if code is not None:
        sent["package"] = SimpleUploadedFile("app.zip", code)
    if given is not None:
        sent["configuration"] = given if isinstance(given, str) else json.dumps(given)
    headers = {"Authorization": f"Bearer {by.secret}"}
    answer = Client().post(f"/api/v1/functions/{name}/revisions", sent, headers=headers)
    said = json.loads(answer.content)
    assert answer.status_code == status, said
    return said


def test_a_zip_makes_a_function_and_the_same_again_nothing_new(developer: Asker) -> None:
    said = save(developer, "Uploaded", 201, CODE, NEW, note="first")
    assert (said["number"], said["memory"], said["timeout"], said["note"]) == (1, 256, 3, "first")
    revision = FunctionRevision.objects.get()
    assert (bytes(revision.package), revision.created_by) == (CODE, developer.user)
    assert save(developer, "Uploaded", 200, CODE, NEW)["number"] == 1


def test_what_is_absent_stays_code_and_masked_values_too(developer: Asker) -> None:
    FunctionRevisionFactory.create(environment={"TOKEN": "secret", "MODE": "a"}, tags={"team": "shop"})
    was = FunctionRevision.objects.get()
    destination = "arn:aws:sqs:us-east-1:123456789012:failed"
    save(
        developer,
        "ProcessPurchase",
        201,
        given={"environment": {"TOKEN": MASK, "MODE": "b"}, "on_failure": destination},
    )
    now = FunctionRevision.objects.first()
    assert now is not None and now.number == was.number + 1
    assert (now.environment, now.tags) == ({"TOKEN": "secret", "MODE": "b"}, {"team": "shop"})
    assert (bytes(now.package), now.on_failure_arn) == (bytes(was.package), destination)
    told = developer.get(f"functions/ProcessPurchase/revisions/{now.number}")
    assert told["environment"] == {"TOKEN": MASK, "MODE": MASK}, "its values may be secret"
    assert (told["on_failure"], told["tags"]) == (destination, {"team": "shop"})


def test_code_that_python_cannot_read_is_saved_with_what_is_wrong(developer: Asker) -> None:
    EnvironmentFactory.create()
    broken = packaging.zip_of([("app.py", b"def run(event, context):\n    return (\n", False)]).content
    [said] = save(developer, "Uploaded", 201, broken, NEW)["problems"]
    assert (said["path"], said["line"], said["severity"]) == ("app.py", 2, "warning")
    assert save(developer, "Uploaded", 201, CODE)["problems"] == []
    steps = developer.get("functions/Uploaded/plan?revision=1")["steps"]
    assert [step["details"][0].split(":")[0] for step in steps if step["verb"] == "warn"] == ["app.py, line 2"]


@pytest.mark.parametrize(
    ("code", "given", "path", "said"),
    [
        (b"no zip", NEW, "/package", "not a zip file"),
        (packaging.zip_of([("../app.py", b"", False)]).content, NEW, "/package", "stay inside it"),
        (CODE, NEW | {"handler": "other.run"}, "/package", "there is no other.py"),
        (None, NEW, "/package", "send its code"),
        (CODE, {}, "/configuration/runtime", "`runtime` is missing: one of python3.13, "),
        (CODE, NEW | {"runtime": "cobol"}, "/configuration/runtime", "cannot be 'cobol': one of python3.13, "),
        (CODE, NEW | {"handler": "a b"}, "/configuration/handler", "such as handler.handler"),
        (CODE, NEW | {"memory": 1}, "/configuration/memory", "`memory` is 1"),
        (CODE, NEW | {"on_failure": "here"}, "/configuration/on_failure", "such as arn:aws:sqs:"),
        (CODE, NEW | {"layers": ["tools"]}, "/configuration/layers", "such as arn:aws:lambda:"),
        (
            CODE,
            NEW | {"environment": {"A": "1"}},
            "/configuration/environment",
            "at least two characters, of which the",
        ),
        (CODE, NEW | {"permissions": [{"actions": ["s3:GetObject"]}]}, "/configuration/permissions", "at least one"),
        (CODE, NEW | {"permissions": [MAY_READ | {"more": 1}]}, "/configuration/permissions", "and nothing else"),
        (CODE, NEW | {"permissions": [MAY_READ | {"actions": ["read"]}]}, "/configuration/permissions", "read"),
        (CODE, NEW | {"permissions": [MAY_READ | {"resources": ["mine"]}]}, "/configuration/permissions", "is no ARN"),
        (CODE, NEW | {"triggers": [{"type": "sqs"}]}, "/configuration/triggers/0/queue", "required"),
        (CODE, NEW | {"more": 1}, "/configuration", "unknown key `more`"),
        (CODE, NEW | {"name": "X"}, "/configuration", "without a `name`"),
        (CODE, "[1]", "/configuration", "A JSON object is wanted"),
        (CODE, "{", "/configuration", "not JSON"),
    ],
)
def test_what_cannot_be_saved_is_told_by_the_part_it_is_about(
    developer: Asker, code: bytes | None, given: Any, path: str, said: str
) -> None:
    told = save(developer, "Uploaded", 422, code, given)["errors"][0]
    assert (told["path"], said in told["message"]) == (path, True), told
    assert not FunctionRevision.objects.exists()


def test_a_part_of_the_form_that_there_is_not_is_refused(developer: Asker) -> None:
    headers = {"Authorization": f"Bearer {developer.secret}"}
    slips: list[tuple[dict[str, Any], str, str]] = [
        ({"confguration": "{}"}, "/confguration", "no such part"),
        ({"base": "abc"}, "/base", "integer"),
        ({"package": "app.zip"}, "/package", "as a file"),
        ({"configuration": SimpleUploadedFile("c.json", b"{}")}, "/configuration", "as text"),
    ]
    for sent, path, said in slips:
        refused = Client().post("/api/v1/functions/Uploaded/revisions", sent, headers=headers)
        [told] = refused.json()["errors"]
        assert (refused.status_code, told["path"], said in told["message"]) == (422, path, True), told
    for kind, body in (("application/json", b'{"timeout": 3}'), ("application/zip", CODE)):
        refused = Client().generic("POST", "/api/v1/functions/Uploaded/revisions", body, kind, headers=headers)
        [told] = refused.json()["errors"]
        assert (refused.status_code, "Send a form" in told["message"]) == (422, True), told


@pytest.mark.parametrize("name", ["a.b", "a%20b", "x" * 41, "%00", "höhe"])
def test_a_name_that_cannot_be_is_refused_and_not_only_not_found(developer: Asker, name: str) -> None:
    [told] = save(developer, name, 422)["errors"]
    assert (told["path"], "at most 40, such as order-intake" in told["message"]) == ("name", True)
    assert developer.ask("GET", f"functions/{name}/revisions").status_code == 404
    [told] = developer.post(f"workflows/{name}/revisions", {"definition": {}}, 422)["errors"]
    assert (told["path"], "such as order-intake" in told["message"]) == ("/name", True)


ALL = {
    "runtime": "nodejs22.x",
    "handler": "index.handler",
    "memory": 1_024,
    "timeout": 30,
    "architecture": "arm64",
    "layers": ["arn:aws:lambda:us-east-1:123456789012:layer:tools:3"],
    "storage": 1_024,
    "concurrency": 5,
    "environment": {"MODE": "live"},
    "permissions": [{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::files/*"]}],
    "role": "arn:aws:iam::123456789012:role/own",
    "dead_letter": "arn:aws:sqs:us-east-1:123456789012:dead",
    "on_failure": "arn:aws:sqs:us-east-1:123456789012:failed",
    "tags": {"team": "shop"},
}
NONE: dict[str, Any] = {
    "layers": [],
    "concurrency": None,
    "environment": {},
    "permissions": [],
    "role": "",
    "dead_letter": "",
    "on_failure": "",
    "tags": {},
}


def test_all_that_is_set_is_told_with_the_function_and_can_be_taken_away(developer: Asker) -> None:
    EnvironmentFactory.create()
    assert set(FunctionForm.base_fields) - {"name", "package", "note", "base"} == ALL.keys()
    code = packaging.zip_of([("index.mjs", b"export const handler = async () => 2;\n", False)]).content
    save(developer, "All", 201, code, ALL)
    told = developer.get("functions/All")
    assert {name: told[name] for name in ALL} == ALL | {"environment": {"MODE": MASK}}
    save(developer, "All", 201, given=NONE)
    told = developer.get("functions/All")
    assert {name: told[name] for name in ALL} == ALL | NONE


def test_who_says_what_they_began_from_overwrites_nobody(developer: Asker) -> None:
    save(developer, "Mine", 201, CODE, NEW)
    save(developer, "Mine", 201, None, {"memory": 384}, base="1")
    refused = save(developer, "Mine", 409, None, {"memory": 512}, base="1")
    assert (refused["code"], refused["detail"]) == ("changed_meanwhile", "r2 was saved meanwhile.")
    assert save(developer, "Mine", 201, None, {"timeout": 20}, base="2")["memory"] == 384
