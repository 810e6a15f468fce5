"""Trees of definitions become revisions: the same content is the same revision, one bad folder stops no other."""

from pathlib import Path

import pytest

from tests.factories import UserFactory
from workflows.models import Activity, FunctionRevision, Payload, Workflow, WorkflowRevision
from workflows.services import catalogues, definitions, invocations
from workflows.services.access import Forbidden
from workflows.services.catalogues import Loaded, NotLoaded

pytestmark = pytest.mark.django_db
FUNCTION = 'name = "{name}"\nruntime = "python3.12"\nhandler = "handler.handler"\n'
DEFINITION = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'


def function(tree: Path, name: str, code: str = "a = 1") -> Path:
    folder = tree / name.lower()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "function.toml").write_text(FUNCTION.format(name=name))
    (folder / "handler.py").write_text(code)
    return folder


def workflow(tree: Path, name: str, definition: str = DEFINITION, toml: str = "", schema: str = "") -> Path:
    folder = tree / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "workflow.toml").write_text(toml)
    (folder / "definition.asl.json").write_text(definition)
    if schema:
        (folder / "input.schema.json").write_text(schema)
    return folder


def revisions(tree: Path) -> list[tuple[str, int, bool]]:
    """Name, number and whether new of every workflow loaded from a tree."""
    loaded = [one for one in catalogues.load_workflows(tree, by=None) if isinstance(one, Loaded)]
    return [
        (one.revision.workflow.name, one.revision.number, one.is_new)
        for one in loaded
        if isinstance(one.revision, WorkflowRevision)
    ]


def test_the_same_content_is_loaded_once(tmp_path: Path) -> None:
    workflow(tmp_path, "refunds")
    assert revisions(tmp_path) == [("refunds", 1, True)]
    assert revisions(tmp_path) == [("refunds", 1, False)]
    workflow(tmp_path, "refunds", DEFINITION.replace("A", "B"))
    assert revisions(tmp_path) == [("refunds", 2, True)]
    workflow(tmp_path, "refunds")
    assert revisions(tmp_path) == [("refunds", 1, False)]  # going back is no new revision
    assert Activity.objects.filter(action="workflow.save").count() == 2


def test_a_title_given_here_stays_until_the_file_has_another(tmp_path: Path) -> None:
    workflow(tmp_path, "refunds", toml='title = "Refunds"')
    revisions(tmp_path)
    Workflow.objects.update(title="Money back")
    revisions(tmp_path)
    assert Workflow.objects.get().title == "Money back"
    workflow(tmp_path, "refunds", toml='title = "Refunds of today"')
    revisions(tmp_path)
    assert Workflow.objects.get().title == "Refunds of today"


def test_a_new_title_is_no_new_revision(tmp_path: Path) -> None:
    workflow(tmp_path, "refunds", toml='title = "Old"')
    revisions(tmp_path)
    workflow(tmp_path, "refunds", toml='title = "New"')
    assert revisions(tmp_path) == [("refunds", 1, False)]
    assert WorkflowRevision.objects.get().workflow.title == "New"


def test_functions_are_loaded_with_their_package(tmp_path: Path) -> None:
    function(tmp_path, "DoIt")
    (first,) = catalogues.load_functions(tmp_path, by=None)
    (again,) = catalogues.load_functions(tmp_path, by=None)
    assert isinstance(first, Loaded) and isinstance(again, Loaded)
    assert (first.is_new, again.is_new, first.revision) == (True, False, again.revision)
    function(tmp_path, "DoIt", "a = 2")
    (changed,) = catalogues.load_functions(tmp_path, by=None)
    assert isinstance(changed, Loaded) and changed.revision.number == 2
    assert bytes(FunctionRevision.objects.get(number=1).package)[:2] == b"PK"


