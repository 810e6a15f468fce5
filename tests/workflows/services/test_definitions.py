"""What is refused when a definition is saved, whoever saves it."""

import pytest

from workflows import packaging
from workflows.packaging import DefinitionProblem, FunctionDefinition, WorkflowDefinition
from workflows.services import definitions

pytestmark = pytest.mark.django_db
PACKAGE = packaging.zip_of([("handler.py", b"def handler(event, context): ...\n", False)])
MACHINE = '{"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}'


def test_names_that_differ_in_capital_letters_only_are_refused() -> None:
    one = FunctionDefinition("Refund", "python3.12", "handler.handler", 128, 10, {})
    definitions.save_function(one, PACKAGE, by=None)
    twin = FunctionDefinition("refund", "python3.12", "handler.handler", 128, 10, {})
    with pytest.raises(DefinitionProblem, match="there is Refund, which differs in capital letters only"):
        definitions.save_function(twin, PACKAGE, by=None)
    assert not definitions.save_function(one, PACKAGE, by=None).is_new

    definitions.save_workflow(WorkflowDefinition("refund", "Refund", "STANDARD", {}, MACHINE, ""), by=None)
    with pytest.raises(definitions.NotSaved) as refused:
        definitions.save_workflow(WorkflowDefinition("REFUND", "Refund", "STANDARD", {}, MACHINE, ""), by=None)
    assert [problem.path for problem in refused.value.problems] == ["/name"]


@pytest.mark.parametrize(
    ("resource", "is_taken"), [("*", True), ("${Other}", True), ("arn:aws:s3:::a/*", True), ("a", False)]
)
def test_a_permission_is_for_arns(resource: str, is_taken: bool) -> None:
    allowed = (packaging.Permission(("s3:GetObject",), (resource,)),)
    one = FunctionDefinition("Refund", "python3.12", "handler.handler", 128, 10, {}, allowed)
    if is_taken:
        definitions.save_function(one, PACKAGE, by=None)
        return
    with pytest.raises(DefinitionProblem, match="a is no ARN"):
        definitions.save_function(one, PACKAGE, by=None)
