"""Writing functions in the page: their files and their configuration."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from tests.answers import text
from tests.factories import FunctionRevisionFactory, UserFactory
from workflows import packaging, sources
from workflows.models import Activity, Function, FunctionRevision
from workflows.sources import CodeFile

pytestmark = pytest.mark.django_db

FUNCTION: dict[str, Any] = {
    "name": "Charge",
    "runtime": "python3.12",
    "handler": "handler.handler",
    "memory": "192",
    "timeout": "7",
    "environment": "TABLE = orders",
    "permissions": "",
    "note": "First",
    "file-was": ["handler.py", ""],
    "file-name": ["handler.py", ""],
    "file-text": ["def handler(event, context):\r\n    return 1\r\n", ""],
}
LAYER = "arn:aws:lambda:us-east-1:123456789012:layer:shared:3"


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(UserFactory.create(username="dora", role="developer"))
    return client


def test_a_function_that_somebody_else_saved_meanwhile_is_told_with_what_was_typed(page: Client) -> None:
    page.post("/functions/new/", FUNCTION)
    page.post("/functions/Charge/edit", FUNCTION | {"memory": "256", "base": "1"})
    files = {"file-was": ["handler.py"], "file-name": ["handler.py"], "file-text": ["mine = 1\n"]}
    answer = page.post("/functions/Charge/edit", FUNCTION | files | {"base": "1"})
    assert answer.status_code == 409 and "mine = 1" in text(answer)
    assert FunctionRevision.objects.count() == 2


def function(number: int = 1, *files: CodeFile, **more: Any) -> FunctionRevision:
    package = sources.pack(list(files) or [CodeFile("handler.py", b"def handler(event, context): return 1\n")])
    more |= {"package": package.content, "package_sha256": package.sha256}
    return FunctionRevisionFactory.create(number=number, **more)


def as_typed(revision: FunctionRevision, *files: CodeFile) -> dict[str, Any]:
    """What the editor would send for a revision when nothing was changed but the files."""
    names = [file.name for file in files]
    return FUNCTION | {
        "file-was": names,
        "file-name": names,
        "file-text": [file.text or "" for file in files],
        "base": str(revision.number),
    }


def test_a_new_function_is_saved_with_its_files(page: Client) -> None:
    answer = page.post("/functions/new/", FUNCTION)
    revision = FunctionRevision.objects.get()
    assert answer["Location"] == "/functions/Charge?revision=1"
    assert (revision.memory_mb, revision.timeout_s, revision.environment) == (192, 7, {"TABLE": "orders"})
    assert (revision.note, str(revision.created_by)) == ("First", "dora")
    assert sources.unpack(bytes(revision.package)) == [
        CodeFile("handler.py", b"def handler(event, context):\n    return 1\n")
    ]


def test_a_new_function_of_a_deleted_name_restores_that_and_says_so(page: Client) -> None:
    page.post("/functions/new/", FUNCTION)
    page.post("/functions/Charge/delete")
    assert Function.objects.get().deleted_at is not None
    saved = page.post("/functions/new/", FUNCTION | {"memory": "256"}, follow=True)
    assert "Charge was deleted here before: it is restored" in text(saved)
    assert Function.objects.get().deleted_at is None
    assert FunctionRevision.objects.count() == 2


def test_changing_only_a_file_keeps_the_others_to_the_byte(page: Client) -> None:
    crlf, binary = CodeFile("dos.txt", b"a\r\nb\r\n", is_executable=True), CodeFile("data.bin", b"\0\1")
    old = function(1, CodeFile("handler.py", b"pass\n"), crlf, binary)
    typed = as_typed(old, CodeFile("handler.py", b"import os\n"), CodeFile("dos.txt", b"a\nb\n"))
    page.post(f"/functions/{old.function.name}/edit", typed)
    made = sources.unpack(bytes(old.function.revisions.get(number=2).package))
    assert made == [binary, crlf, CodeFile("handler.py", b"import os\n")]


def test_a_file_is_added_renamed_and_left_out(page: Client) -> None:
    old = function(1, CodeFile("a.py", b"1\n"), CodeFile("b.py", b"2\n"), CodeFile("c.bin", b"\0"))
    typed = as_typed(old) | {
        "file-was": ["a.py", "b.py", ""],
        "file-name": ["handler.py", "", "new.py"],
        "file-text": ["1\n", "2\n", "3\n"],
        "drop": "c.bin",
    }
    page.post(f"/functions/{old.function.name}/edit", typed)
    made = sources.unpack(bytes(old.function.revisions.get(number=2).package))
    assert made == [CodeFile("handler.py", b"1\n"), CodeFile("new.py", b"3\n")]


def test_a_package_too_large_for_a_page_stays_while_its_configuration_changes(page: Client) -> None:
    files = [("handler.py", b"", False), *((f"data/{n}", b"", False) for n in range(sources.MOST_FILES))]
    package = packaging.zip_of(files).content
    old = FunctionRevisionFactory.create(package=package, number=1)
    address = f"/functions/{old.function.name}/edit"
    assert "too large" in text(page.get(address))
    page.post(address, FUNCTION | {"base": "1"})
    new = old.function.revisions.get(number=2)
    assert (bytes(new.package), new.memory_mb) == (package, 192)


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"runtime": "cobol"}, "runtime", "One of python3.13"),
        ({"handler": "a b"}, "handler", "such as handler.handler"),
        ({"memory": "1"}, "memory", "128"),
        ({"timeout": "901"}, "timeout", "900"),
        ({"environment": "nonsense"}, "environment", "Line 1"),
        ({"environment": "1A = x"}, "environment", "“1A” is no name of an environment variable"),
        ({"environment": 'A1 = "x'}, "environment", "JSON string"),
        ({"environment": "AWS_REGION = x"}, "environment", "set by Lambda itself"),
        ({"environment": f"BIG = {'x' * 4094}"}, "environment", "at most 4,096"),
        ({"storage": "511"}, "storage", "512"),
        ({"concurrency": "-1"}, "concurrency", "0"),
        ({"architecture": "sparc"}, "architecture", "sparc"),
        ({"layers": "\n".join([LAYER] * 6)}, "layers", "at most 5"),
        ({"layers": "arn:aws:s3:::bucket"}, "layers", "not the ARN of a layer"),
        ({"dead_letter": "arn:aws:s3:::bucket"}, "dead_letter", "queue or topic, such as"),
        ({"role": "admin"}, "role", "The ARN of a role"),
        ({"tags": "aws:x = y"}, "tags", "made by AWS"),
        ({"permissions": "{"}, "permissions", "This is not JSON"),
        ({"permissions": "{}"}, "permissions", "This is a list"),
        ({"permissions": '[{"actions": ["iam:*"], "resources": ["x"]}]'}, "permissions", "named one by one"),
        ({"file-name": ["../evil", ""]}, "__all__", "path inside the package"),
        ({"file-name": ["/etc/passwd", ""]}, "__all__", "path inside the package"),
        ({"file-name": ["", ""]}, "__all__", "at least one file"),
        ({"file-name": ["a.py", "a.py"]}, "__all__", "two files of this name"),
        ({"file-text": ["x" * 600_000, ""]}, "__all__", "512 KB"),
    ],
)
def test_bad_input_of_a_function_is_told_and_nothing_is_saved(
    page: Client, given: dict[str, Any], field: str, said: str
) -> None:
    answer = page.post("/functions/new/", FUNCTION | given)
    assert answer.status_code == 422
    assert said in " ".join(answer.context["form"].errors[field])
    assert not Function.objects.exists()


@pytest.mark.parametrize(
    ("runtime", "handler", "told"),
    [
        ("nodejs22.x", "index.handler", "export const handler"),
        ("ruby3.4", "handler.handler", "def handler(event:"),
        ("java21", "example.Handler::handleRequest", "Code of java21 is built elsewhere"),
        ("cobol", "handler.handler", "def handler(event, context)"),
    ],
)
def test_a_new_function_begins_with_code_of_its_runtime(page: Client, runtime: str, handler: str, told: str) -> None:
    shown = page.get(f"/functions/new/?runtime={runtime}&name=Orders")
    form = shown.context["form"]
    assert (form["handler"].value(), form["name"].value()) == (handler, "Orders")
    assert told in text(shown)


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/zip")


def test_a_zip_that_is_uploaded_takes_the_place_of_all_files(page: Client) -> None:
    package = packaging.zip_of([("handler.py", b"def handler(event, context): ...\n", False)])
    page.post("/functions/new/", FUNCTION | {"package": upload("code.zip", package.content)})
    revision = FunctionRevision.objects.get()
    assert (bytes(revision.package), revision.package_sha256) == (package.content, package.sha256)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"not a zip", "not a zip file"),
        (packaging.zip_of([("../handler.py", b"", False)]).content, "stay inside"),
        (packaging.zip_of([("app/handler.py", b"", False)]).content, "zip what is in it, not the folder"),
    ],
)
def test_a_zip_that_cannot_be_used_is_refused_and_nothing_is_kept(page: Client, content: bytes, why: str) -> None:
    answer = page.post("/functions/new/", FUNCTION | {"package": upload("code.zip", content)})
    assert answer.status_code == 422
    assert why in text(answer)
    assert not FunctionRevision.objects.exists()


def test_everything_that_can_be_configured_is_kept_and_comes_back(page: Client) -> None:
    more = {
        "architecture": "arm64",
        "storage": "1024",
        "concurrency": "5",
        "layers": LAYER,
        "dead_letter": "arn:aws:sqs:us-east-1:123456789012:lost",
        "role": "arn:aws:iam::123456789012:role/mine",
        "tags": "team = payments",
    }
    page.post("/functions/new/", FUNCTION | more)
    revision = FunctionRevision.objects.get()
    assert (revision.architecture, revision.storage_mb, revision.concurrency) == ("arm64", 1024, 5)
    assert (revision.layers, revision.tags) == ([LAYER], {"team": "payments"})
    shown = text(page.get(f"/functions/{revision.function.name}/edit"))
    for value in more.values():
        assert value in shown


def test_values_of_variables_are_encrypted_and_shown_only_to_whom_they_may_be(page: Client, client: Client) -> None:
    page.post("/functions/new/", FUNCTION | {"environment": "API_KEY = canary-5f1c"})
    revision = FunctionRevision.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT environment FROM workflows_functionrevision")
        assert "canary" not in str(cursor.fetchone()[0])
    address = f"/functions/{revision.function.name}"
    assert "canary-5f1c" in text(page.get(address))
    assert "canary" not in str(list(Activity.objects.values()))
    for role in ("viewer", "operator"):
        client.force_login(UserFactory.create(role=role))
        for path in (address, f"{address}/compare?from=1&to=1", "/activity/"):
            assert "canary" not in text(client.get(path))


def test_who_may_not_see_a_value_may_still_keep_it(page: Client, client: Client) -> None:
    page.post("/functions/new/", FUNCTION | {"environment": "API_KEY = canary-5f1c"})
    function = Function.objects.get()
    other = UserFactory.create(role="viewer")
    other.user_permissions.add(Permission.objects.get(codename="add_functionrevision"))
    client.force_login(other)
    shown = text(client.get(f"/functions/{function.name}/edit"))
    assert "API_KEY = ••••••" in shown
    assert "canary" not in shown
    sent = FUNCTION | {"base": "1", "environment": "API_KEY = ••••••\nNEW = x"}
    client.post(f"/functions/{function.name}/edit", sent)
    assert function.revisions.get(number=2).environment == {"API_KEY": "canary-5f1c", "NEW": "x"}


def test_wildcards_are_taken_and_said_so_when_saved_and_when_written_again(page: Client) -> None:
    given = {"permissions": '[{"actions": ["s3:Get*"], "resources": ["arn:aws:s3:::orders/*"]}]'}
    saved = text(page.post("/functions/new/", FUNCTION | given, follow=True))
    assert "It may do more than it names. s3:Get* allows every action that fits" in saved
    assert "Wildcards: it may do more than it names." in text(page.get("/functions/Charge/edit"))


BROKEN = {"file-was": ["handler.py", ""], "file-name": ["handler.py", "new.py"], "file-text": ["x = 1\n", "def f(:\n"]}


def test_code_that_python_cannot_read_is_told_beside_its_line_and_when_it_is_saved(page: Client) -> None:
    checked = text(page.post("/functions/check/", FUNCTION | BROKEN))
    assert 'data-problem="id_file0"' in checked and 'data-line="1"' in checked
    saved = page.post("/functions/new/", FUNCTION | BROKEN, follow=True)
    assert "Python may not read its code" in text(saved) and "new.py, line 1" in text(saved)
    assert "Problems in r1" in text(saved)
    assert 'data-problem="id_file2"' in text(page.get("/functions/Charge/edit"))
    assert FunctionRevision.objects.get().problems[0]["path"] == "new.py"


def test_of_other_languages_it_says_that_their_syntax_is_not_read(page: Client) -> None:
    assert "not checked here" in text(page.get("/functions/new/?runtime=nodejs22.x"))
    assert "syntax of its Python is right" in text(page.get("/functions/new/"))