def test_what_a_function_is_tried_with_is_kept_and_stays_what_somebody_made_of_it(tmp_path: Path) -> None:
    folder = function(tmp_path, "DoIt")
    declared = "\n".join(f"[[payloads]]\nname = '{name}'\npayload = '{{\"n\": 1.10}}'" for name in ("a", "b"))
    (folder / "function.toml").write_text((folder / "function.toml").read_text() + declared)
    list(catalogues.load_functions(tmp_path, by=None))
    Payload.objects.filter(name="a").update(text="{}")
    (again,) = catalogues.load_functions(tmp_path, by=None)
    assert isinstance(again, Loaded) and not again.is_new
    assert dict(Payload.objects.values_list("name", "text")) == {"a": "{}", "b": '{"n":1.10}'}


def test_a_deleted_payload_stays_deleted_until_its_file_has_another(tmp_path: Path) -> None:
    folder = function(tmp_path, "Tried")
    known = (folder / "function.toml").read_text()

    def load(number: int) -> list[str]:
        (folder / "function.toml").write_text(f"{known}[[payloads]]\nname = 'small'\npayload = '{{\"n\": {number}}}'")
        list(catalogues.load_functions(tmp_path, by=None))
        return list(Payload.objects.values_list("text", flat=True))

    assert load(1) == ['{"n":1}']
    invocations.delete_payload(Payload.objects.get(), by=UserFactory.create(role="developer"))
    assert load(1) == []
    assert load(2) == ['{"n":2}']
    assert load(3) == ['{"n":2}']  # what is there is somebody's


def test_payloads_that_cannot_be_are_said(tmp_path: Path) -> None:
    folder = function(tmp_path, "DoIt")
    known = (folder / "function.toml").read_text()
    for wrong, said in (("name = 'a'", "JSON as a string"), ("name = 'a'\npayload = '{'", "not JSON")):
        (folder / "function.toml").write_text(f"{known}[[payloads]]\n{wrong}")
        (one,) = catalogues.load_functions(tmp_path, by=None)
        assert isinstance(one, NotLoaded) and said in one.problem, one


def test_a_folder_that_cannot_be_loaded_is_named_and_the_others_are_loaded(tmp_path: Path) -> None:
    workflow(tmp_path, "a-bad", toml="colour = 1")
    workflow(tmp_path, "b-keys", toml='[keys]\nall = "$.items[*]"')
    workflow(tmp_path, "c-schema", schema='{"type": "nothing"}')
    workflow(tmp_path, "d-good")
    (tmp_path / "e-no-workflow").mkdir()
    found = list(catalogues.load_workflows(tmp_path, by=None))
    assert [(one.folder.name, isinstance(one, Loaded)) for one in found] == [
        ("a-bad", False),
        ("b-keys", False),
        ("c-schema", False),
        ("d-good", True),
    ]
    problems = [one.problem for one in found if isinstance(one, NotLoaded)]
    assert "unknown key `colour`" in problems[0]
    assert "/keys/all" in problems[1]
    assert "/input_schema" in problems[2]


def test_a_definition_aws_would_refuse_is_kept_with_its_problems(tmp_path: Path) -> None:
    workflow(tmp_path, "broken", '{"StartAt": "Nowhere", "States": {}}')
    revisions(tmp_path)
    problems = WorkflowRevision.objects.get().problems
    assert any(problem["severity"] == "error" for problem in problems)


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_who_may_not_add_revisions_saves_nothing(tmp_path: Path, role: str) -> None:
    function(tmp_path, "DoIt")
    workflow(tmp_path, "refunds")
    by = UserFactory.create(role=role)
    with pytest.raises(Forbidden):
        list(catalogues.load_functions(tmp_path, by=by))
    with pytest.raises(Forbidden):
        list(catalogues.load_workflows(tmp_path, by=by))
    assert not FunctionRevision.objects.exists()
    assert not WorkflowRevision.objects.exists()


def test_a_check_alone_stores_nothing() -> None:
    assert definitions.check("{", "STANDARD")
    assert definitions.check(DEFINITION, "STANDARD") == []
    assert not WorkflowRevision.objects.exists()
