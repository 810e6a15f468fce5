"""The operations that try a workflow out: checking a definition, and following an input. Nothing is saved or run."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from workflows import inputs, selectors
from workflows.api import environments
from workflows.api.environments import InEnvironment
from workflows.api.problems import OF_BODY, Refused, declared
from workflows.api.raw_json import JsonText, answer
from workflows.api.workflow_schemas import CheckIn, CheckOut, InputSchemaOut, PredictionIn, PredictionOut
from workflows.api.workflows import SAVE, VIEW, definition_of, document, revision_of, value_of, within
from workflows.asl import documents
from workflows.asl.model import StateMachine
from workflows.asl.parser import parse
from workflows.asl.predict import predict as follow
from workflows.evaluation import PATIENCE, evaluator
from workflows.inputs import FieldProblem
from workflows.inputs.reading import pointer
from workflows.models import Environment, WorkflowRevision
from workflows.models.environments import DEFAULT
from workflows.services import definitions

router = Router(tags=["Workflows"])
SUBMIT = "transactions.submit"


@router.post(
    "/{slug:name}/check",
    response={200: CheckOut, **declared(*OF_BODY, 404)},
    summary="Check a definition without saving it",
)
def check(request: HttpRequest, name: str, asked: CheckIn) -> HttpResponse:
    """What saving it would tell: AWS's reasons to refuse it, and what else can be said against it.

    With an `input` also the way that would take, where the definition can be followed. There need be no workflow of
    this name.
    """
    within(request, SAVE, name)
    definition = definition_of(name, asked)
    try:
        definitions.check_workflow(definition)
    except definitions.NotSaved as refused:
        raise Refused(422, "It could not be saved.", *refused.problems) from refused
    machine = parse(definition.definition).machine
    way = _way(machine, asked.input, asked.results) if machine and asked.input is not None else None
    problems = definitions.check(definition.definition, definition.type)
    return answer({"problems": problems, "prediction": way})


@router.post(
    "/{slug:name}/predict",
    response={200: PredictionOut, **declared(*OF_BODY, 404)},
    summary="Predict the way of an input",
)
def predict(request: HttpRequest, name: str, asked: PredictionIn) -> HttpResponse:
    """The way an input would take, with every rule of every Choice, as far as it can be known. Nothing is run.

    Without a `revision` it is the one live in the environment, else the newest.
    """
    by = within(request, VIEW, name, serves=SUBMIT)
    where = environments.named(by, asked.environment, "/environment")
    revision = _in_force(name, where) if asked.revision is None else revision_of(name, asked.revision)
    machine = parse(revision.definition).machine
    if machine is None:
        raise Refused(422, "This revision has errors; it cannot be followed.")
    problems = inputs.check(value_of(asked.input, "/input"), revision.input_schema)
    refused_for = [{"path": f"/input{one.path}", "message": one.message} for one in problems]
    way = _way(machine, asked.input, asked.results)
    return answer({"revision": revision.number, "refused_for": refused_for, **way})


@router.get(
    "/{slug:name}/input-schema",
    response={200: InputSchemaOut, **declared(404, 422)},
    summary="Read what a workflow takes as its input",
)
def read_input_schema(request: HttpRequest, name: str, environment: InEnvironment = DEFAULT) -> HttpResponse:
    """The schema of the revision live in the environment, else of the newest; for who submits as for who reads."""
    by = within(request, VIEW, name, serves=SUBMIT)
    revision = _in_force(name, environments.named(by, environment))
    return answer({"revision": revision.number, "input_schema": document(revision.input_schema)})


def _in_force(name: str, where: Environment) -> WorkflowRevision:
    """The revision live in an environment, else the newest. Raises Refused."""
    live = selectors.live_by_name(name, where)
    return (live and live.workflow_revision) or revision_of(name, None)


def _way(machine: StateMachine, input: JsonText, results: JsonText | None) -> dict[str, JsonText]:
    given, sampled = value_of(input, "/input"), _results(results, machine)
    told = follow(machine, given, evaluator(), sampled, PATIENCE).as_dict()
    return {one: JsonText(documents.write(part)) for one, part in told.items()}


def _results(given: JsonText | None, machine: StateMachine) -> dict[str, Any]:
    value = value_of(given, "/results") if given else {}
    if not isinstance(value, dict):
        told = "An object is wanted: each state's name with what it would give."
        raise Refused(422, "The request could not be accepted.", FieldProblem("/results", told))
    unknown = [
        FieldProblem(f"/results/{pointer(name)}", "The workflow has no state of this name.")
        for name in value
        if name not in machine.states
    ]
    if unknown:
        raise Refused(422, "The request could not be accepted.", *unknown)
    return value
