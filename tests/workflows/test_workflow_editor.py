"""Writing workflows and functions in the page."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from tests.answers import text
from tests.factories import DEFINITION, SCHEMA, FunctionRevisionFactory, UserFactory, WorkflowRevisionFactory
from workflows import packaging, sources
from workflows.models import Activity, Function, FunctionRevision, Workflow, WorkflowRevision
from workflows.sources import CodeFile

pytestmark = pytest.mark.django_db

WORKFLOW: dict[str, Any] = {
    "name": "orders",
    "title": "Orders",
    "type": "STANDARD",
    "definition": DEFINITION.replace("\n", "\r\n"),
    "input_schema": SCHEMA,
    "keys": "customer_id = $.CustomerId",
    "note": "First",
}
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
BROKEN = '{"StartAt": "A",\n "States": {\n  "A": {"Type": "Pass", "Next": "Nowhere"}}}'


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(UserFactory.create(username="dora", role="developer"))
    return client


# ---- workflows


def test_a_new_workflow_is_saved_with_author_note_and_record(page: Client) -> None:
    answer = page.post("/workflows/new/", WORKFLOW)
    revision = WorkflowRevision.objects.get()
    assert answer["Location"] == "/workflows/orders?revision=1"
    assert (revision.workflow.title, revision.note, str(revision.created_by)) == ("Orders", "First", "dora")
    assert revision.definition == DEFINITION
    assert revision.keys == {"customer_id": "$.CustomerId"}
    assert Activity.objects.get().action == "workflow.save"


def test_a_role_made_elsewhere_is_saved_with_the_rest_and_a_wrong_one_is_told(page: Client) -> None:
    role = "arn:aws:iam::111122223333:role/machines"
    refused = page.post("/workflows/new/", WORKFLOW | {"role": "admin"})
    assert (refused.status_code, "The ARN of a role" in text(refused)) == (422, True)
    page.post("/workflows/new/", WORKFLOW | {"role": role})
    assert WorkflowRevision.objects.get().custom_role_arn == role
    assert page.get("/workflows/orders/edit").context["form"]["role"].value() == role
    assert role in text(page.get("/workflows/orders"))


def test_a_change_is_a_further_revision_and_the_old_one_stays(page: Client) -> None:
    old = WorkflowRevisionFactory.create(number=1)
    page.post(f"/workflows/{old.workflow.name}/edit", WORKFLOW | {"type": "EXPRESS", "base": "1"})
    assert old.workflow.revisions.count() == 2
    assert WorkflowRevision.objects.get(pk=old.pk).type == "STANDARD"


def test_the_same_again_makes_no_revision(page: Client) -> None:
    page.post("/workflows/new/", WORKFLOW)
    answer = page.post("/workflows/orders/edit", WORKFLOW | {"base": "1"}, follow=True)
    assert "Nothing is different from r1" in text(answer)
    assert WorkflowRevision.objects.count() == 1


def test_another_title_makes_no_revision_and_is_told(page: Client) -> None:
    page.post("/workflows/new/", WORKFLOW)
    answer = page.post("/workflows/orders/edit", WORKFLOW | {"title": "Orders of today", "base": "1"}, follow=True)
    assert "The title is changed. Nothing else is different from r1." in text(answer)
    assert "Orders of today" in text(answer)
    assert WorkflowRevision.objects.count() == 1


def test_the_editor_holds_the_revision_it_begins_from(page: Client) -> None:
    old = WorkflowRevisionFactory.create(number=1, definition=BROKEN)
    WorkflowRevisionFactory.create(workflow=old.workflow, number=2)
    form = page.get(f"/workflows/{old.workflow.name}/edit?revision=1").context["form"]
    assert form["definition"].value() == BROKEN
    assert form["base"].value() == 2


def test_what_somebody_else_saved_meanwhile_is_told_before_anything_is_saved(page: Client) -> None:
    page.post("/workflows/new/", WORKFLOW)
    page.post("/workflows/orders/edit", WORKFLOW | {"type": "EXPRESS", "base": "1"})
    typed = WORKFLOW | {"keys": "", "base": "1"}
    answer = page.post("/workflows/orders/edit", typed)
    assert answer.status_code == 409 and "dora saved r2 meanwhile" in text(answer)
    assert WorkflowRevision.objects.count() == 2
    form = answer.context["form"]
    assert (form["base"].value(), form["definition"].value()) == ("2", typed["definition"])
    page.post("/workflows/orders/edit", typed | {"base": "2"})
    assert WorkflowRevision.objects.count() == 3


def test_a_title_that_somebody_else_gave_meanwhile_is_told_before_it_is_replaced(page: Client) -> None:
    page.post("/workflows/new/", WORKFLOW)
    form = page.get("/workflows/orders/edit").context["form"]
    assert form["base_title"].value() == "Orders"
    begun = WORKFLOW | {"base": "1", "base_title": "Orders"}
    page.post("/workflows/orders/edit", begun | {"title": "Theirs"})
    answer = page.post("/workflows/orders/edit", begun | {"title": "Mine"})
    assert answer.status_code == 409
    assert "Somebody called it “Theirs” meanwhile. Saving again calls it “Mine”." in text(answer)
    assert Workflow.objects.get().title == "Theirs"
    assert answer.context["form"]["base_title"].value() == "Theirs"
    page.post("/workflows/orders/edit", begun | {"title": "Mine", "base_title": "Theirs"})
    assert Workflow.objects.get().title == "Mine"


def test_a_title_that_was_not_touched_stays_what_somebody_else_made_it(page: Client) -> None:
    page.post("/workflows/new/", WORKFLOW)
    begun = WORKFLOW | {"base": "1", "base_title": "Orders"}
    page.post("/workflows/orders/edit", begun | {"title": "Theirs"})
    page.post("/workflows/orders/edit", begun | {"type": "EXPRESS"})
    assert (Workflow.objects.get().title, WorkflowRevision.objects.count()) == ("Theirs", 2)


def test_a_function_that_somebody_else_saved_meanwhile_is_told_with_what_was_typed(page: Client) -> None:
    page.post("/functions/new/", FUNCTION)
    page.post("/functions/Charge/edit", FUNCTION | {"memory": "256", "base": "1"})
    files = {"file-was": ["handler.py"], "file-name": ["handler.py"], "file-text": ["mine = 1\n"]}
    answer = page.post("/functions/Charge/edit", FUNCTION | files | {"base": "1"})
    assert answer.status_code == 409 and "mine = 1" in text(answer)
    assert FunctionRevision.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "not a name", "Letters, digits"),
        ("title", "", "required"),
        ("type", "OTHER", "valid choice"),
        ("definition", "", "required"),
        ("definition", "x" * 1_048_577, "at most 1048576"),
        ("input_schema", '{"type": "nonsense"}', "not a usable JSON Schema"),
        ("keys", "customer", "Line 1: write it as name = value."),
        ("keys", "customer = CustomerId", "CustomerId is not a path to one value"),
        ("keys", "a = $.a\n\na = $.b", "Line 3: “a” was given before."),
        ("note", "x" * 201, "at most 200"),
        ("title", "a\0b", "Null characters"),
    ],
)
def test_bad_input_is_told_at_its_field_and_what_was_typed_is_kept(
    page: Client, field: str, value: str, said: str
) -> None:
    answer = page.post("/workflows/new/", WORKFLOW | {field: value})
    assert answer.status_code == 422
    assert said in " ".join(answer.context["form"].errors[field])
    assert 'id="id_title"' in text(answer)
    assert answer.context["form"][field].value() == value
    assert not Workflow.objects.exists()


def test_a_name_that_is_taken_is_told(page: Client) -> None:
    taken = WorkflowRevisionFactory.create().workflow.name
    assert "There is a workflow of this name" in text(page.post("/workflows/new/", WORKFLOW | {"name": taken}))


def test_a_definition_with_errors_is_kept_but_says_so(page: Client) -> None:
    answer = page.post("/workflows/new/", WORKFLOW | {"definition": BROKEN}, follow=True)
    assert WorkflowRevision.objects.get().has_errors
    assert "It has errors AWS would refuse it for" in text(answer)


def test_checking_tells_the_problem_with_its_line_and_saves_nothing(page: Client) -> None:
    shown = text(page.post("/workflows/check/", WORKFLOW | {"definition": BROKEN}))
    assert "Nowhere" in shown
    assert 'data-line="3"' in shown
    assert not Workflow.objects.exists()


def test_checking_without_scripts_shows_the_page_again(page: Client) -> None:
    answer = page.post("/workflows/new/", WORKFLOW | {"definition": BROKEN, "action": "check"})
    assert answer.status_code == 200
    assert 'data-line="3"' in text(answer)
    assert not Workflow.objects.exists()


@pytest.mark.parametrize(
    "definition", ["", "{", "[]", "null", '{"States": 1}', "[" * 100_000, "\0", '{"a": "\\ud800"}']
)
def test_half_written_definitions_never_fail(page: Client, definition: str) -> None:
    given = WORKFLOW | {"definition": definition, "sample": definition, "results": definition, "input_schema": "{"}
    assert page.post("/workflows/check/", given).status_code == 200


def test_a_sample_is_followed_as_far_as_results_are_given(page: Client) -> None:
    sample = {"sample": '{"TransactionType": "REFUND"}'}
    shown = text(page.post("/workflows/check/", WORKFLOW | sample))
    assert "It goes ProcessTransaction → ProcessRefund." in shown
    results = {"results": json.dumps({"ProcessRefund": {"ok": True}})}
    shown = text(page.post("/workflows/check/", WORKFLOW | sample | results))
    assert "It goes ProcessTransaction → ProcessRefund and succeeds." in shown


def test_a_sample_no_rule_takes_fails_in_words(page: Client) -> None:
    shown = text(page.post("/workflows/check/", WORKFLOW | {"sample": '{"TransactionType": "OTHER"}'}))
    assert "States.NoChoiceMatched" in shown


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sample": "{"}, "The input cannot be read"),
        ({"sample": "{}", "results": "[]"}, "sample results are an object"),
    ],
)
def test_a_sample_that_is_no_json_says_so(page: Client, given: dict[str, str], said: str) -> None:
    assert said in text(page.post("/workflows/check/", WORKFLOW | given))


def test_the_form_of_the_schema_is_shown_before_it_is_saved(page: Client) -> None:
    assert "Transaction type" in text(page.post("/workflows/check/", WORKFLOW))


# ---- functions


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


# ---- who may


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


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_who_may_only_look_cannot_write(client: Client, role: str) -> None:
    client.force_login(UserFactory.create(role=role))
    workflow, written = WorkflowRevisionFactory.create().workflow.name, function().function.name
    for address in (f"/workflows/{workflow}", f"/functions/{written}", "/workflows/", "/functions/"):
        assert "/edit?" not in text(client.get(address))
        assert "/new/" not in text(client.get(address))
    for address in (f"/workflows/{workflow}/edit", f"/functions/{written}/edit", "/workflows/new/", "/functions/new/"):
        assert client.get(address).status_code == 403
        assert client.post(address, WORKFLOW).status_code == 403
    assert client.post("/workflows/check/", WORKFLOW).status_code == 403
    assert WorkflowRevision.objects.count() == 1


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
