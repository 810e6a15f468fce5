"""The API as a whole: its description, and what no operation answers itself."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.conf import settings
from django.test import Client

from controlplane.api import api
from tests.factories import UserFactory
from workflows.api.problems import CODES, MEDIA_TYPE, NEARER
from workflows.services import access


@pytest.mark.django_db
def test_a_method_that_an_address_does_not_know_is_a_problem_too(client: Client) -> None:
    _, secret = access.issue_token(user := UserFactory.create(), "t", by=user)
    answer = client.delete("/api/v1/workflows", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer["Content-Type"], answer["Allow"]) == (405, "application/problem+json", "GET")
    said = answer.json()
    assert (said["detail"], said["code"]) == ("DELETE is not done here.", "method_not_allowed")
    assert said["type"] == "urn:signalbox:problem:method_not_allowed"


@pytest.mark.django_db
def test_every_refusal_has_a_code(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    _, secret = access.issue_token(user := UserFactory.create(), "t", by=user)
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/transactions").json()["detail"] == "Send a token: Authorization: Bearer …"
    unknown = client.get("/api/v1/transactions", headers={"Authorization": "Bearer sbx_gone"}).json()
    told = "This token is not known, or was revoked or has expired."
    assert (unknown["code"], unknown["detail"]) == ("no_token", told)
    assert client.get("/api/v1/nowhere").json()["code"] == "not_found"
    assert client.get("/api/v1/nowhere", headers=headers).json()["code"] == "not_found"
    assert client.get("/api/v1/transactions?nonsense=1", headers=headers).json()["code"] == "bad_filter"
    body = b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    too_large = client.post("/api/v1/hooks", body, content_type="application/json", headers=headers)
    assert (too_large.status_code, too_large.json()["code"]) == (413, "too_large")
    text = client.post("/api/v1/hooks", "x", content_type="text/plain", headers=headers)
    assert (text.status_code, text.json()["code"]) == (415, "not_json")
    monkeypatch.setattr("transactions.selectors.page", lambda *_: 1 / 0)
    client.raise_request_exception = False
    failed = client.get("/api/v1/transactions", headers=headers)
    assert (failed.status_code, failed["Content-Type"], failed.json()["code"]) == (500, MEDIA_TYPE, "failed")


def test_the_guide_names_every_code_beside_its_status() -> None:
    guide = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()
    codes = [*CODES.items(), *((status, code) for status, codes in NEARER.items() for code in codes)]
    missing = [
        (status, code) for status, code in codes if not re.search(rf"^\| {status} \|.*`{code}`", guide, re.MULTILINE)
    ]
    assert not missing


@pytest.mark.django_db
def test_a_program_reads_the_description_with_its_token(client: Client) -> None:
    _, secret = access.issue_token(user := UserFactory.create(), "t", by=user)
    wrong = {"Authorization": "Bearer wrong"}
    assert client.get("/api/v1/docs").status_code == 302  # a person, to the sign-in page
    for path, headers in (("openapi.json", {}), ("openapi.json", wrong), ("docs", wrong)):
        refused = client.get(f"/api/v1/{path}", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "no_token")
        assert refused["WWW-Authenticate"] == "Bearer"
    told = client.get("/api/v1/openapi.json", headers={"Authorization": f"Bearer {secret}"})
    assert told.json()["info"]["title"] == "Signalbox"
    client.force_login(user)
    assert client.get("/api/v1/openapi.json", headers=wrong).status_code == 200


def test_parameters_named_by_a_pattern_are_described() -> None:
    described = api.get_openapi_schema()["paths"]["/api/v1/transactions"]["get"]["parameters"]
    (keys,) = [one for one in described if one["name"] == "keys"]
    assert (keys["style"], keys["explode"]) == ("form", True)
    fits = re.compile(keys["schema"]["propertyNames"]["pattern"])
    assert [bool(fits.search(name)) for name in ("key.a", "not.key.a", "key.", "cursor")] == [True, True, False, False]
    assert {"not.workflow", "not.status", "not.reference", "not.branch"} <= {one["name"] for one in described}


@pytest.mark.django_db
def test_what_senders_post_to_is_described_and_answers_problems(client: Client) -> None:
    described = api.get_openapi_schema()["paths"]["/hooks/in/{slug}"]["post"]
    assert described["security"] == []
    assert MEDIA_TYPE in described["responses"][422]["content"]
    for answer, code in (
        (client.get("/hooks/in/one"), "method_not_allowed"),
        (client.post("/hooks/in/one"), "not_found"),
        (client.post("/hooks/in/no/where"), "not_found"),
    ):
        assert (answer["Content-Type"], answer.json()["code"]) == (MEDIA_TYPE, code)


def test_whatever_an_operation_takes_may_be_refused() -> None:
    refused_with = {"path": 404, "query": 422, "header": 400}
    missing = {
        f"{method} {path}: {status}"
        for path, operations in api.get_openapi_schema()["paths"].items()
        for method, operation in operations.items()
        for taken in operation.get("parameters", ())
        if (status := refused_with[taken["in"]]) not in map(int, operation["responses"])
    }
    assert not missing


def test_every_operation_says_when_the_same_should_be_sent_again() -> None:
    paths = api.get_openapi_schema()["paths"]
    answers = [(path, one["responses"]) for path, operations in paths.items() for one in operations.values()]
    silent = [path for path, known in answers if 500 not in known or "Retry-After" not in known.get(503, {})["headers"]]
    assert (silent, len(answers) > 100) == ([], True)


def examples() -> Iterator[tuple[str, str, str]]:
    """Method, path and body of each example in the guide to the API."""
    guide = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()
    for block in re.findall(r"```\n(.*?)```", guide, re.DOTALL):
        for example in re.split(r"\n(?=call |curl )", block):
            if found := re.search(r"\$API(/[^\s?\"]*)", example):
                is_form = " -F " in example
                method = re.search(r"-X (\w+)", example)
                body = re.search(r" -d '(.*)'", example, re.DOTALL)
                said = re.sub(r"'\$REQUEST'", "1", body[1]).replace("'$", "").replace("'", "") if body else ""
                yield method[1] if method else "POST" if is_form else "GET", found[1], said


def test_the_examples_of_the_guide_are_as_the_description_has_them() -> None:
    described = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    operations = [
        (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operation)
        for path, said in described["paths"].items()
        for method, operation in said.items()
    ]
    count = 0
    for method, path, body in examples():
        of_path = [one for verb, pattern, one in operations if verb == method and pattern.fullmatch(f"/api/v1{path}")]
        assert of_path, f"{method} {path}"
        if body:
            schema: Any = of_path[0]["requestBody"]["content"]["application/json"]["schema"]
            jsonschema_rs.validate({**schema, "components": described["components"]}, json.loads(body))
        count += 1
    assert count > 80
