"""Two revisions compared over REST, as the pages compare them."""

import pytest

from tests.factories import FunctionRevisionFactory, WorkflowRevisionFactory
from tests.workflows.api.conftest import Asker, asker

pytestmark = pytest.mark.django_db


def test_a_workflow_tells_the_lines_that_are_another(developer: Asker) -> None:
    one = WorkflowRevisionFactory.create(number=1, definition='{\n  "StartAt": "A"\n}')
    WorkflowRevisionFactory.create(workflow=one.workflow, number=2, definition='{\n  "StartAt": "B"\n}')
    told = developer.get(f"workflows/{one.workflow.name}/compare")
    assert (told["before"], told["after"]) == (1, 2)
    (part,) = told["parts"]
    changed = [(line["kind"], line["text"].strip()) for line in part["lines"] if line["kind"] != "same"]
    assert (part["title"], changed) == ("Definition", [("removed", '"StartAt": "A"'), ("added", '"StartAt": "B"')])
    assert developer.get(f"workflows/{one.workflow.name}/compare?from=2&to=2")["parts"] == []
    assert developer.ask("GET", f"workflows/{one.workflow.name}/compare?from=9").status_code == 404
    assert developer.get(f"workflows/{one.workflow.name}/compare?to=1")["parts"] == []


def test_a_function_tells_its_variables_only_to_who_may_see_them(developer: Asker) -> None:
    one = FunctionRevisionFactory.create(number=1, environment={"KEY": "old"})
    FunctionRevisionFactory.create(function=one.function, number=2, environment={"KEY": "new"}, memory_mb=512)
    address = f"functions/{one.function.name}/compare?from=1&to=2"
    told = str(developer.get(address)["parts"])
    assert ("environment KEY = old" in told, "environment KEY = new" in told, "memory = 512 MB" in told) == (True,) * 3
    masked = str(asker(scopes=["read"]).get(address)["parts"])
    assert ("environment KEY = old" in masked, "another value" in masked) == (False, True)
    assert asker(workflows=["one"]).ask("GET", address).status_code == 403
