"""Which branches and business keys filters and hooks may name: all there ever were, in whichever revision."""

import json

import pytest
from django.http import QueryDict

from tests.factories import ChoiceResultFactory, TransactionFactory, WorkflowFactory, WorkflowRevisionFactory
from transactions import filtering, vocabulary
from transactions.models import Branch, Hook
from transactions.services.hooks import Wish, check
from transactions.services.submissions import Rejected
from workflows.models import Workflow

pytestmark = pytest.mark.django_db


def machine(entered: str) -> str:
    rule = {"Variable": "$.a", "IsPresent": True, "Next": entered}
    states = {"Sort": {"Type": "Choice", "Choices": [rule]}, entered: {"Type": "Succeed"}}
    return json.dumps({"StartAt": "Sort", "States": states})


@pytest.fixture
def workflow() -> Workflow:
    """With a branch and a business key in its first revision only, of more than are read at once."""
    made = WorkflowFactory.create()
    WorkflowRevisionFactory.create(workflow=made, number=1, definition=machine("Größe"), keys={"old_key": "$.a"})
    for number in range(2, 25):
        WorkflowRevisionFactory.create(workflow=made, number=number, definition=machine("New"), keys={"key": "$.a"})
    return made


def said(query: str) -> list[tuple[str, str]]:
    _, problems = filtering.parse(QueryDict(query))
    return [(one.path, one.message) for one in problems]


def test_whatever_any_revision_had_is_known(workflow: Workflow) -> None:
    known = ("branch=New", "branch=Größe", "branch=Sort->", "branch=Sort->Größe", "key.old_key=1", "not.key.key=1")
    for query in known:
        assert said(query) == [], query
    assert vocabulary.is_branch(Branch("Sort", "Größe"), workflow)
    assert not vocabulary.is_branch(Branch("Sort", "Größe"), WorkflowFactory.create(name="another"))


@pytest.mark.parametrize("branch", ["nonsense", "New->", "New->Sort", "StartAt", "Sort->nonsense"])
def test_what_none_ever_had_is_told_with_what_there_is(workflow: Workflow, branch: str) -> None:
    assert said(f"branch={branch}") == [("branch", f"There is no branch “{branch}”; there are Sort->New.")]
    assert said(f"not.branch={branch}")[0][0] == "not.branch"


def test_an_unknown_business_key_is_told_with_those_there_are(workflow: Workflow) -> None:
    assert said("key.nosuch=1") == [("key.nosuch", "There is no business key “nosuch”; there are key, old_key.")]


def test_where_there_is_nothing_yet_it_says_so() -> None:
    assert said("branch=A->B") == [("branch", "There is no branch “A->B”; there is none yet.")]


def test_a_branch_that_was_taken_is_known_though_too_many_definitions_have_its_names(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabulary, "MOST_READ", 0)
    row = TransactionFactory.create()
    ChoiceResultFactory.create(execution=row.execution, workflow=workflow, state="Sort", next="New")
    for known in (Branch("Sort", "New"), Branch("", "New")):
        assert vocabulary.is_branch(known, workflow)
    for unknown in (Branch("New", "Sort"), Branch("", "Sort")):
        assert not vocabulary.is_branch(unknown, workflow)


def test_a_hook_may_name_a_branch_of_an_old_revision(workflow: Workflow) -> None:
    wish = Wish("https://receiver.example/", ["transaction.failed"], workflow.name, branch="Sort->Größe")
    assert check(wish)["branch"] == "Sort->Größe"
    with pytest.raises(Rejected, match="has no such branch"):
        check(Wish("https://receiver.example/", ["transaction.failed"], workflow.name, branch="Sort->Odd"))
    for nowhere in ("->Nope", "Sort->Größe->X"):
        with pytest.raises(Rejected, match="There is no branch"):
            check(Wish("https://receiver.example/", ["transaction.failed"], branch=nowhere))
    assert check(Wish("https://receiver.example/", ["transaction.failed"], branch="Sort->Größe"))["branch"]
    assert not Hook.objects.exists()
